import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCertificate } from '../io/test-support/certificates.ts'
import { CurrentTls } from './tls-contexts.ts'

test('contexts last as long as the certificate, its key and the setting do', async () => {
  const first = await testCertificate(['mx.south.example'])
  const tls = new CurrentTls(first, undefined)
  const before = tls.contexts
  tls.use({ ...first }, undefined)
  assert.equal(tls.contexts, before, 'a copy of the same text changes nothing')
  tls.use(first, 'taken')
  const taking = tls.contexts
  assert.notEqual(taking, before)
  tls.use(await testCertificate(['mx.south.example']), 'taken')
  assert.notEqual(tls.contexts, taking)
})

test('a certificate that cannot be used changes nothing', async () => {
  const first = await testCertificate(['mx.south.example'])
  const tls = new CurrentTls(first, undefined)
  const before = tls.contexts
  const other = await testCertificate(['mx.south.example'])
  assert.throws(() => tls.use({ ...first, privateKey: other.privateKey }, undefined), {
    code: 'key-unusable',
  })
  assert.equal(tls.contexts, before)
  tls.use(first, undefined)
  assert.equal(tls.contexts, before)
})
