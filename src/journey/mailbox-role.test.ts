import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMailboxRole, mailboxName, mailboxRoles, roleNamed } from './mailbox-role.ts'

test('people and records see Inbox and Junk, which lead back to their roles in any case', () => {
  assert.deepEqual(mailboxRoles.map(mailboxName), ['Inbox', 'Junk'])
  assert.equal(roleNamed('Inbox'), 'inbox')
  assert.equal(roleNamed('JUNK'), 'junk')
  assert.equal(roleNamed('Holidays'), undefined)
})

test('only a role is a role', () => {
  assert.ok(mailboxRoles.every(isMailboxRole))
  assert.equal(isMailboxRole('Inbox'), false)
  assert.equal(isMailboxRole(null), false)
})
