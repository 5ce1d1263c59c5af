import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { parseDnsOverride } from '../dns/dns-override.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import type { TransportRules } from '../transport/transport.ts'
import { FakeServer, type FakeServerOptions } from './test-support/fake-server.ts'
import type { TestJourney } from './test-support/replay-all.ts'
import { attempts, first, openSender, reportIn, type Sender } from './test-support/sender.ts'
import { storedText } from './test-support/test-site.ts'
import { certificateFor, receiver as user } from './test-support/south.ts'

const host = 'mx.north.example'
const record = `_25._tcp.${host}`
const rules: TransportRules = {
  dane: true,
  mtaSts: true,
  least: 'opportunistic',
  memory: 'note',
}

async function tlsaOf(names: readonly [string, ...string[]]): Promise<{
  readonly tls: Awaited<ReturnType<typeof certificateFor>>
  readonly tlsa: string
}> {
  const tls = await certificateFor(names)
  const spki = new X509Certificate(tls.certificate).publicKey.export({
    type: 'spki',
    format: 'der',
  })
  return { tls, tlsa: `3 1 1 ${createHash('sha256').update(spki).digest('hex')}` }
}

/** South, and north with a zone that is proved. */
async function world(
  t: TestContext,
  server: FakeServerOptions,
  {
    tlsa,
    secure = true,
    ...changes
  }: { readonly tlsa?: string; readonly secure?: boolean } & Partial<TransportRules> = {},
): Promise<Sender & { readonly north: FakeServer }> {
  const zone: Zone = {
    'north.example': { MX: [`10 ${host}`] },
    [host]: { A: [first] },
    ...(tlsa === undefined ? {} : { [record]: { TLSA: [tlsa] } }),
  }
  const resolver = new MemoryResolver(zone, { dnssec: secure ? 'secure' : 'insecure' })
  const transport = (): TransportRules => ({ ...rules, ...changes })
  const sender = await openSender(t, { resolver, transport })
  const north = await FakeServer.open(t, server)
  sender.network.at(first, north.port)
  return { ...sender, north }
}

/** The sentences about TLS. */
function told({ view }: TestJourney): readonly string[] {
  return view.steps.flatMap(({ id, answer }) => {
    return id === 'transport' || id === 'dial.tls' ? [answer] : []
  })
}

test('TLSA records that fit are told, and a replay with others comes to something else', async (t) => {
  // The name is another, and the authority unknown: the record says all that counts.
  const { tls, tlsa } = await tlsaOf(['elsewhere.example'])
  const { submit, settled, north } = await world(t, { tls }, { tlsa })
  const journey = await settled(await submit(), 1)
  assert.equal(journey.status, 'delivered')
  assert.equal(north.letters[0]?.tls, true)
  assert.match(told(journey)[0] ?? '', /TLSA records are about \(DANE\)/)
  assert.match(told(journey)[1] ?? '', /as its TLSA record says \(3 1 1/)
  const same = await journey.replay()
  assert.ok(same.type === 'replayed')
  assert.deepEqual([same.firstDifference, same.missing], [undefined, []])
  for (const [text, demand] of [
    [`${record} TLSA 1 1 1 ${'ab'.repeat(32)}`, 'encrypted'],
    [`${record} TLSA NODATA`, 'opportunistic'],
    [`${record} TLSA SERVFAIL`, 'skip'],
  ] as const) {
    const override = parseDnsOverride(text)
    assert.ok(override.ok)
    const other = await journey.replay({ dns: [override.value] })
    assert.ok(other.type === 'replayed')
    const step = other.steps.find(({ type }) => type === 'transport')
    assert.ok(step?.now.type === 'transport' && step.now.transport.result !== 'no-route')
    assert.equal(step.now.transport.hosts[0]?.demand.type, demand, text)
    assert.equal(other.firstDifference, 'transport')
    assert.deepEqual(other.unused, [])
  }
})

test('TLSA records that do not fit keep the letter back, and nothing goes in clear text', async (t) => {
  const { tls } = await tlsaOf([host])
  const wrong = `3 1 1 ${'ab'.repeat(32)}`
  const { submit, settled, north, goOn } = await world(t, { tls }, { tlsa: wrong })
  const id = await submit()
  const journey = await settled(id, 1)
  assert.equal(journey.status, 'deferred')
  assert.match(told(journey)[1] ?? '', /^No, and nothing was sent/)
  await goOn()
  assert.deepEqual(attempts(await settled(id, 2)), ['deferred', 'deferred'])
  assert.deepEqual(north.letters, [])
  assert.ok(!north.lines.some((line) => line.startsWith('MAIL')))
})

test('where DNSSEC proves nothing TLSA records are none', async (t) => {
  const { tls } = await tlsaOf([host])
  const wrong = `3 1 1 ${'ab'.repeat(32)}`
  const { submit, settled } = await world(t, { tls }, { tlsa: wrong, secure: false })
  const journey = await settled(await submit(), 1)
  assert.equal(journey.status, 'delivered')
  assert.match(told(journey)[0] ?? '', /nobody asks for more/)
})

test('settings demand TLS, and a certificate with the name', async (t) => {
  const good = await certificateFor([host])
  const other = await certificateFor(['elsewhere.example'])
  for (const [least, tls, status] of [
    ['encrypted', other, 'delivered'],
    ['encrypted', undefined, 'deferred'],
    ['verified', good, 'delivered'],
    ['verified', other, 'deferred'],
    ['verified', 'broken', 'deferred'],
  ] as const) {
    const server = tls === undefined ? {} : { tls }
    const { submit, settled, north } = await world(t, server, { least })
    assert.equal((await settled(await submit(), 1)).status, status, least)
    assert.equal(north.letters.length, status === 'delivered' ? 1 : 0)
  }
})

test('what settings demand from now on holds for the next letter', async (t) => {
  const { south, submit, settled } = await world(t, {})
  assert.equal((await settled(await submit(), 1)).status, 'delivered')
  await south.site.use({ transport: () => ({ ...rules, least: 'encrypted' }) })
  // The connection of the first letter may still be there.
  south.clock.advance(60_000)
  assert.equal((await settled(await submit(), 1)).status, 'deferred')
})

test('a server that had TLS before and has none now is told, or refused', async (t) => {
  const tls = await certificateFor([host])
  for (const memory of ['note', 'refuse'] as const) {
    const { south, network, submit, settled } = await world(t, { tls }, { memory })
    assert.equal((await settled(await submit(), 1)).status, 'delivered')
    await south.when(async () => {
      return south.store.register.find('tls-memory', host, south.clock.now())
    })
    const plain = await FakeServer.open(t)
    network.at(first, plain.port)
    // The connection of the first letter may still be there.
    south.clock.advance(60_000)
    const journey = await settled(await submit(), 1)
    assert.equal(journey.status, memory === 'note' ? 'delivered' : 'deferred')
    assert.match(told(journey).join(' '), /It had TLS with a certificate that was trusted before/)
  }
})

test('a letter that requires TLS goes on with REQUIRETLS, or comes back with its header alone', async (t) => {
  const { tls, tlsa } = await tlsaOf([host])
  const parameters = ' REQUIRETLS RET=FULL'
  const promising = await world(t, { tls, keywords: ['REQUIRETLS'] }, { tlsa })
  const taken = await promising.settled(await promising.submit({ parameters }), 1)
  assert.equal(taken.status, 'delivered')
  assert.match(promising.north.letters[0]?.mail ?? '', / REQUIRETLS/)
  const other = await world(t, { tls }, { tlsa })
  const id = await other.submit({ parameters, text: 'A secret of the body' })
  assert.equal((await other.settled(id, 1)).status, 'failed')
  assert.deepEqual(other.north.letters, [])
  const report = await reportIn(other.south)
  assert.ok(report.type === 'dsn')
  assert.equal(report.recipients[0]?.status, '5.7.30')
  const [row] = await other.south.store.mailboxes.items({ account: user })
  const text = await storedText(other.south.store, row?.messageId ?? '')
  assert.match(text, /^Subject: x/m)
  assert.doesNotMatch(text, /A secret of the body/)
})

test('without a proof of the name a letter that requires TLS is given up', async (t) => {
  const tls = await certificateFor([host])
  const { submit, settled, north } = await world(
    t,
    { tls, keywords: ['REQUIRETLS'] },
    { secure: false },
  )
  const journey = await settled(await submit({ parameters: ' REQUIRETLS' }), 1)
  assert.equal(journey.status, 'failed')
  assert.equal(north.connections, 0)
})
