import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { issueCertificate, makeAuthority } from '../io/certificates.ts'
import { testFolder } from '../store/test-folder.ts'
import { readConfig, testConfig } from './config.ts'

const now = Date.UTC(2026, 9, 10)
const day = 86_400_000

test('files that the settings name are looked at in the same round as the settings', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const validity = { notBefore: new Date(now - day), notAfter: new Date(now + day) }
  const authority = await makeAuthority('The authority', validity)
  const own = await issueCertificate(authority, ['mx.south.example'], validity)
  const at = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const certificate = at('c.pem', own.certificate)
  const write = (host: string, key: string, data: string): string => {
    return at(
      'waybill.toml',
      `hostname = "${host}"\ndomains = ["south.example"]\ndata = "${data}"\n` +
        `[listen]\nsmtp = 25\nsubmission = 25\n[tls]\ncertificate = "${certificate}"\nkey = "${key}"\n`,
    )
  }
  const nowhere = join(folder, 'nowhere.pem')
  assert.throws(() => testConfig(write('mx.north.example', nowhere, certificate), now), {
    code: 'config-invalid',
    message: [
      `${join(folder, 'waybill.toml')} has 4 problems:`,
      '  listen.submission: 25 is the port of listen.smtp already',
      `  tls.key: "${nowhere}": there is no such file`,
      `  tls.certificate: "${certificate}" is for DNS:mx.south.example, and not for the hostname mx.north.example`,
      `  data: "${certificate}" is a file, and a folder is wanted`,
    ].join('\n'),
  })
  // A name that cannot be read is not looked for.
  assert.throws(() => testConfig(write('no name', nowhere, folder), now), /has 3 problems/)
  const key = at('k.pem', own.privateKey)
  const good = at(
    'good.toml',
    `hostname = "mx.south.example"\ndomains = ["south.example"]\ndata = "${join(folder, 'new')}"\n` +
      `[tls]\ncertificate = "${certificate}"\nkey = "${key}"\n`,
  )
  assert.equal(testConfig(good, now).hostname, 'mx.south.example')
  assert.throws(
    () => testConfig(good, now + 2 * day),
    /tls\.certificate: .* has expired on 2026-10-11/,
  )
  assert.equal(readConfig(good).tls.key, key)
  assert.throws(() => testConfig(nowhere, now), { code: 'not-found' })
})
