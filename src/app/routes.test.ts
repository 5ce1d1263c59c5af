import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NamedWay, Way } from '../deliver/way.ts'
import { exchangeWay } from '../deliver/way.ts'
import type { NextHop } from '../route/next-hop.ts'
import { SettingsWays } from './named-ways.ts'
import { FakeServer, type FakeServerOptions } from './test-support/fake-server.ts'
import { attempts, first, openSender, reportIn } from './test-support/sender.ts'
import { certificateFor } from './test-support/south.ts'

const login = { username: 'u', password: 'geheim', authorizationId: '', allowClearText: false }
const relay = '10.0.0.7'

/** Only the relay has a name: whoever asks for an MX finds nothing. */
const zone = { 'relay.example': { A: [relay] } }

function wayTo(host: string, way: Partial<Way> = {}): NamedWay {
  const full: Way = { ...exchangeWay, port: 587, ...way }
  const hop: NextHop = { host, port: full.port, protocol: full.protocol }
  return { hop, way: full }
}

function waysTo(value: NamedWay, patterns: readonly string[] = ['*']): SettingsWays {
  return new SettingsWays([{ patterns, value }])
}

/** A smart host that wants a login. */
async function smartHost(
  certificateName = 'relay.example',
): Promise<Pick<FakeServerOptions, 'tls' | 'keywords'>> {
  return { tls: await certificateFor([certificateName]), keywords: ['AUTH PLAIN LOGIN'] }
}

test('all mail goes over a smart host, with a login behind verified TLS', async (t) => {
  const ways = waysTo(wayTo('relay.example', { need: 'verified', login }))
  const { network, submit, settled } = await openSender(t, { zone, ways })
  const server = await FakeServer.open(t, await smartHost())
  network.at(relay, server.port)
  const to = ['a@one.example', 'b@two.example', 'c@[192.0.2.1]']
  const journey = await settled(await submit({ to }), 3)
  assert.deepEqual(attempts(journey), ['delivered', 'delivered', 'delivered'])
  assert.deepEqual(server.letters.flatMap(({ rcpt }) => rcpt).toSorted(), [
    'RCPT TO:<a@one.example>',
    'RCPT TO:<b@two.example>',
    'RCPT TO:<c@[192.0.2.1]>',
  ])
  assert.ok(server.letters.every((letter) => letter.tls))
  const plain = Buffer.from('\0u\0geheim').toString('base64')
  assert.ok(server.lines.includes(`AUTH PLAIN ${plain}`))
  const routes = journey.record.steps.filter((step) => step.type === 'route')
  for (const { hop, route } of routes) {
    assert.deepEqual(hop, { host: 'relay.example', port: 587, protocol: 'smtp' })
    assert.ok(route.type === 'targets' && route.via === 'next-hop')
  }
  // Nothing of the password is written down.
  assert.ok(!JSON.stringify(journey.record).includes(plain))
})

test('a smart host whose certificate does not hold gets neither mail nor password', async (t) => {
  const ways = waysTo(wayTo('relay.example', { need: 'verified', login }))
  const { network, submit, settled } = await openSender(t, { zone, ways })
  const server = await FakeServer.open(t, await smartHost('other.example'))
  network.at(relay, server.port)
  const journey = await settled(await submit(), 1)
  assert.deepEqual(attempts(journey), ['deferred'])
  assert.match(journey.view.summary, /certificate does not hold \(ERR_TLS_CERT_ALTNAME_INVALID\)/)
  assert.ok(server.lines.every((line) => !/^(AUTH|MAIL)/.test(line)))
})

test('a login that is refused waits, whatever the code: it says nothing of the letter', async (t) => {
  const ways = waysTo(wayTo('relay.example', { need: 'verified', login }))
  const { network, submit, settled, goOn } = await openSender(t, { zone, ways })
  let refuse = true
  const server = await FakeServer.open(t, {
    ...(await smartHost()),
    answer: (stage) => (refuse && stage === 'auth' ? '535 5.7.8 wrong' : undefined),
  })
  network.at(relay, server.port)
  const id = await submit()
  assert.deepEqual(attempts(await settled(id, 1)), ['deferred'])
  refuse = false
  // The password is another now, as after SIGHUP.
  ways.replace([
    {
      patterns: ['*'],
      value: wayTo('relay.example', { need: 'verified', login: { ...login, password: 'neu' } }),
    },
  ])
  await goOn()
  assert.deepEqual(attempts(await settled(id, 2)), ['deferred', 'delivered'])
  const plain = Buffer.from('\0u\0neu').toString('base64')
  assert.ok(server.lines.includes(`AUTH PLAIN ${plain}`))
})

test('a next hop whose name leads nowhere is no fault of the letter, which waits', async (t) => {
  const ways = waysTo(wayTo('gone.example'))
  const { network, submit, settled } = await openSender(t, { zone, ways })
  const journey = await settled(await submit(), 1)
  assert.equal(journey.status, 'deferred')
  assert.match(
    journey.view.summary,
    /gone\.example:587 as next hop, and gone\.example does not exist/,
  )
  assert.deepEqual(network.dialled, [])
})

test('only the destinations that are named go there, the others where DNS says', async (t) => {
  const ways = waysTo(wayTo('relay.example'), ['*.corp.example'])
  const { network, submit, settled } = await openSender(t, {
    zone: {
      ...zone,
      'north.example': { MX: ['10 mx.north.example'] },
      'mx.north.example': { A: [first] },
    },
    ways,
  })
  const [inner, outer] = [await FakeServer.open(t), await FakeServer.open(t)]
  network.at(relay, inner.port)
  network.at(first, outer.port)
  const to = ['x@north.example', 'y@sales.corp.example']
  await settled(await submit({ to }), 2)
  assert.deepEqual(inner.letters[0]?.rcpt, ['RCPT TO:<y@sales.corp.example>'])
  assert.deepEqual(outer.letters[0]?.rcpt, ['RCPT TO:<x@north.example>'])
})

test('a program that is down keeps none of the others on its host waiting', async (t) => {
  const down = { patterns: ['down.example'], value: wayTo('relay.example', { port: 9 }) }
  const box = wayTo('relay.example', { port: 24, protocol: 'lmtp', tls: 'none' })
  const ways = new SettingsWays([down, { patterns: ['box.example'], value: box }])
  const { network, submit, settled } = await openSender(t, { zone, ways })
  const boxes = await FakeServer.open(t, { lmtp: true })
  const waiting = await settled(await submit({ to: ['a@down.example'] }), 1)
  assert.equal(waiting.status, 'deferred')
  network.at(relay, boxes.port)
  const taken = await settled(await submit({ to: ['b@box.example'] }), 1)
  assert.equal(taken.status, 'delivered')
  assert.equal(boxes.letters.length, 1)
})

test('over LMTP each recipient has an answer: one taken, one full, one refused', async (t) => {
  const ways = waysTo(wayTo('relay.example', { protocol: 'lmtp', port: 24 }))
  const { south, network, submit, settled, goOn } = await openSender(t, { zone, ways })
  let full = true
  const server = await FakeServer.open(t, {
    lmtp: true,
    answer: (stage, line) => {
      if (stage !== 'dot') return undefined
      if (line.includes('full@') && full) return '452 4.2.2 over quota'
      return line.includes('gone@') ? '550 5.2.1 mailbox disabled' : undefined
    },
  })
  network.at(relay, server.port)
  const to = ['good@north.example', 'full@north.example', 'gone@north.example']
  const id = await submit({ to })
  const once = await settled(id, 3)
  assert.deepEqual(attempts(once), ['delivered', 'deferred', 'failed'])
  const report = await reportIn(south)
  assert.ok(report.type === 'dsn')
  assert.deepEqual(
    report.recipients.map(({ finalRecipient, status }) => [finalRecipient, status]),
    [['gone@north.example', '5.2.1']],
  )
  full = false
  await goOn()
  const again = await settled(id, 4)
  assert.deepEqual(attempts(again).at(-1), 'delivered')
  assert.deepEqual(
    server.letters.map(({ rcpt }) => rcpt),
    [['RCPT TO:<good@north.example>'], ['RCPT TO:<full@north.example>']],
  )
  assert.ok(server.lines.includes('LHLO mx.south.example'))
})

for (const [protocol, action] of [
  ['lmtp', 'delivered'],
  ['smtp', 'relayed'],
] as const) {
  test(`success over ${protocol} is told as ${action} (RFC 3461 §5.2.2, §5.2.3)`, async (t) => {
    const ways = waysTo(wayTo('relay.example', { protocol, port: 24 }))
    const { south, network, submit, settled } = await openSender(t, { zone, ways })
    const server = await FakeServer.open(t, { lmtp: protocol === 'lmtp' })
    network.at(relay, server.port)
    await settled(await submit({ wishes: ' NOTIFY=SUCCESS' }), 1)
    const report = await reportIn(south)
    assert.ok(report.type === 'dsn')
    assert.deepEqual(
      report.recipients.map((one) => [one.action, one.status, one.remoteMta]),
      [[action, '2.0.0', 'relay.example']],
    )
  })
}

test('a server that speaks SMTP where LMTP was written keeps the letter waiting', async (t) => {
  const ways = waysTo(wayTo('relay.example', { protocol: 'lmtp', port: 24 }))
  const { network, submit, settled } = await openSender(t, { zone, ways })
  const server = await FakeServer.open(t)
  network.at(relay, server.port)
  const journey = await settled(await submit(), 1)
  assert.deepEqual(attempts(journey), ['deferred'])
  assert.match(journey.view.summary, /refused LHLO/)
})
