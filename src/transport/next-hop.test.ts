import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import { routeToNextHop } from '../route/next-hop.ts'
import type { Transport } from './demand.ts'
import { decideTransport, type TransportFacts } from './transport.ts'

const records = [`2 0 1 ${'ab'.repeat(32)}`]
const zone = {
  'relay.example': { A: ['192.0.2.7'] },
  '_587._tcp.relay.example': { TLSA: records },
  'smtp.example': { CNAME: 'relay.example' },
} as const

const facts: TransportFacts = {
  port: 587,
  rules: { dane: true, mtaSts: true, least: 'opportunistic', memory: 'note' },
  wish: 'none',
  sts: {
    type: 'policy',
    id: '1',
    policy: {
      mode: 'enforce',
      mx: ['mx.south.example'],
      maxAgeSeconds: 86_400,
      unknown: [],
      repeated: [],
      lines: [],
    },
    fetchedAt: 0,
    from: 'fetched',
  },
  known: [],
}

/** What a server of the settings must prove, and which questions were asked for that. */
async function decide(
  host: string,
  more: Partial<TransportFacts> = {},
): Promise<{ readonly transport: Transport; readonly asked: readonly string[] }> {
  const resolver = new MemoryResolver(zone, { dnssec: () => 'secure' })
  const route = await routeToNextHop({ host, port: 587, protocol: 'smtp' }, resolver)
  const recorder = new RecordingResolver(resolver)
  const transport = await decideTransport(route, { ...facts, ...more }, recorder)
  return { transport, asked: recorder.answers.map(({ name, type }) => `${name} ${type}`) }
}

test('the certificate of a next hop may have the base domain, or the name that the settings have', async () => {
  const { transport, asked } = await decide('smtp.example')
  assert.ok(transport.result === 'go')
  // RFC 7672 §2.2.3: with a port of its own; the end of the alias is asked first.
  assert.deepEqual(asked, ['_587._tcp.relay.example TLSA'])
  const { demand } = transport.hosts[0] ?? {}
  assert.ok(demand?.type === 'dane')
  // RFC 7672 §3.2.2: no MX says here what the next hop is called, so it is the name that is set.
  assert.deepEqual(demand.names, ['relay.example', 'smtp.example'])
})

test('the policy of a domain says nothing of the server that the settings name instead', async () => {
  const rules = { ...facts.rules, dane: false }
  const { transport } = await decide('relay.example', { rules })
  assert.ok(transport.result === 'go')
  assert.equal(transport.hosts[0]?.sts, undefined)
  assert.equal(transport.hosts[0]?.reason, 'nobody-asks')
})

test('an address and a socket have no TLSA records, and a socket needs no TLS', async () => {
  const rules = { ...facts.rules, least: 'encrypted' } as const
  for (const [host, reason] of [
    ['192.0.2.7', 'setting'],
    ['2001:db8::7', 'setting'],
    ['/run/lmtp', 'nobody-asks'],
  ] as const) {
    const { transport, asked } = await decide(host, { rules })
    assert.ok(transport.result === 'go', host)
    assert.equal(transport.hosts[0]?.reason, reason, host)
    assert.deepEqual(asked, [], host)
  }
})

test('a host about which the route asked nothing is not proved', async () => {
  const resolver = new MemoryResolver(zone, { dnssec: () => 'secure' })
  const hop = { host: 'relay.example', port: 587, protocol: 'smtp' } as const
  const route = await routeToNextHop(hop, resolver)
  assert.ok(route.type === 'targets')
  const silent = { ...route, questions: [] }
  const transport = await decideTransport(silent, facts, resolver)
  assert.ok(transport.result === 'go')
  assert.deepEqual(transport.hosts[0]?.tlsa, { type: 'insecure' })
})
