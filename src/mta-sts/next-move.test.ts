import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bad, ok } from '../base/result.ts'
import { encodeUtf8 } from '../base/octets.ts'
import type { StsFinding, StsTrouble } from './finding.ts'
import { endOf, type KeptPolicy, readKept, writeKept } from './kept.ts'
import { afterFetch, nextMove, refreshAt, type StsSituation, usedAnew } from './next-move.ts'
import { readStsPolicy, type StsPolicy } from './policy.ts'
import type { StsRecordAnswer } from './record.ts'

const minute = 60_000
const day = 86_400_000
const now = Date.UTC(2026, 10, 27)

function policyOf(maxAge: number, mode = 'enforce'): StsPolicy {
  const text = `version: STSv1\nmode: ${mode}\nmx: mail.example.com\nmax_age: ${maxAge}\n`
  const read = readStsPolicy(encodeUtf8(text))
  assert.ok(read.ok)
  return read.value
}

const week = policyOf(604_800)
const asked = { name: '_mta-sts.example.com', aliases: [] } as const
const record = (id: string): StsRecordAnswer => {
  return { type: 'record', ...asked, text: '', record: { id, unknown: [], repeatedId: false } }
}
const refusal = { reason: 'missing-id', text: 'It has no id.' } as const
const trouble: StsTrouble = {
  stage: 'fetch',
  text: 'mta-sts.example.com answers with status 500, not 200.',
  resultType: 'sts-policy-fetch-error',
}
const keptSince = (fetchedAt: number, id = 'one', policy = week): KeptPolicy => {
  return { id, policy, fetchedAt, usedAt: fetchedAt }
}

/** In a few words what is done. */
function done(situation: Partial<StsSituation>): string {
  const move = nextMove({
    answer: record('one'),
    kept: undefined,
    failed: undefined,
    now,
    ...situation,
  })
  return move.type === 'fetch' ? `fetch ${move.id}` : said(move.finding)
}

function said(finding: StsFinding): string {
  switch (finding.type) {
    case 'none':
      return 'none'
    case 'failed':
      return `failed ${finding.trouble.stage}`
    case 'policy': {
      const { id, from, problem } = finding
      return `${from} ${id}${problem === undefined ? '' : `, ${problem.stage}: ${problem.text}`}`
    }
  }
}

const failed = (id: string, at: number): StsSituation['failed'] => ({ id, at, trouble })
const valid = keptSince(now - day)
const over = keptSince(now - 8 * day)
const nothing = { type: 'none', ...asked, reason: 'no-name' } as const

const table: readonly (readonly [string, Partial<StsSituation>, string])[] = [
  ['nothing is announced, nothing kept', { answer: nothing }, 'none'],
  ['one is announced for the first time', {}, 'fetch one'],
  ['the one that is kept is announced', { kept: valid }, 'kept one'],
  ['another one is announced', { kept: valid, answer: record('two') }, 'fetch two'],
  ['the time of the kept one is over', { kept: over }, 'fetch one'],
  [
    'a fetch failed a moment ago, and none is kept',
    { failed: failed('one', now - minute) },
    'failed fetch',
  ],
  [
    'a fetch of the new one failed a moment ago, and an older is kept',
    { kept: valid, answer: record('two'), failed: failed('two', now - minute) },
    `kept one, fetch: ${trouble.text}`,
  ],
  ['a fetch failed five minutes ago', { failed: failed('one', now - 5 * minute) }, 'fetch one'],
  ['a fetch failed in what is now the future', { failed: failed('one', now + day) }, 'fetch one'],
  [
    'a fetch failed, and another one is announced since',
    { answer: record('two'), failed: failed('one', now - minute) },
    'fetch two',
  ],
  [
    'a fetch failed, the kept one is over',
    { kept: over, failed: failed('one', now - minute) },
    'failed fetch',
  ],
  [
    'the record is gone',
    { kept: valid, answer: nothing },
    'kept one, record: There is no record at _mta-sts.example.com any more.',
  ],
  ['the record is gone and the time of the kept one over', { kept: over, answer: nothing }, 'none'],
  [
    'DNS does not answer',
    { answer: { type: 'failed', ...asked, reason: 'timeout' } },
    'failed dns',
  ],
  [
    'DNS does not answer, and one is kept',
    { kept: valid, answer: { type: 'failed', ...asked, reason: 'servfail' } },
    'kept one, dns: DNS could not be asked for _mta-sts.example.com (servfail).',
  ],
  [
    'two records',
    { kept: valid, answer: { type: 'several', ...asked, texts: ['a', 'b'] } },
    'kept one, record: There are 2 records at _mta-sts.example.com, where there must be one.',
  ],
  ['two records, nothing kept', { answer: { type: 'several', ...asked, texts: ['', ''] } }, 'none'],
  [
    'a record that cannot be used',
    { kept: valid, answer: { type: 'unusable', ...asked, text: 'v=STSv1;', refusal } },
    'kept one, record: The record at _mta-sts.example.com cannot be used: It has no id.',
  ],
  [
    'a record that cannot be used, nothing kept',
    { answer: { type: 'unusable', ...asked, text: 'v=STSv1;', refusal } },
    'none',
  ],
]

for (const [what, situation, expected] of table) {
  test(`${what}: ${expected}`, () => assert.equal(done(situation), expected))
}

test('a policy is kept to the millisecond, and a max_age of 0 for a minute', () => {
  const kept = keptSince(now)
  assert.equal(done({ kept, now: now + 604_800_000 - 1 }), 'kept one')
  assert.equal(done({ kept, now: now + 604_800_000 }), 'fetch one')
  const brief = keptSince(now, 'one', policyOf(0))
  assert.equal(done({ kept: brief, now: now + minute - 1 }), 'kept one')
  assert.equal(done({ kept: brief, now: now + minute }), 'fetch one')
})

test('what was fetched takes the place of what was kept, also when it asks for nothing', () => {
  const none = policyOf(86_400, 'none')
  const fetched = afterFetch({ id: 'two', result: ok(none), kept: valid, now })
  assert.equal(said(fetched.finding), 'fetched two')
  assert.deepEqual(fetched.keep, { id: 'two', policy: none, fetchedAt: now, usedAt: now })
  assert.equal(fetched.failed, undefined)
})

test('what cannot be had leaves what is kept, as long as its time is not over', () => {
  const result = bad(trouble)
  const still = afterFetch({ id: 'two', result, kept: valid, now })
  assert.equal(said(still.finding), `kept one, fetch: ${trouble.text}`)
  assert.deepEqual(still.failed, { id: 'two', at: now, trouble })
  assert.equal(still.keep, undefined)
  assert.equal(said(afterFetch({ id: 'two', result, kept: over, now }).finding), 'failed fetch')
  assert.equal(
    said(afterFetch({ id: 'two', result, kept: undefined, now }).finding),
    'failed fetch',
  )
})

test('a kept policy is fetched again after a day, or half its time, while mail asks for it', () => {
  assert.equal(refreshAt(keptSince(now)), now + day)
  assert.equal(refreshAt(keptSince(now, 'one', policyOf(86_400))), now + day / 2)
  assert.equal(refreshAt(keptSince(now, 'one', policyOf(0))), now + minute / 2)
  assert.equal(refreshAt({ ...keptSince(now), usedAt: now - 28 * day }), now + day)
  assert.equal(refreshAt({ ...keptSince(now), usedAt: now - 29 * day }), undefined)
  assert.deepEqual([usedAnew(valid, now), usedAnew(keptSince(now - day + 1), now)], [true, false])
})

test('a kept policy comes back from its text as it was, and other text is none', () => {
  for (const policy of [week, policyOf(0), policyOf(31_557_600, 'testing')]) {
    const kept = keptSince(now, 'a1', policy)
    assert.deepEqual(readKept(writeKept(kept)), kept)
    assert.ok(endOf(kept) >= now + minute)
  }
  const good = JSON.parse(writeKept(valid))
  const others = ['', '[]', 'null', '"x"', '{}', '{"id":1}']
  for (const member of ['id', 'lines', 'fetchedAt', 'usedAt']) {
    others.push(JSON.stringify({ ...good, [member]: null }))
  }
  others.push(JSON.stringify({ ...good, lines: ['version: STSv2'] }))
  for (const text of others) assert.equal(readKept(text), undefined, text)
})

test('a policy that is in force is never lost before its time, whatever comes', () => {
  const answers = fc.constantFrom<StsRecordAnswer>(
    nothing,
    record('one'),
    record('two'),
    { type: 'failed', ...asked, reason: 'timeout' },
    { type: 'several', ...asked, texts: ['a', 'b'] },
    { type: 'unusable', ...asked, text: '', refusal },
  )
  const events = fc.array(
    fc.record({ waitMs: fc.nat(2 * day), answer: answers, fetched: fc.boolean() }),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(events, (list) => {
      let at = now
      let kept: KeptPolicy | undefined = keptSince(now)
      let lastFailed: StsSituation['failed']
      for (const { waitMs, answer, fetched } of list) {
        at += waitMs
        const before: KeptPolicy | undefined = kept
        const move = nextMove({ answer, kept, failed: lastFailed, now: at })
        let { type } = move.type === 'use' ? move.finding : { type: undefined }
        if (move.type === 'fetch') {
          if (before?.id === move.id)
            assert.ok(at >= endOf(before), 'not fetched while it is valid')
          const result = fetched ? ok(week) : bad(trouble)
          const after = afterFetch({ id: move.id, result, kept, now: at })
          kept = after.keep ?? kept
          lastFailed = after.failed ?? lastFailed
          type = after.finding.type
        }
        if (before !== undefined && at < endOf(before)) assert.equal(type, 'policy')
      }
    }),
  )
})
