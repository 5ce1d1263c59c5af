import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceStanding } from '../../deliver/source-book.ts'
import { rowTime } from '../commands/list.ts'
import { sourceJson, sourceTexts } from './sources.ts'

const at = Date.parse('2026-12-02T10:00:00Z')
const plain: SourceStanding = {
  name: 'main',
  pool: 'default',
  addresses: ['192.0.2.10', '2001:db8::10'],
  hostname: 'mx.example.org',
  today: 12_345,
  pauses: [],
}
const warming: SourceStanding = {
  ...plain,
  name: 'news-1',
  pool: 'news',
  addresses: ['192.0.2.11'],
  today: 7,
  warmUp: { day: 2, letters: 1300 },
  pauses: [
    { because: 'Mail from the source news-1 is paused.', since: at },
    { site: 'mx.south.example', since: at, until: at + 60_000, because: 'It is listed.' },
  ],
}

test('each source has a line, and one for each of its pauses', () => {
  assert.deepEqual(sourceTexts([plain, warming, { ...plain, warmUp: { day: 0, letters: 0 } }]), [
    'main  192.0.2.10, 2001:db8::10 as mx.example.org, pool default; 12,345 sent today (UTC)',
    'news-1  192.0.2.11 as mx.example.org, pool news; 7 of 1,300 sent today (UTC), day 2 of its warm-up',
    `news-1  nothing since ${rowTime(at)}, until somebody ends it: Mail from the source news-1 is paused.`,
    `news-1  nothing to mx.south.example since ${rowTime(at)}, until ${rowTime(at + 60_000)}: It is listed.`,
    'main  192.0.2.10, 2001:db8::10 as mx.example.org, pool default; its warm-up begins in 1 day',
  ])
})

test('for programs: times as text, and null for what is not', () => {
  assert.deepEqual(sourceJson(plain), { ...plain, warm_up: null })
  const { warmUp, pauses: _, ...rest } = warming
  const iso = '2026-12-02T10:00:00.000Z'
  assert.deepEqual(sourceJson(warming), {
    ...rest,
    warm_up: warmUp,
    pauses: [
      { site: null, since: iso, until: null, because: 'Mail from the source news-1 is paused.' },
      {
        site: 'mx.south.example',
        since: iso,
        until: '2026-12-02T10:01:00.000Z',
        because: 'It is listed.',
      },
    ],
  })
})
