import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { Ending } from '../base/ending.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone, ZoneName } from '../dns/zone-table.ts'
import { issueCertificate, makeAuthority } from '../io/certificates.ts'
import { days, testAuthority } from '../io/test-support/certificates.ts'
import type { Step } from '../journey/steps.ts'
import { tell } from '../journey/catalogue.ts'
import type { StsFinding, StsPolicies } from '../mta-sts/finding.ts'
import type { BatchOutcome, Settling } from '../post/batch.ts'
import type { TlsFact } from '../report/tls-fact.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { KnownTls } from '../transport/memory.ts'
import type { TransportRules } from '../transport/transport.ts'
import { Demands } from './demands.ts'
import { delivererIn, start, testItem, testWorld } from './test-support/world.ts'
import { type TlsServer, tlsServer, type TlsServerOptions } from './test-support/tls-server.ts'

const host = 'mx.south.example'
const usual: TransportRules = {
  dane: true,
  mtaSts: true,
  least: 'opportunistic',
  memory: 'note',
}

function keyRecord(pem: string, usage = 3): string {
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return `${usage} 1 1 ${createHash('sha256').update(spki).digest('hex')}`
}

function certificateRecord(pem: string): string {
  return `2 0 1 ${createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')}`
}

interface Given {
  readonly tlsa?: ZoneName['TLSA']
  readonly zone?: Zone
  readonly secure?: boolean
  readonly sts?: StsFinding
  readonly rules?: Partial<TransportRules>
  readonly known?: readonly KnownTls[]
  readonly items?: readonly QueueItem[]
  readonly more?: readonly QueueItem[]
  readonly trusts?: readonly string[]
}

interface Ended {
  readonly outcome: BatchOutcome
  readonly steps: readonly Step[]
  readonly sentences: readonly string[]
  /** `recipient outcome`. */
  readonly fates: readonly string[]
  readonly facts: readonly TlsFact[]
  readonly noted: readonly string[]
}

/** Delivers to south.example by one server. */
async function deliver(server: TlsServer, given: Given = {}): Promise<Ended> {
  const zone: Zone = given.zone ?? {
    'south.example': { MX: [`10 ${host}`] },
    [host]: { A: ['203.0.113.25'] },
    ...(given.tlsa === undefined ? {} : { [`_25._tcp.${host}`]: { TLSA: given.tlsa } }),
  }
  const dnssec = given.secure === false ? 'insecure' : 'secure'
  const resolver = new MemoryResolver(zone, { dnssec })
  const facts: TlsFact[] = []
  const noted: string[] = []
  const sts: StsPolicies = { of: async () => given.sts ?? { type: 'none' } }
  const demands = new Demands({
    rules: () => ({ ...usual, ...given.rules }),
    sts,
    ledger: { note: (fact) => void facts.push(fact) },
    memory: {
      of: async (hosts) => (given.known ?? []).filter((one) => hosts.includes(one.host)),
      note: (name, strength) => void noted.push(`${name} ${strength}`),
    },
    resolver,
    clock: new ManualClock(start),
  })
  const trustAnchors = given.trusts ?? [(await testAuthority()).certificate]
  const world = testWorld({ resolver, dialer: server.dialer, trustAnchors })
  const settled: Settling[] = []
  const items = given.items ?? [testItem()]
  let more = given.more ?? []
  const outcome = await delivererIn({ ...world, demands }).deliver({
    destination: 'south.example',
    owner: 'me',
    items,
    ending: new Ending(),
    arrive: () => true,
    begin: () => true,
    settle: async (settling) => void settled.push(settling),
    more: async () => {
      const next = more
      more = []
      return next
    },
  })
  const settlements = [...settled, outcome].flatMap((one) => one.settlements)
  const all = [...items, ...(given.more ?? [])]
  const steps = settlements.flatMap((one) => JSON.parse(one.steps) as readonly Step[])
  return {
    outcome,
    steps,
    sentences: steps.flatMap(tell).map(({ id, answer }) => `${id}: ${answer}`),
    fates: settlements.map(({ queueId, status, summary }) => {
      const recipient = all.find(({ id }) => id === queueId)?.recipient.split('@')[0]
      return `${recipient} ${status} ${/\d\.\d\.\d+/.exec(summary)?.[0] ?? ''}`.trim()
    }),
    facts,
    noted,
  }
}

const begunIn = (server: TlsServer): boolean => server.heard.some((line) => line.startsWith('MAIL'))

async function policyOf(mode: 'enforce' | 'testing', mx = host): Promise<StsFinding> {
  const lists = { unknown: [], repeated: [], lines: ['version: STSv1'] }
  const policy = { mode, mx: [mx], maxAgeSeconds: 86_400, ...lists }
  return { type: 'policy', id: '1', policy, fetchedAt: 0, from: 'fetched' }
}

async function open(t: TestContext, options: TlsServerOptions = {}): Promise<TlsServer> {
  return tlsServer(t, options)
}

test('a server with the certificate of its TLSA record gets the letter, whoever issued it', async (t) => {
  const server = await open(t)
  const tlsa = [keyRecord(server.certificate.certificate)]
  const { fates, sentences, facts, noted } = await deliver(server, { tlsa, trusts: [] })
  assert.deepEqual(fates, ['bob delivered'])
  assert.ok(sentences.some((one) => /^dial\.tls: Yes.* TLSA record says \(3 1 1/.test(one)))
  assert.deepEqual(server.asked, [host])
  const policy = { type: 'tlsa', domain: host, strings: tlsa, mxHosts: [] }
  assert.deepEqual(facts, [
    { policy, mxHost: host, ip: '203.0.113.25', from: '127.0.0.1', result: { type: 'success' } },
  ])
  assert.deepEqual(noted, [`${host} dane`])
})

test('a server with another certificate gets nothing, and no clear text is tried', async (t) => {
  const server = await open(t)
  const tlsa = [`3 1 1 ${'ab'.repeat(32)}`]
  const { fates, sentences, facts, noted, outcome } = await deliver(server, { tlsa })
  assert.deepEqual(fates, ['bob deferred'])
  assert.equal(server.heard.filter((line) => line.startsWith('EHLO')).length, 1)
  assert.equal(begunIn(server), false)
  assert.ok(sentences.some((one) => /^dial\.tls: No, and nothing was sent: .*\(DANE\)/.test(one)))
  assert.deepEqual(
    facts.map(({ result }) => result),
    [
      {
        type: 'failure',
        resultType: 'validation-failure',
        reason: 'none of its TLSA records is about a certificate that it has shown',
      },
    ],
  )
  assert.deepEqual(noted, [])
  assert.equal(outcome.reachable, 'yes')
})

test('TLSA records of which none can be used are reported, and stop nothing', async (t) => {
  const server = await open(t)
  const tlsa = [`1 1 1 ${'ab'.repeat(32)}`]
  const { fates, facts } = await deliver(server, { tlsa })
  assert.deepEqual(fates, ['bob delivered'])
  const policy = { type: 'tlsa', domain: host, strings: tlsa, mxHosts: [] }
  const result = { type: 'failure', resultType: 'tlsa-invalid', reason: 'pkix-usage' }
  const where = { mxHost: host, ip: '203.0.113.25', from: '127.0.0.1' }
  assert.deepEqual(facts, [{ policy, ...where, result }])
  const broken = await deliver(await open(t, { tls: 'clear' }), { tlsa })
  assert.deepEqual(broken.facts.map(told), ['tlsa mx.south.example starttls-not-supported'])
  assert.equal(broken.facts[0]?.from, '127.0.0.1')
})

test('TLSA records of an authority want the name and the chain', async (t) => {
  const authority = await makeAuthority('Nobody trusts it', days(-30, 30))
  for (const [names, fate] of [
    [[host], 'delivered'],
    [['south.example'], 'delivered'],
    [['elsewhere.example'], 'deferred'],
  ] as const) {
    const issued = await issueCertificate(authority, names, days(-30, 30))
    const certificate = { ...issued, certificate: `${issued.certificate}${authority.certificate}` }
    const server = await open(t, { certificate })
    const tlsa = [certificateRecord(authority.certificate)]
    assert.deepEqual((await deliver(server, { tlsa })).fates, [`bob ${fate}`], names[0])
  }
})

test('where TLS is demanded a server without it gets nothing', async (t) => {
  for (const tls of ['clear', 'broken'] as const) {
    const server = await open(t, { tls })
    for (const given of [
      { tlsa: [keyRecord(server.certificate.certificate)] },
      { tlsa: [`1 1 1 ${'ab'.repeat(32)}`] },
      { sts: await policyOf('enforce') },
      { rules: { least: 'encrypted' } },
      { rules: { least: 'verified' } },
      { rules: { memory: 'refuse' }, known: [{ host, best: 'encrypted', seenAt: 1 }] },
    ] as const) {
      const { fates, steps } = await deliver(server, given)
      assert.deepEqual(fates, ['bob deferred'], JSON.stringify(given))
      assert.ok(steps.some(({ type }) => type === 'peer-tls-failed'))
    }
    assert.equal(begunIn(server), false)
  }
})

test('where nobody demands anything clear text is taken, and what it had before is told', async (t) => {
  const server = await open(t, { tls: 'clear' })
  const known = [{ host, best: 'verified', seenAt: Date.UTC(2026, 10, 1) }] as const
  const { fates, sentences, facts } = await deliver(server, { known })
  assert.deepEqual(fates, ['bob delivered'])
  assert.ok(sentences.some((one) => /in clear text.*before, last on 2026-11-01/.test(one)))
  assert.deepEqual(
    facts.map(({ policy, result }) => [policy.type, policy.domain, result.type]),
    [['no-policy-found', 'south.example', 'failure']],
  )
})

test('an enforced policy wants a certificate that is trusted and has the name', async (t) => {
  const sts = await policyOf('enforce')
  const good = await open(t)
  assert.deepEqual((await deliver(good, { sts })).fates, ['bob delivered'])
  assert.deepEqual((await deliver(good, { sts, trusts: [] })).fates, ['bob deferred'])
  const otherName = await open(t, { names: ['elsewhere.example'] })
  const { fates, facts } = await deliver(otherName, { sts })
  assert.deepEqual(fates, ['bob deferred'])
  assert.deepEqual(
    facts.map(({ policy, result }) => [
      policy.type,
      result.type === 'failure' ? result.resultType : 'success',
    ]),
    [['sts', 'certificate-host-mismatch']],
  )
  assert.equal(begunIn(otherName), false)
})

test('a policy that is tested stops nothing and is reported', async (t) => {
  const server = await open(t, { names: ['elsewhere.example'] })
  const { fates, facts } = await deliver(server, { sts: await policyOf('testing') })
  assert.deepEqual(fates, ['bob delivered'])
  assert.deepEqual(
    facts.map(({ policy, result }) => [
      policy.type,
      result.type === 'failure' ? result.resultType : 'success',
    ]),
    [['sts', 'certificate-host-mismatch']],
  )
})

test('a host that the policy does not list is not connected to, and reported', async (t) => {
  const server = await open(t)
  const { fates, facts, steps, outcome } = await deliver(server, {
    sts: await policyOf('enforce', 'mx2.south.example'),
  })
  assert.deepEqual(fates, ['bob deferred'])
  assert.deepEqual(server.heard, [])
  assert.equal(facts.length, 1)
  assert.ok(!steps.some(({ type }) => type === 'dial'))
  assert.equal(outcome.reachable, 'unknown')
})

test('TLSA records that cannot be looked up keep the letter back', async (t) => {
  const server = await open(t)
  const { fates, facts } = await deliver(server, { tlsa: { error: 'SERVFAIL' } })
  assert.deepEqual(fates, ['bob deferred'])
  assert.deepEqual(server.heard, [])
  assert.deepEqual(
    facts.map(({ result }) => (result.type === 'failure' ? result.resultType : 'success')),
    ['dnssec-invalid'],
  )
})

test('of two hosts the one that proves itself gets the letter', async (t) => {
  const server = await open(t)
  const zone = {
    'south.example': { MX: ['10 mx1.south.example', `20 ${host}`] },
    'mx1.south.example': { A: ['203.0.113.24'] },
    [host]: { A: ['203.0.113.25'] },
    '_25._tcp.mx1.south.example': { TLSA: [`3 1 1 ${'ab'.repeat(32)}`] },
  }
  const { fates, steps } = await deliver(server, { zone })
  assert.deepEqual(fates, ['bob delivered'])
  const told = steps.flatMap((step) => {
    return step.type === 'peer-tls' || step.type === 'peer-tls-failed' ? [step.type, step.host] : []
  })
  assert.deepEqual(told, ['peer-tls-failed', 'mx1.south.example', 'peer-tls', host])
})

test('letters that ask different things of TLS go over connections of their own', async (t) => {
  const server = await open(t, { tls: 'clear' })
  const item = (id: string, tls?: 'required' | 'waived'): QueueItem => {
    const dsn = tls === undefined ? {} : { tls }
    return testItem({ id, messageId: id, recipient: `${id}@south.example`, dsn })
  }
  const rules = { least: 'opportunistic' } as const
  const tlsa = [keyRecord(server.certificate.certificate)]
  const { fates, steps } = await deliver(server, {
    rules,
    tlsa,
    items: [item('plain'), item('strict', 'required'), item('loose', 'waived')],
    more: [item('loose2', 'waived'), item('plain2')],
  })
  assert.deepEqual(fates.toSorted(), [
    'loose delivered',
    'loose2 delivered',
    'plain deferred',
    'plain2 deferred',
    'strict failed',
  ])
  const wishes = steps.flatMap((step) => (step.type === 'transport' ? [step.facts.wish] : []))
  assert.deepEqual(new Set(wishes), new Set(['none', 'required', 'waived']))
})

test('a message that requires TLS wants REQUIRETLS of the server, and is given up else', async (t) => {
  const items = [testItem({ dsn: { tls: 'required' } })]
  const promising = await open(t, { offers: ['REQUIRETLS'] })
  assert.deepEqual((await deliver(promising, { items })).fates, ['bob delivered'])
  const other = await open(t, { offers: ['8BITMIME'] })
  const { fates, sentences } = await deliver(other, { items })
  assert.deepEqual(fates, ['bob failed'])
  assert.ok(sentences.some((one) => /does not promise \(REQUIRETLS\)/.test(one)))
  assert.equal(begunIn(other), false)
  // Without DNSSEC and without a policy nobody proves that this is a server of theirs.
  const unproved = await deliver(promising, { items, secure: false })
  assert.deepEqual(unproved.fates, ['bob failed'])
  // A bounce goes on.
  const bounce = [testItem({ reversePath: '', dsn: { tls: 'required' } })]
  assert.deepEqual((await deliver(other, { items: bounce })).fates, ['bob delivered'])
})

test('a host that a tested policy does not list is reported, whatever it proves', async (t) => {
  const server = await open(t)
  const sts = await policyOf('testing', 'mx2.south.example')
  const { fates, facts } = await deliver(server, { sts })
  assert.deepEqual(fates, ['bob delivered'])
  assert.deepEqual(facts.map(told), ['sts mx.south.example validation-failure'])
})

test('a policy that could not be had is reported once, beside what became of the session', async (t) => {
  const trouble = { stage: 'fetch', text: 'No.', resultType: 'sts-policy-fetch-error' } as const
  const failed = await deliver(await open(t), { sts: { type: 'failed', trouble } })
  assert.deepEqual(failed.fates, ['bob delivered'])
  assert.deepEqual(failed.facts.map(told), [
    'sts  sts-policy-fetch-error',
    'no-policy-found mx.south.example success',
  ])
  const kept = await policyOf('enforce')
  assert.ok(kept.type === 'policy')
  const old = await deliver(await open(t), { sts: { ...kept, from: 'kept', problem: trouble } })
  assert.deepEqual(old.facts.map(told), [
    'sts  sts-policy-fetch-error',
    'sts mx.south.example success',
  ])
  const dark = { ...trouble, stage: 'dns' } as const
  const unknown = await deliver(await open(t), { sts: { type: 'failed', trouble: dark } })
  assert.deepEqual(unknown.facts.map(told), ['no-policy-found mx.south.example success'])
})

test('letters that waive TLS, as reports do, are not reported', async (t) => {
  const server = await open(t, { tls: 'clear' })
  const items = [testItem({ dsn: { tls: 'waived' } })]
  const { fates, facts } = await deliver(server, { items, sts: await policyOf('enforce') })
  assert.deepEqual(fates, ['bob delivered'])
  assert.deepEqual(facts, [])
})

/** `policy host result`. */
function told({ policy, mxHost, result }: TlsFact): string {
  return `${policy.type} ${mxHost} ${result.type === 'success' ? 'success' : result.resultType}`
}
