import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8 } from '../base/octets.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { StsFinding } from '../mta-sts/finding.ts'
import { readStsPolicy } from '../mta-sts/policy.ts'
import { routeTo } from '../route/route.ts'
import { decideTransport } from './transport.ts'

const rules = { dane: true, mtaSts: true, least: 'opportunistic', memory: 'note' } as const
const self = { selfNames: [], selfAddresses: [], random: () => 0 }
const zone = {
  'b.example': { MX: ['10 old.b.example', '20 mail.b.example'] },
  'old.b.example': { A: ['198.51.100.7'] },
  'mail.b.example': { A: ['198.51.100.7'] },
  '_25._tcp.old.b.example': { TLSA: { error: 'SERVFAIL' } },
  '_25._tcp.mail.b.example': { TLSA: [`3 1 1 ${'ab'.repeat(32)}`] },
} as const

/** Two MX names of one machine: what is asked of each name is another thing. */
async function decide(sts: StsFinding, dnssec: 'secure' | 'insecure'): Promise<string> {
  const resolver = new MemoryResolver(zone, { dnssec: () => dnssec })
  const route = await routeTo('b.example', resolver, self)
  const facts = { port: 25, rules, wish: 'none', sts, known: [] } as const
  return (await decideTransport(route, facts, resolver)).result
}

test('a second MX name at the address of the first is tried where the first may not be (RFC 8461 §5.1)', async () => {
  const policy = readStsPolicy(
    encodeUtf8('version: STSv1\nmode: enforce\nmx: mail.b.example\nmax_age: 86400\n'),
  )
  assert.ok(policy.ok)
  const sts = { type: 'policy', id: '1', policy: policy.value, fetchedAt: 0, from: 'kept' } as const
  assert.equal(await decide(sts, 'insecure'), 'go')
})

test('and where the TLSA records of the first name cannot be had (RFC 7672 §2.1.2)', async () => {
  assert.equal(await decide({ type: 'none' }, 'secure'), 'go')
})
