import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CertificateFacts, TlsFacts } from '../io/tls-facts.ts'
import type { ChainCertificate } from '../dane/chain.ts'
import { type Demand, prove, proveByAuthority, serverNameFor, stricter } from './proof.ts'

const host = 'mx.south.example'
const certificate: CertificateFacts = {
  subject: 'CN=mx.south.example',
  issuer: 'CN=x',
  names: ['DNS:mx.south.example'],
  validFrom: '',
  validTo: '',
  fingerprint: 'ab',
  trusted: true,
  problem: undefined,
}

function facts(changes: Partial<CertificateFacts> | undefined): TlsFacts {
  const shown = changes === undefined ? undefined : { ...certificate, ...changes }
  return { protocol: 'TLSv1.3', cipher: 'x', serverName: host, certificate: shown }
}

function chainOf(dnsNames: readonly string[]): readonly ChainCertificate[] {
  const none = { certificate: new Uint8Array(), publicKey: new Uint8Array(), commonName: '' }
  const dates = { notBefore: 0, notAfter: 1 }
  return [{ ...none, ...dates, dnsNames, isAuthority: false, signedByNext: false }]
}

function proved(demand: Demand, shown: TlsFacts, names: readonly string[] = [host]): string {
  const proof = prove(demand, { facts: shown, chain: () => chainOf(names) }, 0)
  return proof.result === 'holds' ? proof.strength : proof.flaw
}

test('where only TLS is wanted any certificate will do, and a trusted one is told', () => {
  for (const type of ['opportunistic', 'encrypted'] as const) {
    assert.equal(proved({ type }, facts({})), 'verified')
    assert.equal(proved({ type }, facts({ trusted: false })), 'encrypted')
    assert.equal(proved({ type }, facts(undefined)), 'encrypted')
  }
})

test('where a certificate is wanted it is trusted, and has the name in subjectAltName', () => {
  const demand = { type: 'verified', names: [host] } as const
  assert.equal(proved(demand, facts({})), 'verified')
  assert.equal(proved(demand, facts(undefined)), 'certificate-not-trusted')
  assert.equal(proved(demand, facts({ trusted: false })), 'certificate-not-trusted')
  const expired = { trusted: false, problem: 'CERT_HAS_EXPIRED' }
  assert.equal(proved(demand, facts(expired)), 'certificate-expired')
  const other = { trusted: false, problem: 'ERR_TLS_CERT_ALTNAME_INVALID' }
  assert.equal(proved(demand, facts(other)), 'certificate-host-mismatch')
  // The TLS library may take a common name for it; RFC 8461 §4.1 does not.
  assert.equal(proved(demand, facts({}), []), 'certificate-host-mismatch')
  assert.equal(proved(demand, facts({}), ['*.south.example']), 'verified')
  const literal = { type: 'verified', names: ['192.0.2.1'] } as const
  assert.equal(proved(literal, facts({ names: ['IP Address:192.0.2.1'] }), []), 'verified')
})

test('what is wrong with a certificate has one word for reports', () => {
  for (const [problem, flaw] of [
    ['CERT_HAS_EXPIRED', 'certificate-expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate-host-mismatch'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-not-trusted'],
  ] as const) {
    const shown = { ...certificate, trusted: false, problem }
    const proof = proveByAuthority([host], shown, () => chainOf([host]))
    assert.equal(proof.result === 'lacks' && proof.flaw, flaw)
  }
})

test('of the way and the demand the stricter holds', () => {
  const dane = { type: 'dane', records: [], names: ['base.example', host] } as const
  const verified = { type: 'verified', names: ['other.example'] } as const
  for (const [demand, need, expected] of [
    [{ type: 'opportunistic' }, 'opportunistic', 'opportunistic'],
    [{ type: 'opportunistic' }, 'required', 'encrypted'],
    [{ type: 'opportunistic' }, 'verified', 'verified'],
    [{ type: 'encrypted' }, 'opportunistic', 'encrypted'],
    [{ type: 'encrypted' }, 'verified', 'verified'],
    [verified, 'required', 'verified'],
    [dane, 'verified', 'dane'],
  ] as const) {
    assert.equal(stricter(demand, { need }, host).type, expected)
  }
  assert.equal(stricter(verified, { need: 'verified' }, host), verified)
  assert.equal(serverNameFor(dane, host), 'base.example')
  assert.equal(serverNameFor(verified, host), host)
})
