import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOwnHost } from './own-host.ts'

test('this computer and addresses are our own, other names only where they were named', () => {
  for (const host of [
    'localhost',
    'LOCALHOST:8025',
    'a.localhost:1',
    '127.0.0.1:8025',
    '[::1]:8025',
  ]) {
    assert.equal(isOwnHost(host, []), true, host)
  }
  for (const host of [
    '',
    'evil.example',
    'localhost.evil.example',
    'localhost:99x',
    '[::1',
    'a:b:c',
  ]) {
    assert.equal(isOwnHost(host, []), false, host)
  }
  assert.equal(isOwnHost('Mail.Example:8025', ['mail.example']), true)
})
