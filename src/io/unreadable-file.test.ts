import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { whyUnreadable } from './unreadable-file.ts'

test('why a file could not be read is told in words, and where it was looked for', () => {
  const why = (path: string, code: string): string =>
    whyUnreadable(path, Object.assign(new Error(code), { code }))
  assert.equal(why('/etc/x.pem', 'ENOENT'), 'there is no such file')
  assert.equal(
    why('cert/x.pem', 'ENOENT'),
    `there is no such file (looked for as ${resolve('cert/x.pem')})`,
  )
  assert.equal(why('/etc/x.pem/y', 'ENOTDIR'), 'there is no such file')
  assert.equal(why('/etc/x.pem', 'EACCES'), 'you may not read it')
  assert.equal(why('/etc/x.pem', 'EPERM'), 'you may not read it')
  assert.equal(why('/etc', 'EISDIR'), 'it is a folder')
  assert.equal(why('/etc/x.pem', 'EIO'), 'it cannot be read')
  assert.equal(whyUnreadable('x', 'EACCES'), 'it cannot be read')
})
