/** What becomes of a letter when other servers do what they should not. */
import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test, type TestContext } from 'node:test'
import type { Zone } from '../dns/zone-table.ts'
import {
  type Act,
  FakeServer,
  type FakeServerOptions,
  hangUp,
  type Stage,
} from './test-support/fake-server.ts'
import type { TestJourney } from './test-support/replay-all.ts'
import {
  attempts,
  first,
  openSender,
  second,
  type Sender,
  twoExchanges,
} from './test-support/sender.ts'
import { certificateFor } from './test-support/south.ts'

/** A server that does this at one stage, on one connection or on all. */
function at(stage: Stage, act: Act, connection?: number): FakeServerOptions {
  return {
    answer: (here, _line, number) => {
      return here === stage && (connection === undefined || connection === number) ? act : undefined
    },
  }
}

interface Run {
  readonly journey: TestJourney
  readonly servers: readonly FakeServer[]
  readonly dialled: readonly string[]
}

/** Sends one letter to north, whose exchanges are these servers; `undefined` is one that is down. */
function send(
  t: TestContext,
  ...servers: readonly (FakeServerOptions | undefined)[]
): Promise<Run> {
  return sendLetter(t, {}, ...servers)
}

/** The same with a letter of a kind. */
async function sendLetter(
  t: TestContext,
  letter: Parameters<Sender['submit']>[0],
  ...servers: readonly (FakeServerOptions | undefined)[]
): Promise<Run> {
  const { network, submit, settled } = await openSender(t, { zone: twoExchanges })
  const open: FakeServer[] = []
  for (const [index, options] of servers.entries()) {
    if (options === undefined) continue
    const server = await FakeServer.open(t, options)
    open.push(server)
    network.at(index === 0 ? first : second, server.port)
  }
  const journey = await settled(await submit(letter), 1)
  return { journey, servers: open, dialled: network.dialled }
}

function tlsSteps({ record }: TestJourney): readonly (string | undefined)[] {
  return record.steps.flatMap((step) => {
    if (step.type === 'peer-no-tls') return [step.problem]
    return step.type === 'peer-tls' ? ['private'] : []
  })
}

for (const stage of ['banner', 'ehlo', 'mail', 'rcpt', 'data', 'dot'] as const) {
  test(`a code that RFC 5321 does not list ends a letter at ${stage} by its first digit`, async (t) => {
    const servers = [571, 577].map((code) => at(stage, `${code} 5.7.1 Not here`))
    const { journey } = await send(t, ...servers)
    assert.deepEqual([journey.status, attempts(journey)], ['failed', ['failed']])
    assert.match(journey.view.summary, /5\.7\.1 Not here/)
    const later = await send(t, at(stage, '471 4.7.1 Not now'), at(stage, '471 4.7.1 Not now'))
    assert.deepEqual([later.journey.status, attempts(later.journey)], ['deferred', ['deferred']])
    assert.match(later.journey.view.summary, /4\.7\.1 Not now/)
  })
}

test('a reply with several codes or an LF in it ends a letter by its worst code, in its words', async (t) => {
  for (const reply of [
    '250-2.1.5 well\r\n550-5.1.1 nobody\r\n250 here',
    '550 5.1.1 nobody\nhere',
    '550-5.1.1 nobody\n550 5.1.1 here',
  ]) {
    const { journey } = await send(t, at('rcpt', reply))
    assert.equal(journey.status, 'failed')
    assert.match(journey.view.summary, /5\.1\.1 .*nobody.*here/)
  }
})

const tlsFaults: readonly (readonly [
  what: string,
  options: (tls: NonNullable<FakeServerOptions['tls']>) => FakeServerOptions,
  problem: RegExp,
])[] = [
  [
    'hangs up instead of answering STARTTLS',
    (tls) => ({ tls, ...at('starttls', hangUp, 1) }),
    /^TLS was offered and failed: the server hung up instead of answering to STARTTLS$/,
  ],
  [
    'says 421 to STARTTLS',
    (tls) => ({ tls, ...at('starttls', '421 4.3.2 bye', 1) }),
    /^TLS was offered and failed: STARTTLS was refused with "421 4\.3\.2 bye"$/,
  ],
  [
    'says 454 to STARTTLS',
    (tls) => ({ tls, ...at('starttls', '454 4.7.0 no TLS today', 1) }),
    /^TLS was offered and failed: STARTTLS was refused with "454 4\.7\.0 no TLS today"$/,
  ],
  [
    'answers STARTTLS with nonsense',
    (tls) => ({ tls, ...at('starttls', 'what?', 1) }),
    /^TLS was offered and failed: the server answered with nonsense to STARTTLS$/,
  ],
  [
    'has no TLS behind STARTTLS',
    () => ({ tls: 'broken' }),
    /^TLS was offered and failed: the other side answered with something that is not TLS$/,
  ],
  [
    'hangs up right behind the handshake',
    (tls) => {
      let hellos = 0
      const answer = (stage: Stage, _line: string, connection: number): Act | undefined => {
        return stage === 'ehlo' && connection === 1 && ++hellos === 2 ? hangUp : undefined
      }
      return { tls, answer }
    },
    /^TLS was offered and failed: the handshake was done, and then the server hung up instead of answering to EHLO/,
  ],
]

for (const [what, options, problem] of tlsFaults) {
  test(`a server that ${what} gets the letter in clear text, in the same attempt`, async (t) => {
    const tls = await certificateFor(['mx.north.example'])
    const { journey, servers } = await send(t, options(tls))
    assert.deepEqual([journey.status, attempts(journey)], ['delivered', ['delivered']])
    assert.deepEqual(
      servers[0]?.letters.map((letter) => letter.tls),
      [false],
    )
    const steps = tlsSteps(journey)
    assert.equal(steps.length, 1)
    assert.match(steps[0] ?? '', problem)
    const told = journey.view.steps.find(({ id }) => id === 'dial.tls')
    assert.match(told?.answer ?? '', /^No, it goes in clear text/)
  })
}

for (const [words, stage] of [
  ['530 5.7.0 Must issue a STARTTLS command first', 'mail'],
  ['550 5.7.10 Encryption needed', 'rcpt'],
] as const) {
  test(`"${words}" after a TLS that failed puts the letter off, and ends it where none was offered`, async (t) => {
    const insists = at(stage, words)
    const broken = await send(t, { tls: 'broken', ...insists })
    assert.deepEqual([broken.journey.status, attempts(broken.journey)], ['deferred', ['deferred']])
    assert.match(broken.journey.view.summary, /takes no mail without TLS, which it offered/)
    assert.ok(broken.journey.view.summary.endsWith(words))
    // Refused for now, on the same connection.
    const refused: FakeServerOptions = {
      tls: 'broken',
      answer: (here) =>
        here === 'starttls' ? '454 4.7.0 no TLS today' : here === stage ? words : undefined,
    }
    assert.equal((await send(t, refused)).journey.status, 'deferred')
    // Another exchange may have its TLS in order.
    const both = await send(t, { tls: 'broken', ...insists }, {})
    assert.deepEqual([both.journey.status, both.servers[1]?.letters.length], ['delivered', 1])
    assert.equal((await send(t, insists)).journey.status, 'failed')
  })
}

test('an exchange that cannot take such a letter is followed by one that can', async (t) => {
  const plain: FakeServerOptions = {
    answer: (stage) => (stage === 'ehlo' ? '250-fake.example\r\n250 PIPELINING' : undefined),
  }
  // What is signed must not be converted.
  const eightBit = {
    header: 'Content-Type: multipart/signed; boundary=x\n',
    text: '--x\n\nK\xe1va\n--x--',
  }
  const able = await sendLetter(t, eightBit, plain, {})
  assert.deepEqual([able.journey.status, able.servers[1]?.letters.length], ['delivered', 1])
  // Where there is none, or none that talks, the letter has failed, and at once.
  for (const others of [[], [plain], [at('banner', '421 4.3.2 busy')]]) {
    const { journey, dialled } = await sendLetter(t, eightBit, plain, ...others)
    assert.deepEqual([journey.status, attempts(journey)], ['failed', ['failed']])
    assert.match(journey.view.summary, /the server does not offer 8BITMIME/)
    assert.equal(dialled.length, 2)
  }
})

test('who refuses our address for its missing name is followed by the next address', async (t) => {
  const words = '550 5.7.25 [2001:db8::25] has no PTR record'
  for (const stage of ['mail', 'rcpt', 'dot'] as const) {
    const { journey, servers } = await send(t, at(stage, words), {})
    assert.deepEqual([journey.status, servers[1]?.letters.length], ['delivered', 1])
    const alone = await send(t, at(stage, words))
    assert.deepEqual([alone.journey.status, attempts(alone.journey)], ['failed', ['failed']])
    assert.ok(alone.journey.view.summary.endsWith(words))
  }
})

test('a server that has TLS gets the letter over it, one without is said not to offer it', async (t) => {
  const tls = await certificateFor(['mx.north.example'])
  assert.deepEqual(tlsSteps((await send(t, { tls })).journey), ['private'])
  assert.deepEqual(tlsSteps((await send(t, {})).journey), ['TLS was not offered'])
})

test('a refused EHLO is the answer, unless the server does not know the command', async (t) => {
  const listed = '554 5.7.1 your address is listed'
  const answer = (stage: Stage, line: string): Act | undefined => {
    if (stage !== 'ehlo') return undefined
    return line.startsWith('EHLO') ? listed : hangUp
  }
  const { journey, servers } = await send(t, { answer }, { answer })
  assert.equal(journey.status, 'failed')
  assert.match(journey.view.summary, /your address is listed/)
  assert.ok(servers[0]?.lines.every((line) => !line.startsWith('HELO')))
  for (const code of [500, 502, 504]) {
    const old = (stage: Stage, line: string): Act | undefined => {
      return stage === 'ehlo' && line.startsWith('EHLO') ? `${code} what?` : undefined
    }
    assert.equal((await send(t, { answer: old })).journey.status, 'delivered')
  }
})

for (const [what, bad] of [
  ['is down', undefined],
  ['says 421', at('banner', '421 busy')],
  ['hangs up at RCPT', at('rcpt', hangUp)],
] as const) {
  test(`the first exchange ${what} and the backup refuses to talk: the letter waits`, async (t) => {
    const { journey } = await send(t, bad, at('banner', '554 5.3.2 no mail here'))
    assert.equal(journey.status, 'deferred')
    const [attempt] = journey.record.steps.filter((step) => step.type === 'attempt')
    assert.match(JSON.stringify(attempt?.conversation), /no mail here/)
  })
}

test('the second exchange gets what the first did not hear, and its word counts', async (t) => {
  const no = at('rcpt', '550 5.1.1 nobody')
  const { journey, dialled } = await send(t, at('mail', hangUp), no)
  assert.deepEqual([journey.status, dialled], ['failed', [first, second]])
  const taken = await send(t, at('mail', hangUp), {})
  assert.equal(taken.journey.status, 'delivered')
  const refused = await send(t, at('rcpt', '450 4.2.1 later'), {})
  // What the first has said of the recipient is not asked of another.
  assert.deepEqual([refused.journey.status, refused.dialled], ['deferred', [first]])
})

test('fifty batches for servers that take one letter a connection and say 421 all end', async (t) => {
  const domains = Array.from({ length: 50 }, (_, n) => `d${n}.example`)
  const zone: Zone = Object.fromEntries(domains.map((name) => [name, { A: [first] }]))
  const { south, network, submit } = await openSender(t, { zone })
  const letters = new Map<number, number>()
  const server = await FakeServer.open(t, {
    answer: (stage, _line, connection) => {
      const taken = letters.get(connection) ?? 0
      if (stage === 'dot') letters.set(connection, taken + 1)
      return stage === 'mail' && taken > 0 ? '421 4.7.0 one letter a connection' : undefined
    },
  })
  network.at(first, server.port)
  for (let n = 0; n < 4; n++) await submit({ to: domains.map((domain) => `a@${domain}`) })
  await south.when(async () => ((await south.store.counts()).queued === 0 ? true : undefined))
  assert.equal(server.letters.length, 200)
  assert.deepEqual(south.reported, [])
})

test('a letter is delivered over IPv6, and over IPv4 when IPv6 does not work', {
  skip: Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  )
    ? false
    : 'this machine has no IPv6 loopback',
}, async (t) => {
  const zone = {
    'north.example': { MX: ['10 mx.north.example'] },
    'mx.north.example': { A: [first], AAAA: ['2001:db8::10'] },
  }
  const { network, submit, settled } = await openSender(t, { zone })
  const six = await FakeServer.open(t, {}, '::1')
  network.at('2001:db8::10', six.port, '::1')
  const journey = await settled(await submit(), 1)
  assert.deepEqual([journey.status, network.dialled], ['delivered', ['2001:db8::10']])
  await six.close()
  const four = await FakeServer.open(t)
  network.at(first, four.port)
  const other = await settled(await submit(), 1)
  assert.equal(other.status, 'delivered')
  assert.deepEqual(network.dialled.slice(1), ['2001:db8::10', first])
})

test('a clock that jumps ahead gives every letter an attempt before it is given up', async (t) => {
  const { south, network, submit, settled } = await openSender(t)
  const id = await submit()
  assert.equal((await settled(id, 1)).status, 'deferred')
  const north = await FakeServer.open(t)
  network.at(first, north.port)
  south.clock.advance(30 * 86_400_000)
  south.site.wakeQueue()
  assert.equal((await settled(id, 2)).status, 'delivered')
})
