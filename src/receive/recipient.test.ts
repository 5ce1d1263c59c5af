import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForwardPath } from '../address/path.ts'
import type { Directory } from '../directory/directory.ts'
import { directoryOf } from '../directory/test-support/directory.ts'
import {
  type AskedFor,
  type RecipientAdmission,
  type RecipientAnswer,
  recipientFor,
} from './recipient.ts'
import { replies } from './replies.ts'

const directory = directoryOf(['ann@south.example'])

async function answer(
  address: string,
  asked: Partial<AskedFor> = {},
  by: { readonly directory?: Directory; readonly admission?: RecipientAdmission } = {},
): Promise<RecipientAnswer> {
  const path = parseForwardPath(`<${address}>`)
  assert.ok(path.ok, address)
  const stranger = { by: 'stranger', ip: '192.0.2.10', mailFrom: 'x@north.example' } as const
  return recipientFor({ path: path.value, ...stranger, ...asked }, { directory, ...by })
}

/** Accounts, the destination, or the refusal. */
function told(answered: RecipientAnswer): unknown {
  switch (answered.type) {
    case 'mailbox':
      return answered.accounts.map((account) => account.address)
    case 'remote':
      return answered.destination
    case 'forward':
      return answered
    case 'refused':
      return `${answered.reply.code} ${answered.reply.enhanced}`
  }
}

const table: readonly (readonly [string, stranger: unknown, user: unknown])[] = [
  ['ann@south.example', ['ann@south.example'], ['ann@south.example']],
  ['postmaster', ['ann@south.example'], ['ann@south.example']],
  ['nobody@south.example', '550 5.1.1', '550 5.1.1'],
  ['x@elsewhere.example', '550 5.7.1', 'elsewhere.example'],
  ['postmaster@elsewhere.example', '550 5.7.1', 'elsewhere.example'],
  ['x@[192.0.2.1]', '550 5.7.1', '[192.0.2.1]'],
]

test('strangers write to people of ours alone, users to everybody', async () => {
  for (const [address, stranger, user] of table) {
    assert.deepEqual(told(await answer(address)), stranger, `a stranger to ${address}`)
    assert.deepEqual(told(await answer(address, { by: 'user' })), user, `a user to ${address}`)
  }
})

test('a directory that answers later is waited for, and its fault is not taken for an answer', async () => {
  const later: Directory = {
    marks: undefined,
    isLocal: (domain) => directory.isLocal(domain),
    login: (...given) => directory.login(...given),
    identities: (account) => directory.identities(account),
    signingKeys: () => [],
    lead: (path) => Promise.resolve(directory.lead(path)),
  }
  for (const [address, stranger] of table) {
    assert.deepEqual(told(await answer(address, {}, { directory: later })), stranger, address)
  }
  const broken: Directory = { ...later, lead: () => Promise.reject(new Error('gone')) }
  await assert.rejects(answer('ann@south.example', {}, { directory: broken }), /gone/)
})

test('who has a word about recipients can refuse what could be taken, and never lets more in', async () => {
  const asked: string[] = []
  const admission: RecipientAdmission = {
    hint: 'There is Ann.',
    refusal: ({ by }, lead) => {
      asked.push(`${by} ${lead.type}`)
      return by === 'stranger' ? Promise.resolve(replies.greylisted) : undefined
    },
  }
  assert.equal(told(await answer('ann@south.example', {}, { admission })), '451 4.7.1')
  assert.deepEqual(told(await answer('x@b.example', { by: 'user' }, { admission })), 'b.example')
  for (const address of ['nobody@south.example', 'x@elsewhere.example']) {
    const refused = await answer(address, {}, { admission })
    assert.ok(refused.type === 'refused' && refused.reply.code === 550)
    assert.match(refused.reply.lines.join(' '), /\. There is Ann\.$/)
  }
  assert.deepEqual(asked, ['stranger mailbox', 'user remote'])
})
