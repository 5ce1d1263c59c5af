import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { issueCertificate, makeAuthority } from './certificates.ts'
import { checkTlsFiles, readAuthorities } from './tls-files.ts'

const day = 86_400_000
const now = Date.UTC(2026, 9, 10)
const validity = { notBefore: new Date(now - day), notAfter: new Date(now + day) }
const authority = await makeAuthority('The authority', validity)
const own = await issueCertificate(authority, ['mx.south.example', '*.web.example'], validity)
const other = await issueCertificate(authority, ['mx.south.example'], validity)

function open(
  t: TestContext,
): (files: {
  readonly certificate?: string
  readonly key?: string
  readonly hostname?: string | undefined
  readonly at?: number
}) => readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const certificate = join(folder, 'c.pem')
  const key = join(folder, 'k.pem')
  return (files) => {
    writeFileSync(certificate, files.certificate ?? own.certificate)
    writeFileSync(key, files.key ?? own.privateKey)
    const hostname = 'hostname' in files ? files.hostname : 'mx.south.example'
    const found = checkTlsFiles({ certificate, key, hostname, now: files.at ?? now })
    return found.map(({ file, problem }) => `${file}: ${problem.replaceAll(`${folder}/`, '')}`)
  }
}

test('files that fit and have the name are in order', (t) => {
  const check = open(t)
  assert.deepEqual(check({}), [])
  assert.deepEqual(check({ certificate: own.certificate + authority.certificate }), [])
  assert.deepEqual(check({ hostname: 'a.web.example' }), [])
  assert.deepEqual(check({ hostname: undefined }), [])
  assert.deepEqual(check({ at: now + day }), [])
})

test('what is wrong with certificate and key is told, all of it', (t) => {
  const check = open(t)
  const locked = createPrivateKey(own.privateKey).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  })
  const name = '"c.pem" is for DNS:mx.south.example, DNS:*.web.example, and not for the hostname'
  const table: readonly (readonly [Parameters<typeof check>[0], readonly string[]])[] = [
    [{ key: other.privateKey }, ['key: "k.pem" does not belong to the certificate in "c.pem"']],
    [
      { certificate: authority.certificate + own.certificate, hostname: undefined },
      [`certificate: "c.pem" has the server's own certificate in place 2; it must be the first`],
    ],
    [{ key: 'x' }, ['key: "k.pem" holds no private key in PEM form that can be read']],
    [
      { key: String(locked) },
      ['key: "k.pem" is locked with a passphrase, which nobody can type here'],
    ],
    [
      { certificate: '' },
      ['certificate: "c.pem" holds no certificate in PEM form that can be read'],
    ],
    [
      {
        certificate: own.certificate.replace(/[A-Z]{3}/g, 'AAA').replace(/AAAIN/g, 'BEGIN'),
        key: '',
      },
      [
        'certificate: "c.pem" holds no certificate in PEM form that can be read',
        'key: "k.pem" holds no private key in PEM form that can be read',
      ],
    ],
    [{ hostname: 'mx.north.example' }, [`certificate: ${name} mx.north.example`]],
    [{ hostname: 'a.b.web.example' }, [`certificate: ${name} a.b.web.example`]],
    [{ at: now + day + 1000 }, ['certificate: "c.pem" has expired on 2026-10-11']],
    [{ at: now - day - 1000 }, ['certificate: "c.pem" is not valid before 2026-10-09']],
    [
      { at: now + 2 * day, key: other.privateKey, hostname: 'x.example' },
      [
        'key: "k.pem" does not belong to the certificate in "c.pem"',
        'certificate: "c.pem" has expired on 2026-10-11',
        `certificate: ${name} x.example`,
      ],
    ],
  ]
  for (const [files, wanted] of table) assert.deepEqual(check(files), wanted)
})

test('files that cannot be read are told with the reason', () => {
  const found = checkTlsFiles({
    certificate: '/nowhere/c.pem',
    key: tmpdir(),
    hostname: 'a.example',
    now,
  })
  assert.deepEqual(found, [
    { file: 'certificate', problem: '"/nowhere/c.pem": there is no such file' },
    { file: 'key', problem: `"${tmpdir()}": it is a folder` },
  ])
})

test('authorities are read from files with one or several, and what is none is told', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const both = join(folder, 'both.pem')
  const none = join(folder, 'none.pem')
  writeFileSync(both, `They are ours.\n${authority.certificate}${own.certificate}`)
  writeFileSync(none, own.privateKey)
  const { certificates, problems } = readAuthorities([both, none, '/nowhere/ca.pem'])
  const bare = (pem: string): string => pem.replace(/\s/g, '')
  assert.deepEqual(certificates.map(bare), [authority.certificate, own.certificate].map(bare))
  assert.deepEqual(problems, [
    `"${none}" holds no certificate in PEM form that can be read`,
    '"/nowhere/ca.pem": there is no such file',
  ])
})
