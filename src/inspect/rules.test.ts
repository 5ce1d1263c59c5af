import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetsOf } from '../base/octets.ts'
import { formatDkimRecord, generateDkimKey, signDkim } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { DnsFailure, Resolver } from '../dns/resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { splitMessage } from '../message/header-reader.ts'
import { type Decision, decide } from './decide.ts'
import { Inspection } from './inspection.ts'
import type { DecisionRules } from './rules.ts'

const { privateKey, publicKey } = generateDkimKey('ed25519')
const key = { TXT: [formatDkimRecord({ type: 'ed25519', publicKey })] }
const now = 1_700_000_000
const [own, elsewhere] = ['198.51.100.7', '203.0.113.9']

const zone: Zone = {
  'south.example': { TXT: [`v=spf1 ip4:${own} -all`], MX: ['10 mx.south.example'] },
  '_dmarc.south.example': { TXT: ['v=DMARC1; p=none'] },
  // Ours too, and without a policy.
  'bare.example': { TXT: [`v=spf1 ip4:${own} -all`], A: ['192.0.2.1'] },
  'sub.bare.example': { TXT: [`v=spf1 ip4:${own} -all`] },
  'strict.example': { TXT: [`v=spf1 ip4:${own} -all`] },
  '_dmarc.strict.example': { TXT: ['v=DMARC1; p=reject'] },
  'testing.example': { A: ['192.0.2.1'] },
  '_dmarc.testing.example': { TXT: ['v=DMARC1; p=quarantine; t=y'] },
  'other.example': { TXT: ['v=spf1 -all'], MX: ['10 mx.other.example'] },
  'forwarder.example': { TXT: [`v=spf1 ip4:${elsewhere} -all`] },
  'v4.example': { A: ['192.0.2.1'] },
  'v6.example': { AAAA: ['2001:db8::1'] },
  'null.example': { MX: ['0 .'] },
  'texts.example': { TXT: ['x'] },
  'alias.example': { CNAME: 'gone.example' },
  'half.example': { A: [], AAAA: { error: 'SERVFAIL' } },
  'lost.example': { MX: { error: 'TIMEOUT' } },
  's1._domainkey.bare.example': key,
  's1._domainkey.lists.example': key,
}

const rules: DecisionRules = {
  trustedForwarders: ['forwarder.example'],
  mailingLists: ['lists.example'],
  allow: ['allowed.example'],
  onTemperror: 'deliver',
  ownDomains: [
    'South.example',
    'bare.example',
    'strict.example',
    'testing.example',
    'allowed.example',
  ],
  onOwnDomain: 'junk',
  onMissingDomain: 'deliver',
  onSpfFail: 'deliver',
}

interface Case {
  readonly from: string
  readonly mailFrom?: string
  readonly ip?: string
  readonly signedBy?: string
  readonly fields?: string
  readonly rules?: Partial<DecisionRules>
  readonly resolver?: Resolver
}

async function judge(input: Case): Promise<Decision> {
  const resolver = input.resolver ?? new MemoryResolver(zone)
  let text = `${input.fields ?? ''}From: ${input.from}\r\nSubject: x\r\n\r\nHello\r\n`
  if (input.signedBy !== undefined) {
    const signer = {
      domain: input.signedBy,
      selector: 's1',
      algorithm: 'ed25519-sha256',
      privateKey,
    } as const
    text = signDkim(octetsOf(text), { keys: [signer], now }).join('') + text
  }
  const inspection = new Inspection(
    {
      ip: input.ip ?? elsewhere,
      helo: 'x',
      mailFrom: input.mailFrom ?? 'a@nowhere.example',
      receiver: 'mx',
      now,
    },
    { spf: resolver, dkim: resolver, arc: resolver, dmarc: resolver, author: resolver },
  )
  const { header, body } = splitMessage(octetsOf(text))
  inspection.header(header)
  inspection.body(body)
  return decide(await inspection.finish(), header, { ...rules, ...input.rules })
}

function found({ action, noticed }: Decision): string {
  return [action, ...(noticed ?? []).map((one) => `${one.finding} ${one.action}`)].join(', ')
}

const junk = 'mark-as-spam, own-domain mark-as-spam'

const ownCases: readonly (readonly [string, Case, string])[] = [
  ['a stranger, p=none', { from: 'me@south.example' }, junk],
  ['a stranger, no policy', { from: 'me@bare.example' }, junk],
  [
    'a stranger, a policy in test mode that asks for nothing',
    { from: 'me@testing.example', rules: { ownDomains: ['testing.example'] } },
    junk,
  ],
  ['another of our domains beside it', { from: 'a@other.example, me@south.example' }, junk],
  [
    'a stranger who passes SPF for another name',
    { from: 'me@south.example', mailFrom: 'x@forwarder.example', rules: { trustedForwarders: [] } },
    junk,
  ],
  [
    'our own server, p=none',
    { from: 'me@south.example', mailFrom: 'me@south.example', ip: own },
    'deliver',
  ],
  [
    'our own server, no policy',
    { from: 'me@bare.example', mailFrom: 'me@bare.example', ip: own },
    'deliver',
  ],
  [
    'our own server under a name below ours',
    { from: 'me@bare.example', mailFrom: 'me@sub.bare.example', ip: own },
    'deliver',
  ],
  ['our own signature', { from: 'me@bare.example', signedBy: 'bare.example' }, 'deliver'],
  [
    'a name below ours, vouched for by ours',
    {
      from: 'me@deep.bare.example',
      mailFrom: 'me@bare.example',
      ip: own,
      rules: { ownDomains: ['bare.example', 'deep.bare.example'] },
    },
    'deliver, missing-domain deliver',
  ],
  [
    'a name below, which is not ours',
    { from: 'me@sub.bare.example' },
    'deliver, missing-domain deliver',
  ],
  ['p=reject, which asks for more', { from: 'me@strict.example' }, 'refuse'],
  [
    'the setting deliver',
    { from: 'me@south.example', rules: { onOwnDomain: 'deliver' } },
    'deliver, own-domain deliver',
  ],
  [
    'a record of before the rule',
    { from: 'me@south.example', rules: { onOwnDomain: undefined as never } },
    'deliver',
  ],
  [
    'a trusted forwarder',
    { from: 'me@south.example', mailFrom: 'x@forwarder.example' },
    'deliver, own-domain mark-as-spam',
  ],
  [
    'the signature of a listed list',
    {
      from: 'me@south.example',
      signedBy: 'lists.example',
      fields: 'List-Id: <x.lists.example>\r\n',
    },
    'deliver, own-domain mark-as-spam',
  ],
  [
    'the fields of a listed list without its signature',
    { from: 'me@south.example', fields: 'List-Id: <x.lists.example>\r\n' },
    junk,
  ],
  [
    'a domain that is allowed',
    { from: 'me@allowed.example' },
    'deliver, own-domain mark-as-spam, missing-domain deliver',
  ],
]

for (const [name, input, expected] of ownCases) {
  test(`in the name of our own domain: ${name}`, async () => {
    assert.equal(found(await judge(input)), expected)
  })
}

test('what is filed as spam for its author says so, also in a report', async () => {
  const decision = await judge({ from: 'me@south.example' })
  const because = 'south.example is our own domain, and nothing of it vouches for this message'
  assert.equal(decision.because, because)
  assert.equal(decision.did, 'quarantine')
  assert.equal(decision.askedFor, 'none')
  assert.deepEqual(decision.override, { type: 'local_policy', comment: because })
  assert.equal(decision.considered.length, 4)
  const forwarded = await judge({ from: 'me@south.example', mailFrom: 'x@forwarder.example' })
  assert.match(forwarded.because, /our own domain.*, yet 203\.0\.113\.9 is a listed forwarder/)
})

const authors: readonly (readonly [string, 'does not exist' | 'has neither' | undefined])[] = [
  ['gone.test', 'does not exist'],
  ['texts.example', 'has neither'],
  ['alias.example', 'has neither'],
  ['v4.example', undefined],
  ['v6.example', undefined],
  ['null.example', undefined],
  ['other.example', undefined],
  // What DNS does not tell is not held against anybody.
  ['half.example', undefined],
  ['lost.example', undefined],
]

for (const [domain, what] of authors) {
  test(`the author's domain ${domain} ${what ?? 'is no reason for a remark'}`, async () => {
    const told = await judge({ from: `a@${domain}` })
    assert.equal(found(told), what === undefined ? 'deliver' : 'deliver, missing-domain deliver')
    assert.match(told.noticed?.[0]?.because ?? '', new RegExp(what ?? '^$'))
    const filed = await judge({ from: `a@${domain}`, rules: { onMissingDomain: 'junk' } })
    assert.equal(filed.action, what === undefined ? 'deliver' : 'mark-as-spam')
    const before = await judge({
      from: `a@${domain}`,
      rules: { onMissingDomain: undefined as never },
    })
    assert.equal(found(before), 'deliver')
  })
}

test('SPF that forbids is named where no policy applies, and filed where the house wants it', async () => {
  const input = { from: 'a@v4.example', mailFrom: 'a@other.example' }
  const told = await judge(input)
  assert.equal(found(told), 'deliver, spf-fail deliver')
  assert.equal(
    told.noticed?.[0]?.because,
    'other.example says that 203.0.113.9 may not send its mail (SPF)',
  )
  assert.equal(
    found(await judge({ ...input, rules: { onSpfFail: 'junk' } })),
    'mark-as-spam, spf-fail mark-as-spam',
  )
  assert.equal(
    found(await judge({ ...input, rules: { onSpfFail: undefined as never } })),
    'deliver',
  )
  // A policy says what to do with it: nothing.
  const watched = {
    from: 'a@south.example',
    mailFrom: 'a@south.example',
    rules: { onOwnDomain: 'deliver' },
  } as const
  assert.equal(found(await judge(watched)), 'deliver, own-domain deliver')
})

/** All is known but what is asked for these names. */
function without(reason: DnsFailure, ...names: readonly string[]): Resolver {
  const inner = new MemoryResolver(zone)
  return {
    resolve: async (name, type) => {
      return names.includes(name) ? { type: 'failed', reason } : await inner.resolve(name, type)
    },
  }
}

const unasked = ['no-place', 'no-resolver', 'silent-zone'] as const
for (const reason of [...unasked, 'timeout', 'servfail', 'unreachable'] as const) {
  const deferred = unasked.some((one) => one === reason)
  test(`${reason}: ${deferred ? 'it is put off whatever the setting says' : 'the setting decides'}`, async () => {
    const policy = without(reason, '_dmarc.strict.example')
    const unknown = await judge({ from: 'a@strict.example', resolver: policy })
    assert.equal(unknown.action, deferred ? 'defer' : 'deliver')
    assert.equal(unknown.did, deferred ? null : 'none')
    assert.equal(found(unknown), deferred ? 'defer, dns-outage defer' : 'deliver')
    // SPF might have vouched.
    const alignment = { from: 'a@strict.example', mailFrom: 'a@strict.example' }
    const open = await judge({ ...alignment, resolver: without(reason, 'strict.example') })
    assert.equal(open.action, deferred ? 'defer' : 'deliver')
    // SPF might have shown a trusted forwarder: a lost answer of it is not enough to wait for.
    const forwarder = { from: 'a@strict.example', mailFrom: 'x@forwarder.example' }
    const forwarded = await judge({ ...forwarder, resolver: without(reason, 'forwarder.example') })
    assert.equal(forwarded.action, deferred ? 'defer' : 'refuse')
    // The same for what is ours.
    const ours = { from: 'a@south.example', mailFrom: 'a@south.example' }
    const mine = await judge({ ...ours, resolver: without(reason, 'south.example') })
    assert.equal(mine.action, deferred ? 'defer' : 'deliver')
    // Where nothing hangs on it nobody waits.
    const passing = { from: 'a@bare.example', signedBy: 'bare.example' }
    assert.equal(
      (await judge({ ...passing, resolver: without(reason, 'nowhere.example') })).action,
      'deliver',
    )
    const nobody = { from: 'a@v4.example', mailFrom: 'x@other.example' }
    assert.equal(
      (await judge({ ...nobody, resolver: without(reason, 'other.example') })).action,
      'deliver',
    )
  })
}

test('of several outages the one that says most is told', async () => {
  const inner = new MemoryResolver(zone)
  const reasons: Readonly<Record<string, DnsFailure>> = {
    'nowhere.example': 'no-place',
    '_dmarc.strict.example': 'no-resolver',
  }
  const resolver: Resolver = {
    resolve: async (name, type) => {
      const reason = reasons[name]
      return reason === undefined ? await inner.resolve(name, type) : { type: 'failed', reason }
    },
  }
  const { because } = await judge({ from: 'a@strict.example', resolver })
  assert.equal(because, 'no DNS server answers, so nothing can be told yet')
})
