import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import { sortTlsa } from '../dane/tlsa.ts'
import { readStsPolicy } from '../mta-sts/policy.ts'
import type { TlsFact } from '../report/tls-fact.ts'
import type { HostDemand } from '../transport/demand.ts'
import { type Demand, prove, proveByAuthority } from './proof.ts'
import { factsOf } from './tls-facts-told.ts'

const host = 'mail.b.example'
const where = { ip: '198.51.100.7', from: '192.0.2.7', destination: 'b.example' } as const
const holds = { result: 'holds', strength: 'encrypted' } as const

/** A certificate that Node takes, though the name stands in its common name alone. */
const certificate = {
  subject: `CN=${host}`,
  issuer: 'CN=An authority',
  names: [],
  validFrom: '',
  validTo: '',
  fingerprint: '',
  trusted: true,
  problem: undefined,
}
const facts = { protocol: 'TLSv1.3', cipher: 'x', serverName: host, certificate }

function own(dnsNames: readonly string[]) {
  return {
    certificate: encodeUtf8('c'),
    publicKey: encodeUtf8('k'),
    dnsNames,
    commonName: host,
    notBefore: 0,
    notAfter: 9e15,
    isAuthority: false,
    signedByNext: true,
  }
}

/** What is told of a session under an MTA-STS policy. */
function underSts(mode: 'enforce' | 'testing', demand: Demand, dnsNames: readonly string[]) {
  const text = `version: STSv1\nmode: ${mode}\nmx: ${host}\nmax_age: 86400\n`
  const read = readStsPolicy(encodeUtf8(text))
  assert.ok(read.ok)
  const sts = { type: 'policy', id: '1', policy: read.value, fetchedAt: 0, from: 'kept' } as const
  const chain = () => [own(dnsNames)]
  const proof = prove(demand, { facts, chain }, 1)
  const byAuthority = proveByAuthority([host], certificate, chain)
  const listed = { result: 'match', mxHost: host, pattern: host } as const
  const held: HostDemand = { host, demand, reason: 'sts', sts: listed }
  return factsOf({ type: 'tls', facts, proof, byAuthority }, { ...where, host: held, sts })
}

function words(told: readonly TlsFact[]): readonly string[] {
  return told.map(({ result }) => (result.type === 'failure' ? result.resultType : 'success'))
}

test('a certificate with a common name alone is a failure, whether the policy is enforced or tested', () => {
  const enforced = { type: 'verified', names: [host] } as const
  for (const [mode, demand] of [
    ['enforce', enforced],
    ['testing', { type: 'opportunistic' }],
  ] as const) {
    assert.deepEqual(words(underSts(mode, demand, [])), ['certificate-host-mismatch'], mode)
    assert.deepEqual(words(underSts(mode, demand, ['a.example'])), ['certificate-host-mismatch'])
    assert.deepEqual(words(underSts(mode, demand, [host])), ['success'], mode)
  }
})

/** What is told of a session with a host that has these TLSA records. */
function underDane(records: Parameters<typeof sortTlsa>[0]): readonly TlsFact[] {
  const tlsa = { type: 'found', base: host, ...sortTlsa(records) } as const
  const held: HostDemand = { host, demand: { type: 'encrypted' }, reason: 'tlsa-unusable', tlsa }
  const outcome = { type: 'tls', facts, proof: holds, byAuthority: holds } as const
  return factsOf(outcome, { ...where, host: held, sts: { type: 'none' } })
}

test('TLSA records of which none can be used are tlsa-invalid, with what is wrong once each', () => {
  const data = 'ab'.repeat(32)
  const pkix = { usage: 1, selector: 1, matchingType: 1, data }
  const [fact] = underDane([pkix, { ...pkix, usage: 0 }, { ...pkix, usage: 9 }])
  assert.deepEqual(fact?.result, {
    type: 'failure',
    resultType: 'tlsa-invalid',
    reason: 'pkix-usage, unknown-usage',
  })
  assert.equal(fact.from, '192.0.2.7')
  assert.deepEqual(words(underDane([pkix, { ...pkix, usage: 3 }])), ['success'])
})

test('TLSA records stand in a report as they are in DNS', () => {
  const strong = 'cd'.repeat(64)
  const weak = 'ab'.repeat(32)
  const [fact] = underDane([
    { usage: 3, selector: 1, matchingType: 2, data: strong },
    { usage: 3, selector: 1, matchingType: 1, data: weak },
  ])
  assert.deepEqual(fact?.policy.strings, [`3 1 2 ${strong}`, `3 1 1 ${weak}`])
})
