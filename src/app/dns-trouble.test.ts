import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { LogLine } from '../base/log.ts'
import { CachingResolver } from '../dns/caching-resolver.ts'
import { systemClock } from '../io/clock.ts'
import { type DnsFault, type DnsServer, openDnsServer } from '../io/dns-server.ts'
import { StubResolver } from '../io/stub-resolver.ts'
import type { StubOptions } from '../io/stub-options.ts'
import { LabClock } from '../lab/clock.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, type TestSite, type TestSiteOptions } from './test-support/test-site.ts'
import { TestNetwork } from './test-support/test-network.ts'
import { northZone, password, receiver } from './test-support/south.ts'

const letter = {
  from: 'sender@north.example',
  to: receiver,
  message: 'From: sender@north.example\nSubject: x\n\nHello\n',
}

/** A server whose DNS is asked over real packets, and whose clock can be set ahead. */
async function openWithDns(
  t: TestContext,
  options: TestSiteOptions = {},
  stubOptions: Partial<StubOptions> = {},
): Promise<{ readonly south: TestSite; readonly dns: DnsServer; readonly hurry: Hurry }> {
  const clock = new LabClock(systemClock)
  const dns = await openDnsServer({ port: 0, clock, zones: { '': northZone } })
  t.after(() => dns.close())
  const stub = new StubResolver({ servers: [dns.endpoint], clock, ...stubOptions })
  const resolver = new CachingResolver(stub, { now: () => clock.monotonicMs() })
  const south = await openTestSite(t, { clock, resolver, ...options })
  return {
    south,
    dns,
    /** Sets the clock ahead until the work is done: what waits for DNS need not wait for long. */
    async hurry(work) {
      for (let done = false; !done; ) {
        clock.advance(500)
        done = await Promise.race([work.then(() => true), nextTurn()])
      }
      return work
    },
  }
}

type Hurry = <T>(work: Promise<T>) => Promise<T>

function nextTurn(): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), 1)
  })
}

/** What becomes of a letter whose sender's SPF record cannot be asked as it should. */
const spfFaults: readonly (readonly [DnsFault, string])[] = [
  [{ type: 'truncated' }, 'fail'],
  [{ type: 'forged' }, 'fail'],
  [{ type: 'delayed', delayMs: 1200 }, 'fail'],
  [{ type: 'servfail' }, 'temperror'],
  [{ type: 'refused' }, 'temperror'],
  [{ type: 'garbage' }, 'temperror'],
  [{ type: 'silent' }, 'temperror'],
  [{ type: 'wrong-type' }, 'temperror'],
]

for (const [fault, spf] of spfFaults) {
  test(`with a DNS answer that is ${fault.type}, SPF is ${spf} and the letter has its answer`, async (t) => {
    const { south, dns, hurry } = await openWithDns(t)
    dns.setFault('north.example', fault)
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    const said = await hurry(talk.letter(letter))
    const { record } = await journeyIn(south.store, referenceIn(said))
    const verdict = record.steps.find((step) => step.type === 'spf')?.verdict
    assert.equal(verdict?.result, spf)
    // p=reject and nothing that vouches: refused, unless SPF might have vouched.
    assert.equal(said.code, spf === 'temperror' ? 250 : 550)
    assert.deepEqual(south.reported, [])
  })
}

for (const type of ['servfail', 'refused', 'silent', 'garbage'] as const) {
  test(`with all of DNS ${type}, letters are taken, or put off when the house wants to be sure`, async (t) => {
    for (const onTemperror of ['deliver', 'defer'] as const) {
      const { south, dns, hurry } = await openWithDns(t, { rules: { onTemperror } })
      dns.setFault('*', { type })
      const talk = await SmtpTalk.greeted(south.ports.smtp)
      const signed = `DKIM-Signature: v=1; a=ed25519-sha256; d=north.example; s=x; h=from; bh=MzM=; b=MzM=\n${letter.message}`
      const said = await hurry(talk.letter({ ...letter, message: signed }))
      // A resolver that says nothing at all is our own trouble, whatever the setting says of others'.
      const taken = onTemperror === 'deliver' && type !== 'silent'
      assert.equal(said.code, taken ? 250 : 451)
      const { status } = await journeyIn(south.store, referenceIn(said))
      assert.equal(status, taken ? 'delivered' : 'deferred')
      dns.setFault('*')
      // What could not be asked is asked again: failures are not kept for long.
      if (type !== 'silent') south.clock.advance(60_000)
      assert.equal((await talk.letter(letter)).code, 550)
    }
  })
}

test('when no resolver answers letters wait, the log says so once, and it is believed at once again', async (t) => {
  const logged: LogLine[] = []
  const { south, dns, hurry } = await openWithDns(t, {}, { log: (line) => logged.push(line) })
  dns.setFault('*', { type: 'silent' })
  for (let n = 0; n < 3; n++) {
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    const said = await hurry(talk.letter(letter))
    assert.equal(said.code, 451)
    const { record, view } = await journeyIn(south.store, referenceIn(said))
    const step = record.steps.find((one) => one.type === 'decision')
    assert.equal(step?.decision.because, 'no DNS server answers, so nothing can be told yet')
    const policy = view.steps.find(({ id }) => id === 'dmarc')
    assert.equal(policy?.evidence[0]?.rcode, 'NO-RESOLVER')
  }
  assert.deepEqual(
    logged.map(({ event }) => event),
    ['dns-down'],
  )
  dns.setFault('*')
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  assert.equal((await talk.letter(letter)).code, 550)
  assert.deepEqual(
    logged.map(({ event }) => event),
    ['dns-down', 'dns-up'],
  )
})

test('strangers whose names never answer take no place from others, and get nothing in by it', async (t) => {
  const { south, dns, hurry } = await openWithDns(t, {}, { maxInFlight: 16, maxPerClient: 4 })
  for (let n = 0; n < 40; n++) dns.setFault(`n${n}.attack.test`, { type: 'silent' })
  // One client: many letters whose names nobody serves.
  const attack = Array.from({ length: 40 }, async (_, n) => {
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    await talk.say(`MAIL FROM:<x@n${n}.attack.test>`, 250)
    await talk.say(`RCPT TO:<${receiver}>`, 250)
    return talk
  })
  const talks = await Promise.all(attack)
  const { port } = await south.site.listen({
    kind: 'smtp',
    address: '127.0.0.1',
    port: 0,
    clientIp: '203.0.113.77',
  })
  const forger = await SmtpTalk.greeted(port)
  // No time passes: its questions do not wait for those of the others.
  assert.equal((await forger.letter(letter)).code, 550)
  // Who took all its own places gets no forgery in by that.
  const own = await SmtpTalk.greeted(south.ports.smtp)
  const said = await hurry(own.letter({ ...letter, from: 'x@n39.attack.test' }))
  assert.ok(said.code === 451 || said.code === 550, String(said.code))
  for (const talk of talks) talk.destroy()
})

test('a letter whose questions found no place waits', async (t) => {
  const { south, dns, hurry } = await openWithDns(t, {}, { maxInFlight: 8, maxPerClient: 1 })
  dns.setFault('n.attack.test', { type: 'silent' })
  const holder = await SmtpTalk.greeted(south.ports.smtp)
  await holder.say('MAIL FROM:<x@n.attack.test>', 250)
  await holder.say(`RCPT TO:<${receiver}>`, 250)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const said = await hurry(talk.letter(letter))
  assert.equal(said.code, 451)
  const { record } = await journeyIn(south.store, referenceIn(said))
  const step = record.steps.find((one) => one.type === 'decision')
  assert.deepEqual(step?.decision.noticed, [
    {
      finding: 'dns-outage',
      action: 'defer',
      because: 'too many questions to DNS are open, so nothing can be told yet',
    },
  ])
  holder.destroy()
})

/** A letter that south's user sends to north; `status` waits until it has come to that. */
async function submitted(
  south: TestSite,
  hurry: Hurry,
): Promise<{ readonly id: string; readonly status: (wanted: string) => Promise<true> }> {
  const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await hurry(talk.login(receiver, password, 235))
  const message = letter.message.replace('sender@north.example', receiver)
  const said = await hurry(talk.letter({ from: receiver, to: 'someone@north.example', message }))
  const id = referenceIn(said)
  const isSo = async (wanted: string): Promise<true | undefined> => {
    return (await journeyIn(south.store, id)).status === wanted ? true : undefined
  }
  return { id, status: (wanted) => south.when(() => isSo(wanted)) }
}

for (const type of ['servfail', 'silent', 'garbage'] as const) {
  test(`a letter whose destination’s DNS is ${type} waits, and goes when DNS answers again`, async (t) => {
    const network = new TestNetwork()
    const { south, dns, hurry } = await openWithDns(t, { dialer: network })
    const north = await FakeServer.open(t)
    network.at('192.0.2.10', north.port)
    dns.setFault('north.example', { type })
    const { id, status } = await submitted(south, hurry)
    await hurry(status('deferred'))
    const told = (await journeyIn(south.store, id)).view.steps.find(
      (step) => step.id === 'route.mx',
    )
    assert.equal(told?.verdict, 'unknown')
    dns.setFault('north.example')
    south.clock.advance(10 * 60_000)
    south.site.wakeQueue()
    await status('delivered')
    assert.equal(north.letters.length, 1)
  })
}

test('a letter goes to whom DNS names at each try, once, and each answer stands in its record', async (t) => {
  const network = new TestNetwork()
  const { south, dns, hurry } = await openWithDns(t, { dialer: network })
  const north = await FakeServer.open(t)
  // DNS names an address where nobody is, and at the next try another exchange.
  network.at('192.0.2.20', north.port)
  dns.setFault('mx.north.example', { type: 'lie', address: '192.0.2.99' })
  const { id, status } = await submitted(south, hurry)
  await hurry(status('deferred'))
  dns.setFault('mx.north.example')
  dns.setZone('', {
    'north.example': { MX: ['10 other.north.example'] },
    'other.north.example': { A: ['192.0.2.20'] },
  })
  // Past the time for which the first answers hold.
  south.clock.advance(3_600_000)
  south.site.wakeQueue()
  await hurry(status('delivered'))
  assert.deepEqual(network.dialled, ['192.0.2.99', '192.0.2.20'])
  assert.equal(north.letters.length, 1)
  const { view } = await journeyIn(south.store, id)
  assert.deepEqual(
    view.steps.flatMap(({ answer }) => (/^\S+ is 192\.0\.2\.\d+\.$/.test(answer) ? [answer] : [])),
    ['mx.north.example is 192.0.2.99.', 'other.north.example is 192.0.2.20.'],
  )
})

test('names of hundreds of records, labels of any octet and circles of aliases do no harm', async (t) => {
  const zone = {
    ...northZone,
    'north.example': {
      TXT: [
        'v=spf1 include:circle.example a:many.example mx:many.example exists:%{l}.x.example -all',
        ...Array.from({ length: 100 }, (_, n) => `filler ${n} ${'x'.repeat(200)}`),
      ],
    },
    'circle.example': { CNAME: 'other.example' },
    'other.example': { CNAME: 'circle.example' },
    'many.example': {
      A: Array.from({ length: 250 }, (_, n) => `10.0.0.${n}`),
      MX: Array.from({ length: 200 }, (_, n) => `${n} mx${n}.example`),
    },
  }
  const clock = new LabClock(systemClock)
  const dns = await openDnsServer({ port: 0, clock, zones: { '': zone } })
  t.after(() => dns.close())
  const resolver = new StubResolver({ servers: [dns.endpoint], clock })
  const south = await openTestSite(t, { clock, resolver })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const from = '"\\"\\ \\\\odd"@north.example'
  const said = await talk.letter({ ...letter, from })
  const { record } = await journeyIn(south.store, referenceIn(said))
  const verdict = record.steps.find((step) => step.type === 'spf')?.verdict
  // The circle of aliases is an answer that nobody can give.
  assert.equal(verdict?.result, 'temperror')
  assert.deepEqual(south.reported, [])
})
