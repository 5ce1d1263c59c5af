import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { eventView } from './event-view.ts'
import { readChanges } from './read-change.ts'
import { Untold } from './untold.ts'

const at = 1_000_000

/** What is told of an act. */
async function toldOf(what: string, detail: Readonly<Record<string, unknown>>) {
  const { acts, journeys } = openMemoryStore()
  const number = await acts.put({ at, who: 'ann', door: 'http', what, why: 'so', detail })
  const change = { type: 'act', act: number, number: 1 } as const
  const [read] = await readChanges({ acts, journeys }, [change], new Untold(0))
  return read?.events.map((event) => eventView(event, ''))
}

const about = {
  site: '',
  at: new Date(at).toISOString(),
  event_id: 'evt_act_1',
  who: 'ann',
  why: 'so',
}

test('what somebody did to letters that wait, and what reports and certificates came, is an event', async () => {
  const kinds = [
    ['queue hold', 'message.held', { letters: 2, chosen: '--all' }],
    ['report import', 'report.received', { file: 'r.xml', reports: ['abc'] }],
    ['certificate ends', 'certificate.ends', { until: '2026-12-01T00:00:00.000Z' }],
    ['certificate renewed', 'certificate.renewed', { until: '2027-12-01T00:00:00.000Z' }],
  ] as const
  for (const [what, type, detail] of kinds) {
    assert.deepEqual(await toldOf(what, detail), [{ type, ...about, ...detail }])
  }
  assert.deepEqual(await toldOf('account add', { address: 'a@b.example' }), [])
})

test('a webhook that is off is told by its id, which is none of a letter', async () => {
  const detail = { id: 'wh_1', url: 'https://a.example/' }
  const { id, ...rest } = detail
  assert.deepEqual(await toldOf('webhook off', detail), [
    { type: 'webhook.off', ...about, webhook: id, ...rest },
  ])
})
