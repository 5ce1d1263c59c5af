import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import type { ChainCertificate, Digest } from '../dane/chain.ts'
import type { TlsaRecord } from '../dns/resolver.ts'
import type { TargetDemand } from './demand.ts'
import {
  type ConnectionPlace,
  mayReuse,
  placeKey,
  type ProvedChannel,
  type ReuseDemand,
  type SessionProof,
} from './reuse.ts'

const now = Date.UTC(2026, 10, 1)
const digest: Digest = (algorithm, octets) => createHash(algorithm).update(octets).digest()
const host = 'mx.provider.example'

const place: ConnectionPlace = {
  protocol: 'smtp',
  host,
  address: '203.0.113.20',
  port: 25,
  tls: 'starttls',
  from: '192.0.2.1',
  helo: 'mx.north.example',
  login: 'anna',
}

/** Each differs from the place in one thing. */
const elsewhere: readonly ConnectionPlace[] = [
  { ...place, protocol: 'lmtp' },
  { ...place, host: 'mx2.provider.example' },
  { ...place, address: '203.0.113.21' },
  { ...place, port: 2525 },
  { ...place, tls: 'implicit' },
  { ...place, tls: 'none' },
  { ...place, from: '192.0.2.2' },
  { ...place, from: null },
  { ...place, helo: 'out.north.example' },
  { ...place, login: 'bob' },
  { ...place, login: null },
]

function certificate(name: string, changes: Partial<ChainCertificate> = {}): ChainCertificate {
  return {
    certificate: encodeUtf8(`certificate of ${name}`),
    publicKey: encodeUtf8(`key of ${name}`),
    dnsNames: [],
    commonName: '',
    notBefore: now - 1000,
    notAfter: now + 1000,
    isAuthority: true,
    signedByNext: true,
    ...changes,
  }
}

// What RFC 7672 §3.2.3 allows: the certificate has the name of one destination, not of the host.
const own = certificate('own', { dnsNames: ['a.example'], isAuthority: false })
const root = certificate('root')
const chain = [own, root]

function tlsa(one: ChainCertificate, usage: 2 | 3): TlsaRecord {
  const data = Buffer.from(digest('sha256', one.publicKey)).toString('hex')
  return { usage, selector: 1, matchingType: 1, data }
}

const channels = {
  clear: { state: 'clear' },
  encrypted: { state: 'encrypted' },
  verified: { state: 'verified', serverName: host, names: [host] },
  'verified for either': { state: 'verified', serverName: host, names: [host, 'a.example'] },
  'verified under another name': { state: 'verified', serverName: 'a.example', names: [host] },
  dane: { state: 'dane', serverName: host, chain },
  'dane under another name': { state: 'dane', serverName: 'alias.example', chain },
  'dane without certificates': { state: 'dane', serverName: host, chain: [] },
} as const satisfies Readonly<Record<string, ProvedChannel>>

const demands = {
  skip: { type: 'skip', because: 'Its policy does not list it.' },
  opportunistic: { type: 'opportunistic' },
  encrypted: { type: 'encrypted' },
  'verified host': { type: 'verified', names: [host] },
  'verified host or a': { type: 'verified', names: [host, 'a.example'] },
  'verified other': { type: 'verified', names: ['mx.other.example'] },
  'dane its key': { type: 'dane', records: [tlsa(own, 3)], names: [host, 'b.example'] },
  'dane another key': { type: 'dane', records: [tlsa(root, 3)], names: [host, 'a.example'] },
  'dane authority for a': { type: 'dane', records: [tlsa(root, 2)], names: [host, 'a.example'] },
  'dane authority for b': { type: 'dane', records: [tlsa(root, 2)], names: [host, 'b.example'] },
} as const satisfies Readonly<Record<string, TargetDemand>>

type Channel = keyof typeof channels
type DemandName = keyof typeof demands

/** All that may be shared where nothing else differs. What is not here may not. */
const shared: Readonly<Record<Channel, readonly DemandName[]>> = {
  clear: ['opportunistic'],
  encrypted: ['opportunistic', 'encrypted'],
  verified: ['opportunistic', 'encrypted', 'verified host', 'verified host or a'],
  'verified for either': ['opportunistic', 'encrypted', 'verified host or a'],
  'verified under another name': ['opportunistic', 'encrypted'],
  dane: ['opportunistic', 'encrypted', 'dane its key', 'dane authority for a'],
  'dane under another name': ['opportunistic', 'encrypted'],
  'dane without certificates': ['opportunistic', 'encrypted'],
}

const both = [false, true] as const

function all(): readonly {
  readonly channel: Channel
  readonly demand: DemandName
  readonly proof: SessionProof
  readonly wanted: ReuseDemand
}[] {
  return (Object.keys(channels) as Channel[]).flatMap((channel) =>
    (Object.keys(demands) as DemandName[]).flatMap((demand) =>
      [place, ...elsewhere].flatMap((to) =>
        both.flatMap((offers) =>
          both.flatMap((chunks) =>
            both.flatMap((requireTls) =>
              both.map((withoutChunks) => ({
                channel,
                demand,
                proof: { place, channel: channels[channel], requireTls: offers, chunks },
                wanted: { place: to, demand: demands[demand], requireTls, withoutChunks },
              })),
            ),
          ),
        ),
      ),
    ),
  )
}

test('a connection is shared where the table says so, and nowhere else', () => {
  let yes = 0
  for (const { channel, demand, proof, wanted } of all()) {
    const expected =
      shared[channel].includes(demand) &&
      wanted.place === place &&
      !(wanted.requireTls && (!proof.requireTls || channel === 'clear')) &&
      !(wanted.withoutChunks && proof.chunks)
    const { result } = mayReuse(proof, wanted, { now, digest })
    const what = JSON.stringify({ channel, demand, wanted, proof: { ...proof, channel } })
    assert.equal(result, expected ? 'may' : 'may-not', what)
    if (expected) yes++
  }
  // Of 20 pairs each goes by 3 of 4 ways of BDAT, and by 3 of 4 of REQUIRETLS; in clear text by 2.
  assert.equal(yes, 19 * 3 * 3 + 1 * 3 * 2)
})

test('clear text and TLS that proved nothing serve nobody who demands a proof', () => {
  for (const { proof, wanted } of all()) {
    const proves = wanted.demand.type === 'verified' || wanted.demand.type === 'dane'
    const { state } = proof.channel
    if (!proves || (state !== 'clear' && state !== 'encrypted')) continue
    assert.equal(mayReuse(proof, wanted, { now, digest }).result, 'may-not')
  }
})

test('it is told why a connection is not shared', () => {
  const proof = { place, channel: channels.verified, requireTls: false, chunks: true }
  const wanted = { place, demand: demands.opportunistic, requireTls: false, withoutChunks: false }
  const cases: readonly (readonly [Partial<SessionProof>, Partial<ReuseDemand>, string])[] = [
    [{}, { place: { ...place, port: 26 } }, 'other-place'],
    [{}, { withoutChunks: true }, 'chunks'],
    [{}, { requireTls: true }, 'no-requiretls'],
    [{ channel: channels.clear, requireTls: true }, { requireTls: true }, 'no-requiretls'],
    [{}, { demand: demands.skip }, 'skipped'],
    [{ channel: channels.clear }, { demand: demands.encrypted }, 'clear'],
    [{ channel: channels.clear }, { demand: demands['verified host'] }, 'clear'],
    [{ channel: channels.clear }, { demand: demands['dane its key'] }, 'clear'],
    [{ channel: channels.encrypted }, { demand: demands['verified host'] }, 'not-proved'],
    [{ channel: channels.dane }, { demand: demands['verified host'] }, 'not-proved'],
    [{}, { demand: demands['dane its key'] }, 'not-proved'],
    [{}, { demand: demands['verified other'] }, 'proved-otherwise'],
    [{ channel: channels.dane }, { demand: demands['dane authority for b'] }, 'proved-otherwise'],
  ]
  for (const [has, wants, reason] of cases) {
    const told = mayReuse({ ...proof, ...has }, { ...wanted, ...wants }, { now, digest })
    assert.deepEqual(told, { result: 'may-not', reason })
  }
})

test('what the records promised no longer holds when their authority has expired', () => {
  const proof = { place, channel: channels.dane, requireTls: false, chunks: false }
  const demand = demands['dane authority for a']
  const wanted = { place, demand, requireTls: false, withoutChunks: false }
  assert.equal(mayReuse(proof, wanted, { now: now + 1000, digest }).result, 'may')
  assert.equal(mayReuse(proof, wanted, { now: now + 1001, digest }).result, 'may-not')
})

test('each place has a key of its own', () => {
  const keys = [place, ...elsewhere].map(placeKey)
  assert.equal(new Set(keys).size, keys.length)
  assert.equal(placeKey({ ...place }), placeKey(place))
})
