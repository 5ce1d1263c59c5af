import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCertificate } from '../io/test-support/certificates.ts'
import { newTicketKeys } from '../io/tls-context.ts'
import { CurrentTls } from './tls-contexts.ts'

const ticketKeys = { strangers: newTicketKeys(), users: newTicketKeys() }

test('contexts last as long as certificate, key, setting and keys of tickets do', async () => {
  const certificate = await testCertificate(['mx.south.example'])
  const first = { certificate, staticRsa: undefined, ticketKeys }
  const tls = new CurrentTls(first)
  const before = tls.contexts
  tls.use(structuredClone(first))
  assert.equal(tls.contexts, before, 'a copy of the same changes nothing')
  const changes = [
    { staticRsa: 'taken' },
    { certificate: await testCertificate(['mx.south.example']) },
    { ticketKeys: { ...ticketKeys, strangers: newTicketKeys() } },
    { ticketKeys: { ...ticketKeys, users: newTicketKeys() } },
  ] as const
  for (const change of changes) {
    tls.use(first)
    const { contexts } = tls
    tls.use({ ...first, ...change })
    assert.notEqual(tls.contexts, contexts, Object.keys(change).join())
  }
})

test('a certificate that cannot be used changes nothing', async () => {
  const certificate = await testCertificate(['mx.south.example'])
  const first = { certificate, staticRsa: undefined, ticketKeys }
  const tls = new CurrentTls(first)
  const before = tls.contexts
  const { privateKey } = await testCertificate(['mx.south.example'])
  const bad = { ...first, certificate: { ...certificate, privateKey } }
  assert.throws(() => tls.use(bad), { code: 'key-unusable' })
  assert.equal(tls.contexts, before)
  tls.use(first)
  assert.equal(tls.contexts, before)
})
