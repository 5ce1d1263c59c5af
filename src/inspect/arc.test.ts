import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sealArc } from '../arc/arc.ts'
import { octetsOf } from '../base/octets.ts'
import { formatDkimRecord, generateDkimKey } from '../dkim/dkim.ts'
import type { DmarcDecision } from '../dmarc/decision.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import { splitMessage } from '../message/header-reader.ts'
import { decide } from './decide.ts'
import type { DecisionRules } from './rules.ts'
import { type Evaluation, Inspection } from './inspection.ts'
import { authenticationResultsText, forgedFields } from './results-field.ts'

const { privateKey, publicKey } = generateDkimKey('ed25519')
const record = { TXT: [formatDkimRecord({ type: 'ed25519', publicKey })] }
const now = 1_700_000_000
const zone: Zone = {
  'north.example': { TXT: ['v=spf1 ip4:198.51.100.7 -all'] },
  '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject'] },
  's1._domainkey.forwarder.example': record,
  's1._domainkey.other.example': record,
}
const letter = 'From: ann@north.example\r\nTo: bob@south.example\r\nSubject: x\r\n\r\nHello.\r\n'
const passed = 'dmarc=pass header.from=north.example'

function sealed(text: string, domain = 'forwarder.example', results = passed): string {
  const sealing = sealArc(octetsOf(text), {
    authservId: `mx.${domain}`,
    authenticationResults: results,
    domain,
    selector: 's1',
    privateKey,
    chain: { result: 'pass' },
    now,
  })
  assert.ok(sealing.type === 'sealed')
  return sealing.fields.join('') + text
}

const rules: DecisionRules = {
  trustedForwarders: ['forwarder.example'],
  mailingLists: [],
  allow: [],
  onTemperror: 'defer',
}

async function inspect(
  text: string,
  ip = '203.0.113.9',
): Promise<{ readonly evaluation: Evaluation; readonly decision: DmarcDecision }> {
  const resolver = new MemoryResolver(zone)
  const facts = { ip, helo: 'x', mailFrom: 'ann@north.example', receiver: 'mx', now }
  const resolvers = { spf: resolver, dkim: resolver, arc: resolver, dmarc: resolver }
  const inspection = new Inspection(facts, resolvers)
  const { header, body } = splitMessage(octetsOf(text))
  inspection.header(header)
  inspection.body(body)
  const evaluation = await inspection.finish()
  return { evaluation, decision: decide(evaluation, header, rules) }
}

const cases: readonly (readonly [string, string, DmarcDecision['action'], RegExp])[] = [
  ['no chain', letter, 'refuse', /the ARC result is none/],
  ['a listed forwarder that saw DMARC pass', sealed(letter), 'deliver', /sealed that DMARC passed/],
  [
    'a listed forwarder that says more beside it',
    sealed(letter, 'forwarder.example', `spf=fail; ${passed} (p=reject)`),
    'deliver',
    /sealed that DMARC passed/,
  ],
  [
    'a listed forwarder that does not name the author',
    sealed(letter, 'forwarder.example', 'dmarc=pass'),
    'deliver',
    /sealed that DMARC passed/,
  ],
  [
    'a listed forwarder that saw DMARC fail',
    sealed(letter, 'forwarder.example', 'dmarc=fail header.from=north.example'),
    'refuse',
    /does not say that DMARC passed before/,
  ],
  [
    'a listed forwarder that saw another author',
    sealed(letter, 'forwarder.example', 'dmarc=pass header.from=evil.example'),
    'refuse',
    /does not say that DMARC passed before/,
  ],
  [
    'a listed forwarder that says it in a version of the method that nobody knows',
    sealed(letter, 'forwarder.example', passed.replace('dmarc', 'dmarc/2')),
    'refuse',
    /does not say that DMARC passed before/,
  ],
  [
    'a listed forwarder that says nothing',
    sealed(letter, 'forwarder.example', 'spf=pass'),
    'refuse',
    /does not say that DMARC passed before/,
  ],
  ['somebody else', sealed(letter, 'other.example'), 'refuse', /not among the trusted ones/],
  [
    'somebody else behind a listed forwarder',
    sealed(sealed(letter), 'other.example'),
    'refuse',
    /other\.example is not among the trusted ones/,
  ],
  [
    'a listed forwarder behind somebody else',
    sealed(sealed(letter, 'other.example')),
    'deliver',
    /forwarder\.example sealed/,
  ],
  ['a seal over another body', sealed(letter).replace('Hello', 'Hullo'), 'refuse', /is fail/],
]

for (const [name, text, action, because] of cases) {
  test(`p=reject, sealed by: ${name}`, async () => {
    const { decision } = await inspect(text)
    assert.equal(decision.action, action)
    const considered = decision.considered.find(({ evidence }) => evidence === 'arc')
    assert.match(considered?.because ?? '', because)
    assert.equal(decision.override?.type, action === 'deliver' ? 'trusted_forwarder' : undefined)
  })
}

test('what passes by itself needs no chain, and a broken one does it no harm', async () => {
  const broken = sealed(letter).replace('Hello', 'Hullo')
  const { evaluation, decision } = await inspect(broken, '198.51.100.7')
  assert.deepEqual([evaluation.arc.result, decision.action], ['fail', 'deliver'])
  assert.deepEqual(decision.considered, [])
})

test('Authentication-Results tells of a chain where there is one', async () => {
  const told = async (text: string): Promise<string | undefined> => {
    const { evaluation } = await inspect(text)
    const value = authenticationResultsText(evaluation, 'mx.south.example')
    return value.split('; ').find((one) => one.startsWith('arc='))
  }
  assert.equal(await told(letter), undefined)
  assert.equal(
    await told(sealed(letter)),
    'arc=pass header.oldest-pass=0 smtp.remote-ip=203.0.113.9',
  )
  const changed = sealed(sealed(letter).replace('Hello', 'Hullo'))
  assert.equal(await told(changed), 'arc=pass header.oldest-pass=2 smtp.remote-ip=203.0.113.9')
  assert.equal(
    await told(sealed(letter).replace('Hello', 'Hullo')),
    'arc=fail reason="The body is not the one that was signed: its hash differs from bh=."' +
      ' smtp.remote-ip=203.0.113.9',
  )
})

test('DKIM and ARC share one pass over the body', async () => {
  const { evaluation } = await inspect(sealed(letter))
  const { arc } = evaluation
  assert.ok(arc.result === 'pass')
  const message = arc.sets[0]?.messageSignature
  assert.ok(message?.result === 'pass' && message.body?.hash === 'match')
})

/** The same evaluation with what the sets say replaced, the oldest first. */
async function decideSaying(
  texts: readonly string[],
  trusted = ['forwarder.example'],
): Promise<DmarcDecision> {
  let text = letter
  for (const _ of texts) text = sealed(text)
  const resolver = new MemoryResolver(zone)
  const facts = { ip: '203.0.113.9', helo: 'x', mailFrom: 'ann@north.example', receiver: 'mx', now }
  const inspection = new Inspection(facts, {
    spf: resolver,
    dkim: resolver,
    arc: resolver,
    dmarc: resolver,
  })
  const { header, body } = splitMessage(octetsOf(text))
  inspection.header(header)
  inspection.body(body)
  const evaluation = await inspection.finish()
  const { arc } = evaluation
  assert.ok(arc.result === 'pass')
  const sets = arc.sets.map((set, i) => ({ ...set, results: texts[i] ?? null }))
  return decide({ ...evaluation, arc: { ...arc, sets } }, header, {
    ...rules,
    trustedForwarders: trusted,
  })
}

test('of several sets the newest says whether DMARC passed', async () => {
  const [yes, no] = [`mx.forwarder.example; ${passed}`, 'mx.forwarder.example; dmarc=fail']
  assert.equal((await decideSaying([no, yes])).action, 'deliver')
  assert.equal((await decideSaying([yes, no])).action, 'refuse')
  assert.equal((await decideSaying([yes, 'mx.forwarder.example; spf=pass'])).action, 'refuse')
})

test('a trusted sealer is believed in the version of the field that is known, and in no other', async () => {
  for (const [head, action] of [
    ['mx.forwarder.example', 'deliver'],
    ['mx.forwarder.example 1', 'deliver'],
    ['mx.forwarder.example 2', 'refuse'],
  ] as const) {
    assert.equal((await decideSaying([`${head}; ${passed}`])).action, action, head)
  }
})

test('a forwarder is trusted with all below it, and nobody is trusted for a name below', async () => {
  for (const [trusted, action] of [
    ['forwarder.example', 'deliver'],
    ['example', 'deliver'],
    ['mx.forwarder.example', 'refuse'],
    ['warder.example', 'refuse'],
  ] as const) {
    const decision = await decideSaying([`mx; ${passed}`], [trusted])
    assert.equal(decision.action, action, `a seal of forwarder.example, and trusted is ${trusted}`)
  }
  const resolver = new MemoryResolver({
    ...zone,
    'sub.forwarder.example': { TXT: ['v=spf1 ip4:203.0.113.9 -all'] },
  })
  for (const [trusted, action] of [
    ['sub.forwarder.example', 'deliver'],
    ['forwarder.example', 'deliver'],
    ['deep.sub.forwarder.example', 'refuse'],
  ] as const) {
    const facts = {
      ip: '203.0.113.9',
      helo: 'x',
      mailFrom: 'a@sub.forwarder.example',
      receiver: 'mx',
      now,
    }
    const inspection = new Inspection(facts, {
      spf: resolver,
      dkim: resolver,
      arc: resolver,
      dmarc: resolver,
    })
    const { header, body } = splitMessage(octetsOf(letter))
    inspection.header(header)
    inspection.body(body)
    const decision = decide(await inspection.finish(), header, {
      ...rules,
      trustedForwarders: [trusted],
    })
    assert.equal(decision.action, action, `SPF of sub.forwarder.example, and trusted is ${trusted}`)
  }
})

test('fields that must not stay are named by their place, and all others are left', () => {
  const fields = [
    'Authentication-Results: mx.south.example; dmarc=pass\r\n',
    'Authentication-Results: mx.north.example; dmarc=pass\r\n',
    'Authentication-Results: mx.north.example 2; dmarc=pass\r\n',
    'Return-Path: <x@north.example>\r\n',
    'ARC-Authentication-Results: i=1; mx.south.example; dmarc=pass\r\n',
    'From: ann@north.example\r\n',
  ]
  const text = fields.join('')
  const { header } = splitMessage(octetsOf(`${text}\r\nHello\r\n`))
  const gone = forgedFields(header, 'mx.south.example').map(([from, to]) => text.slice(from, to))
  assert.deepEqual(gone, [fields[0], fields[2], fields[3]])
})

test('past a hundred fields of results none stays, and none of those is read', () => {
  const decent = 'Authentication-Results: mx.north.example; dmarc=pass\r\n'
  const { header } = splitMessage(octetsOf(`${decent.repeat(102)}Return-Path: <>\r\n\r\nHello\r\n`))
  const read = new Map<number, number>()
  const fields = header.fields.map((field, at) =>
    Object.defineProperty({ ...field }, 'raw', {
      get() {
        read.set(at, (read.get(at) ?? 0) + 1)
        return field.raw
      },
    }),
  )
  const gone = forgedFields({ ...header, fields }, 'mx.south.example')
  assert.deepEqual(
    gone.map(([from]) => from / decent.length),
    [100, 101, 102],
  )
  // A Return-Path is never read: only its place is asked for.
  assert.equal(read.get(100), read.get(102))
  assert.equal(read.get(101), read.get(102))
})

test('of a field without a semicolon only the start is read, and it does not stay', () => {
  const costly = `Authentication-Results: ${'\u00c3\u00a9,'.repeat(80_000)}\r\n`
  const { header } = splitMessage(octetsOf(`${costly.repeat(3)}\r\nHello\r\n`))
  assert.equal(forgedFields(header, 'mx.south.example').length, 3)
})
