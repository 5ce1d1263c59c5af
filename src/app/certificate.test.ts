import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import type { LogLine } from '../base/log.ts'
import { parseConfig } from '../config/config.ts'
import { issueCertificate, makeAuthority } from '../io/certificates.ts'
import { testFolder } from '../store/test-folder.ts'
import { CertificateWatch, readCertificate } from './certificate.ts'

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

const dayMs = 86_400_000

async function certificateOf(notBefore: number, notAfter: number): Promise<string> {
  const validity = { notBefore: new Date(notBefore), notAfter: new Date(notAfter) }
  const authority = await makeAuthority('CA', validity)
  return (await issueCertificate(authority, ['mx.south.example'], validity)).certificate
}

test('a certificate that runs out is told every day from 14 days before, and as an error after', async () => {
  const clock = new ManualClock()
  const told: LogLine[] = []
  const ends: number[] = []
  const watch = new CertificateWatch({
    clock,
    log: (line) => told.push(line),
    ends: (at) => ends.push(at),
  })
  const end = clock.now() + 20 * dayMs
  watch.use(await certificateOf(end - 90 * dayMs, end))
  clock.advance(5 * dayMs)
  assert.deepEqual(told, [])
  clock.advance(dayMs)
  const [first] = told
  assert.deepEqual(first, {
    level: 'warning',
    event: 'certificate',
    fields: {
      until: new Date(Math.floor(end / 1000) * 1000).toISOString(),
      days: 14,
      why: 'The TLS certificate in use runs out; renew it and send SIGHUP.',
    },
  })
  clock.advance(15 * dayMs)
  assert.equal(told.length, 16)
  assert.deepEqual(new Set(ends), new Set([Math.floor(end / 1000) * 1000]))
  const { level, fields } = told[15] ?? assert.fail()
  assert.deepEqual([level, fields['days']], ['error', -1])
  // A renewed one, read by SIGHUP, ends it at once.
  watch.use(await certificateOf(clock.now(), clock.now() + 90 * dayMs))
  clock.advance(3 * dayMs)
  assert.equal(told.length, 16)
  watch.use(await certificateOf(clock.now() - 90 * dayMs, clock.now() + dayMs))
  assert.equal(told.length, 17)
  watch.use('what TLS takes and this cannot read')
  clock.advance(3 * dayMs)
  watch.stop()
  clock.advance(3 * dayMs)
  assert.equal(told.length, 17)
})

test('a certificate of a few days is told in its last quarter', async () => {
  const clock = new ManualClock()
  const told: LogLine[] = []
  const ends: number[] = []
  const watch = new CertificateWatch({
    clock,
    log: (line) => told.push(line),
    ends: (at) => ends.push(at),
  })
  watch.use(await certificateOf(clock.now(), clock.now() + 6 * dayMs + 1000))
  clock.advance(4 * dayMs)
  assert.equal(told.length, 0)
  clock.advance(dayMs)
  assert.equal(told.length, 1)
  assert.equal(ends.length, 1)
  watch.stop()
})
