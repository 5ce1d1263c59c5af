import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IprevName, IprevVerdict } from '../../inspect/iprev.ts'
import { tellIprev } from './iprev.ts'

const ip = '192.0.2.10'

function leading(name: string, answer: IprevName['answer']): IprevName {
  return { name, answer, addresses: [] }
}

function failed(...names: readonly string[]): IprevVerdict {
  const found = names.map((name) => leading(name, 'other-addresses'))
  return { ip, ignored: 0, result: 'fail', names: found }
}

const cases: readonly (readonly [IprevVerdict, string, string])[] = [
  [
    { ip, ignored: 0, result: 'pass', name: 'a.example', names: [leading('a.example', 'client')] },
    'pass',
    '192.0.2.10 is a.example, and that name leads back to it.',
  ],
  [
    failed('a.example'),
    'note',
    'DNS calls 192.0.2.10 a.example, and that name does not lead back to it.',
  ],
  [
    failed('a.example', 'b.example'),
    'note',
    'DNS calls 192.0.2.10 a.example and b.example, and none of them leads back to it.',
  ],
  [
    failed('a.example', 'b.example', 'c.example', 'd.example', 'e.example'),
    'note',
    'DNS calls 192.0.2.10 a.example, b.example, c.example and others, and none of them leads back to it.',
  ],
  [
    { ip, ignored: 0, result: 'permerror', because: 'no-name', names: [] },
    'none',
    'DNS has no name for 192.0.2.10.',
  ],
  [
    { ip: '', ignored: 0, result: 'permerror', because: 'not-an-address', names: [] },
    'none',
    'The client has no address.',
  ],
  [
    { ip, ignored: 0, result: 'temperror', because: 'reverse-failed', names: [] },
    'unknown',
    'DNS did not answer, so it is not known.',
  ],
  [
    { ip, ignored: 0, result: 'temperror', because: 'not-asked', names: [] },
    'skipped',
    `Not looked up: the name of ${ip} is not asked for here.`,
  ],
]

for (const [verdict, word, answer] of cases) {
  test(`iprev is told: ${answer.slice(0, 60)}`, () => {
    const told = tellIprev(verdict)
    assert.deepEqual([told.verdict, told.result, told.answer], [word, verdict.result, answer])
  })
}
