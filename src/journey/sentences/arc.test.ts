import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ArcVerdict } from '../../arc/arc.ts'
import { tellArc } from './verdicts.ts'

function pass(sealers: readonly string[], oldestPass: number): ArcVerdict {
  return { result: 'pass', instances: sealers.length, oldestPass, sealers, sets: [] }
}

function fail(instance: number | null, temporary: boolean): ArcVerdict {
  const reason = { code: 'field-missing', text: 'It is gone.', field: null } as const
  return { result: 'fail', reason: { ...reason, instance, temporary }, instances: 2, sets: [] }
}

const many = Array.from({ length: 50 }, (_, i) => `hop${50 - i}.example`)

const cases: readonly (readonly [ArcVerdict, string, string])[] = [
  [{ result: 'none' }, 'none', 'Nobody sealed this message.'],
  [pass(['a.example'], 0), 'pass', 'a.example sealed it, and it is as it was then.'],
  [
    pass(['c.example', 'b.example', 'a.example'], 0),
    'pass',
    'a.example, b.example and c.example sealed it, one after the other, and all seals hold; it is as the first of them had it.',
  ],
  [
    pass(['b.example', 'a.example'], 2),
    'pass',
    'a.example and b.example sealed it, one after the other, and all seals hold; it was changed before number 2 sealed it.',
  ],
  [
    pass(many, 0),
    'pass',
    'hop1.example, hop2.example, hop3.example, hop4.example and others sealed it, one after the other, and all seals hold; it is as the first of them had it.',
  ],
  [fail(2, false), 'note', 'The chain (at number 2) does not hold: It is gone.'],
  [fail(null, false), 'note', 'The chain does not hold: It is gone.'],
  [fail(1, true), 'note', 'The chain (at number 1) does not hold, for now: It is gone.'],
]

for (const [verdict, word, answer] of cases) {
  test(`ARC is told: ${answer.slice(0, 60)}`, () => {
    const told = tellArc(verdict)
    assert.deepEqual([told.verdict, told.result, told.answer], [word, verdict.result, answer])
    assert.ok(told.question.endsWith('?'))
  })
}
