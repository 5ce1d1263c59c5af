import assert from 'node:assert/strict'
import { userInfo } from 'node:os'
import { test } from 'node:test'
import { numbered, operator } from './operator.ts'

test('who runs a command is the user, and whom sudo says that it is for', () => {
  assert.equal(operator({}), userInfo().username)
  const as = (user: string, behind: string): string => operator({ SUDO_USER: behind }, user)
  assert.equal(as('waybill', 'ann'), 'waybill (sudo by ann)')
  assert.equal(as('root', 'ann'), 'root (sudo by ann)')
  assert.equal(as('root', 'ann@example.com'), 'root (sudo by ann@example.com)')
  assert.equal(as('ann', 'ann'), 'ann')
  assert.equal(as('waybill', ''), 'waybill')
})

test('what is no name is not told', () => {
  for (const behind of ['ann)', 'a b', 'a\nb', '\u001b[31m', 'x'.repeat(65)]) {
    assert.equal(operator({ SUDO_USER: behind }, 'waybill'), 'waybill', behind)
  }
  const longest = 'x'.repeat(64)
  assert.equal(operator({ SUDO_USER: longest }, 'waybill'), `waybill (sudo by ${longest})`)
})

test('a user without a name is a number, but the one that each machine knows', () => {
  assert.deepEqual([0, 1000, undefined].map(numbered), ['root', 'user 1000', 'user unknown'])
})
