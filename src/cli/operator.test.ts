import assert from 'node:assert/strict'
import { userInfo } from 'node:os'
import { test } from 'node:test'
import { operator } from './operator.ts'

test('who runs a command is the user, and for whom root works', () => {
  const { username } = userInfo()
  assert.equal(operator({}), username)
  const behind = operator({ SUDO_USER: 'ann' })
  assert.equal(behind, username === 'root' ? 'ann as root' : username)
  assert.equal(operator({ SUDO_USER: '' }), username)
})
