import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { parseConfig } from '../config/config.ts'
import { testFolder } from '../store/test-folder.ts'
import { readCertificate } from './certificate.ts'

test('a certificate that is there and cannot be read is named, with what to look at', (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  mkdirSync(join(folder, 'cert.pem'))
  writeFileSync(join(folder, 'key.pem'), '')
  const read = parseConfig(
    `hostname = "mx.south.example"
     domains = ["south.example"]
     [tls]
     certificate = ${JSON.stringify(join(folder, 'cert.pem'))}
     key = ${JSON.stringify(join(folder, 'key.pem'))}`,
  )
  assert.ok(read.type === 'settings')
  assert.throws(
    () => readCertificate(read.settings),
    (problem) => {
      assert.ok(problem instanceof WaybillError)
      assert.equal(problem.code, 'not-found')
      assert.match(
        problem.message,
        /^Cannot read .*cert\.pem, named in the table \[tls\]: it is a folder\.$/,
      )
      assert.match(problem.hint ?? '', /user that runs Waybill/)
      return true
    },
  )
})
