/** Letters to many domains that have the same mail server: over how few connections, and when not. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { openPolicyServer } from '../io/policy-server.ts'
import { type Act, FakeServer, type FakeServerOptions } from './test-support/fake-server.ts'
import type { TestJourney } from './test-support/replay-all.ts'
import { attempts, first, openSender, type Sender } from './test-support/sender.ts'
import { certificateFor } from './test-support/south.ts'
import type { TestSiteOptions } from './test-support/test-site.ts'

const mx = 'mx.provider.example'

/** So many domains at one provider. */
function hosted(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `d${index + 1}.example`)
}

type TestZone = NonNullable<TestSiteOptions['zone']>

function zoneOf(domains: readonly string[]): TestZone {
  const all = domains.map((domain) => [domain, { MX: [`10 ${mx}`] }] as const)
  return { ...Object.fromEntries(all), [mx]: { A: [first] } }
}

interface House extends Sender {
  readonly clock: ManualClock
  readonly server: FakeServer
}

async function open(
  t: TestContext,
  zone: TestZone,
  { site = {}, ...server }: FakeServerOptions & { readonly site?: TestSiteOptions } = {},
): Promise<House> {
  // It stands still, so that no connection ends because its second is over.
  const clock = new ManualClock(Date.UTC(2026, 10, 23, 18))
  const sender = await openSender(t, { zone, clock, ...site })
  const fake = await FakeServer.open(t, server)
  sender.network.at(first, fake.port)
  return { ...sender, server: fake, clock }
}

const to = (domains: readonly (string | undefined)[]): { to: string[] } => ({
  to: domains.map((domain) => `someone@${domain}`),
})

/** The sentence about an open connection that a letter went over. */
function sharedIn({ view }: TestJourney): readonly string[] {
  return view.steps.flatMap(({ id, answer }) => (id === 'dial.shared' ? [answer] : []))
}

test('twenty domains at one server get their letters over a few connections', async (t) => {
  const domains = hosted(20)
  const { submit, settled, server } = await open(t, zoneOf(domains))
  const journey = await settled(await submit(to(domains)), 20)
  assert.deepEqual(
    attempts(journey),
    domains.map(() => 'delivered'),
  )
  assert.equal(server.letters.length, 20)
  // As many as a site gets at a time.
  assert.ok(server.connections <= 10, `${server.connections} connections`)
  const told = sharedIn(journey)
  assert.equal(told.length, 20 - server.connections)
  for (const sentence of told) {
    assert.match(sentence, /over a connection that was opened for another destination/)
  }
  // Whether it is private is told of each, as over a connection of its own.
  assert.equal(journey.view.steps.filter(({ id }) => id === 'dial.tls').length, 20)
})

test('one after the other they share one connection, and it says so', async (t) => {
  const domains = hosted(3)
  const { submit, settled, server, clock } = await open(t, zoneOf(domains))
  const all: TestJourney[] = []
  for (const domain of [...domains, ...domains]) {
    all.push(await settled(await submit(to([domain])), 1))
  }
  const [, second, third, again] = all
  assert.ok(second !== undefined && third !== undefined && again !== undefined)
  assert.equal(server.connections, 1)
  const [sentence = ''] = sharedIn(second)
  assert.ok(sentence.includes('for another destination that has it, too, at 2026-11-23T18:00'))
  assert.match(sentence, /letters to 1 recipient since\. It is in clear text/)
  assert.match(sharedIn(third)[0] ?? '', /letters to 2 recipients since/)
  // Its batch would have had it for a second more; the others have come before.
  assert.match(sharedIn(again)[0] ?? '', /opened for this destination/)
  assert.deepEqual(
    third.record.steps.flatMap((step) => (step.type === 'dial' ? [step.ip] : [])),
    [],
  )
  // Nobody sees in the record of a letter to whom others wrote.
  assert.ok(!JSON.stringify(second.record.steps).includes('d1.example'))
  // A second after the last letter it is closed.
  clock.advance(1000)
  assert.deepEqual(sharedIn(await settled(await submit(to(['d1.example'])), 1)), [])
  assert.equal(server.connections, 2)
})

test('a letter that is refused harms no other one on its connection', async (t) => {
  const domains = hosted(6)
  const { submit, settled, server } = await open(t, zoneOf(domains), {
    answer: (stage, line) => {
      return stage === 'rcpt' && /@d[25]\./.test(line) ? '550 5.1.1 nobody' : undefined
    },
  })
  const journey = await settled(await submit(to(domains)), 6)
  const fates = journey.record.steps.flatMap((step) => {
    return step.type === 'attempt' ? [`${step.recipient} ${step.result}`] : []
  })
  assert.deepEqual(
    fates.toSorted(),
    domains.map((domain, index) => {
      return `someone@${domain} ${index === 1 || index === 4 ? 'failed' : 'delivered'}`
    }),
  )
  assert.ok(server.connections < 6)
})

const last = '250 2.0.0 taken, bye\r\n'

type Answer = NonNullable<FakeServerOptions['answer']>

const enough: readonly (readonly [string, Answer])[] = [
  [
    'that hangs up after each letter',
    (stage): Act | undefined => {
      return stage === 'dot' ? { type: 'cut', reply: last, octets: last.length } : undefined
    },
  ],
  ['that says 421 to the second letter', secondMail('421 4.3.2 enough')],
  ['that has enough of the connection at the second letter', secondMail('451 4.7.0 enough')],
]

/** Says that at every second MAIL over each connection. */
function secondMail(reply: string): Answer {
  const mails = new Map<number, number>()
  return (stage, _line, connection) => {
    if (stage !== 'mail') return undefined
    const count = (mails.get(connection) ?? 0) + 1
    mails.set(connection, count)
    return count > 1 ? reply : undefined
  }
}

for (const [what, answer] of enough) {
  test(`a server ${what} gets the letters of all domains at once`, async (t) => {
    const domains = hosted(7)
    const { submit, settled, server, south } = await open(t, zoneOf(domains), {
      answer,
    })
    const journey = await settled(await submit(to(domains)), 7)
    assert.deepEqual(
      attempts(journey),
      domains.map(() => 'delivered'),
    )
    const rcpts = server.letters.filter(({ text }) => text !== '').map(({ rcpt }) => rcpt.join())
    assert.deepEqual(
      rcpts.toSorted(),
      domains.map((domain) => `RCPT TO:<someone@${domain}>`),
    )
    assert.equal(server.connections, 7)
    assert.deepEqual(Array.from(south.site.down.keys()), [])
  })
}

test('who enforces MTA-STS does not ride on a connection that was held to nothing', async (t) => {
  const [lax, strict, alike, other] = ['lax', 'strict', 'alike', 'other'].map((n) => `${n}.example`)
  assert.ok(lax !== undefined && strict !== undefined && alike !== undefined && other !== undefined)
  const policyIp = '192.0.2.30'
  const policies = { [strict]: `*.provider.example`, [alike]: mx, [other]: 'mx.other.example' }
  const texts = Object.entries(policies).map(([domain, allowed]) => {
    const text = `version: STSv1\nmode: enforce\nmx: ${allowed}\nmax_age: 604800\n`
    return [`mta-sts.${domain}`, text] as const
  })
  const [own, ...more] = texts.map(([name]) => name)
  const names = [own ?? '', ...more] as const
  const policyServer = await openPolicyServer(
    await certificateFor(names),
    Object.fromEntries(texts),
  )
  t.after(() => policyServer.close())
  const zone: TestZone = {
    ...zoneOf([lax, strict, alike, other]),
    ...Object.fromEntries(
      Object.keys(policies).flatMap((domain) => [
        [`_mta-sts.${domain}`, { TXT: ['v=STSv1; id=2026;'] }],
        [`mta-sts.${domain}`, { A: [policyIp] }],
      ]),
    ),
  }
  const { submit, settled, server } = await open(t, zone, {
    tls: await certificateFor([mx]),
    site: {
      transport: () => ({ dane: true, mtaSts: true, least: 'opportunistic', memory: 'note' }),
      policyPlace: (ip) => {
        return ip === policyIp ? { host: '127.0.0.1', port: policyServer.port } : 'not of this test'
      },
    },
  })
  // Its certificate would do, but nobody held it to that.
  await settled(await submit(to([lax])), 1)
  const proved = await settled(await submit(to([strict])), 1)
  assert.equal(server.connections, 2)
  assert.deepEqual(sharedIn(proved), [])
  // What was held to more serves who asks for less, and who asks for the same.
  const again = await settled(await submit(to([alike])), 1)
  assert.equal(server.connections, 2)
  assert.match(sharedIn(again)[0] ?? '', /TLS and a certificate for mx\.provider\.example/)
  const tls = again.record.steps.find(({ type }) => type === 'peer-tls')
  assert.equal(tls?.type === 'peer-tls' && tls.demanded, 'verified')
  // Its own policy does not list the host, whatever the connection has proved to others.
  const refused = await settled(await submit(to([other])), 1)
  assert.deepEqual(attempts(refused), ['deferred'])
  assert.equal(server.letters.length, 3)
  assert.ok(server.letters.every((letter) => letter.tls))
})
