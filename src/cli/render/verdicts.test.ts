import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ArcVerdict } from '../../arc/arc.ts'
import { renderVerdicts } from './verdicts.ts'

function lines(arc: ArcVerdict): readonly string[] {
  return renderVerdicts({ arc }, { evidence: false }).split('\n')
}

const notAsked = '  SPF    skipped   Not checked: --ip says where it came from.'

test('a chain is told in the words of the journey', () => {
  assert.deepEqual(
    lines({
      result: 'pass',
      instances: 1,
      oldestPass: 0,
      sealers: ['lists.example'],
      sets: [],
    }),
    [notAsked, '  ARC    pass      lists.example sealed it, and it is as it was then.'],
  )
  const reason = {
    code: 'field-missing',
    text: 'The set i=2 has no ARC-Seal.',
    instance: 2,
    field: 'ARC-Seal',
    temporary: false,
  } as const
  assert.deepEqual(lines({ result: 'fail', reason, instances: 2, sets: [] }), [
    notAsked,
    '  ARC    fail      The chain (at number 2) does not hold: The set i=2 has no ARC-Seal.',
  ])
})

test('of a message without a chain nothing is said about ARC', () => {
  assert.deepEqual(lines({ result: 'none' }), [notAsked])
})
