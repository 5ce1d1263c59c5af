import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DsnRequest } from '../store/ports/post.ts'
import type { Whereto } from './whereto.ts'
import { endsHere, isDeliveredHere, isExpanded, wishesBehind } from './wishes-behind.ts'

const here = { address: 'ann@south.example' }
const alsoHere = { address: 'ben@south.example' }
const kept = { address: 'carl@corp.example', handedOn: true } as const
const alsoKept = { address: 'dora@corp.example', handedOn: true } as const
const [far, farther] = ['ann@far.example', 'ben@far.example'] as const

function mailbox(...accounts: readonly { address: string; handedOn?: true }[]): Whereto {
  return { type: 'mailbox', accounts }
}

function forward(
  to: readonly string[],
  ...accounts: readonly { address: string; handedOn?: true }[]
): Whereto {
  return { type: 'forward', accounts, to, of: 'alias' }
}

const cases: readonly (readonly [what: string, to: Whereto, expanded: boolean, ends: boolean])[] = [
  ['another server', { type: 'remote', recipient: far, destination: 'far.example' }, false, false],
  ['a mailbox here', mailbox(here), false, true],
  ['several mailboxes here', mailbox(here, alsoHere), false, true],
  ['a mailbox that another server keeps', mailbox(kept), false, false],
  ['a mailbox here and one that is kept', mailbox(here, kept), true, false],
  ['two that are kept', mailbox(kept, alsoKept), true, false],
  ['one address elsewhere', forward([far]), false, false],
  ['two addresses elsewhere', forward([far, farther]), true, false],
  ['a mailbox here and an address elsewhere', forward([far], here), true, false],
  ['one that is kept and an address elsewhere', forward([far], kept), true, false],
]

for (const [what, to, expanded, ends] of cases) {
  test(`${what}: ${expanded ? '' : 'not '}expanded, ends ${ends ? '' : 'not '}here`, () => {
    assert.equal(isExpanded(to), expanded)
    assert.equal(endsHere(to), ends)
    const dsn: DsnRequest = { notify: ['success', 'failure'], ret: 'full', envelopeId: 'e-1' }
    assert.deepEqual(wishesBehind(dsn, to), expanded ? { ...dsn, notify: ['failure'] } : dsn)
  })
}

test('several copies are asked for all but success (RFC 3461 §5.2.7.3)', () => {
  const several = forward([far, farther])
  const rest = { ret: 'headers', envelopeId: 'e-1', originalRecipient: 'rfc822;a@b' } as const
  for (const [given, onward] of [
    [undefined, undefined],
    [['never'], ['never']],
    [['failure'], ['failure']],
    [
      ['failure', 'delay'],
      ['failure', 'delay'],
    ],
    [['success'], ['never']],
    [['success', 'delay'], ['delay']],
    [
      ['success', 'failure', 'delay'],
      ['failure', 'delay'],
    ],
  ] as const) {
    const dsn = given === undefined ? rest : { ...rest, notify: given }
    const expected = onward === undefined ? rest : { ...rest, notify: onward }
    assert.deepEqual(wishesBehind(dsn, several), expected)
  }
})

test('what an account has sent on is its own business: the letter was delivered to it', () => {
  const owned: Whereto = {
    type: 'forward',
    accounts: [here],
    to: [far],
    of: 'alias',
    owners: { [far]: here.address },
  }
  assert.deepEqual(
    [isExpanded(owned), isDeliveredHere(owned), endsHere(owned)],
    [false, true, false],
  )
  const alsoLed: Whereto = { ...owned, to: [far, farther] }
  assert.deepEqual([isExpanded(alsoLed), isDeliveredHere(alsoLed)], [true, false])
  assert.equal(isDeliveredHere(mailbox(here)), true)
  assert.equal(isDeliveredHere(mailbox(kept)), false)
  assert.equal(isDeliveredHere(forward([far])), false)
  const atDovecot: Whereto = { ...owned, accounts: [kept] }
  assert.deepEqual([isExpanded(atDovecot), isDeliveredHere(atDovecot)], [false, false])
})
