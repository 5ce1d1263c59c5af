import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../io/clock.ts'
import { Connector } from '../deliver/connect.ts'
import { exchangeWay } from '../deliver/way.ts'
import type { Zone } from '../dns/zone-table.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { askTheirServer } from './handed-on.ts'
import { SettingsWays } from './named-ways.ts'
import { FakeServer, type FakeServerOptions, hangUp } from './test-support/fake-server.ts'
import { journeyIn, type TestJourney } from './test-support/replay-all.ts'
import { attempts } from './test-support/sender.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { host, southAccounts, strangerIp } from './test-support/south.ts'
import { openTestSite, type TestSite, type TestSiteOptions } from './test-support/test-site.ts'
import { TestNetwork } from './test-support/test-network.ts'

const store = '10.0.0.9'

const zone: Zone = {
  'store.example': { A: [store] },
  'north.example': { TXT: [`v=spf1 ip4:${strangerIp} -all`] },
  'liar.example': { TXT: ['v=spf1 -all'], A: ['192.0.2.77'] },
}

interface World {
  readonly south: TestSite
  readonly server: FakeServer
  readonly network: TestNetwork
  /** Sends one letter as a stranger; gives its id. */
  readonly send: (from: string, to: readonly string[]) => Promise<string>
  readonly settled: (id: string, times: number) => Promise<TestJourney>
}

/** South, whose domain corp.example has its mailboxes at a server that speaks LMTP. */
async function world(
  t: TestContext,
  answer: FakeServerOptions['answer'] = () => undefined,
  options: TestSiteOptions = {},
): Promise<World> {
  const network = new TestNetwork()
  const hop = { host: 'store.example', port: 24, protocol: 'lmtp' } as const
  const way = { ...exchangeWay, port: 24, protocol: 'lmtp' } as const
  const ways = new SettingsWays([{ patterns: ['corp.example'], value: { hop, way } }])
  const connector = new Connector({
    hostname: host,
    dialer: network,
    clock: systemClock,
    trustAnchors: [],
  })
  const resolver = new MemoryResolver(zone)
  const admission = askTheirServer(ways, { resolver, connector, clock: systemClock })
  const handedOn = ['corp.example']
  // The octets of what was handed on are not kept: its verdicts cannot be made again.
  const given = { zone, dialer: network, ways, admission, handedOn, replay: false, ...options }
  const south = await openTestSite(t, given)
  const server = await FakeServer.open(t, { lmtp: true, answer })
  network.at(store, server.port)
  return {
    south,
    server,
    network,
    async send(from, to) {
      const talk = await SmtpTalk.greeted(south.ports.smtp)
      await talk.say(`MAIL FROM:<${from}>`, 250)
      for (const one of to) await talk.say(`RCPT TO:<${one}>`, 250)
      const said = await talk.data(
        `From: ${from}\nSubject: x\nMessage-ID: <q@x.example>\n\nHello\n`,
      )
      await talk.quit()
      return referenceIn(said)
    },
    async settled(id, times) {
      await south.when(async () => {
        const found = await south.store.journeys.find(id)
        if (found.type !== 'found') return undefined
        return found.journey.appended.length >= times ? true : undefined
      })
      return journeyIn(south.store, id)
    },
  }
}

/** What the server that keeps the mailboxes says of an address. */
const knows: FakeServerOptions['answer'] = (stage, line) => {
  if (stage !== 'rcpt') return undefined
  if (line.includes('full@')) return '452 4.2.2 over quota'
  if (line.includes('over@')) return '552 5.2.2 over quota'
  return line.includes('known@') ? undefined : '550 5.1.1 <x> User does not exist'
}

for (const threads of [undefined, { count: 1 }]) {
  const where = threads === undefined ? 'on the main thread' : 'on a thread of their own'
  test(`who is nobody there is refused in the dialogue, with sessions ${where}`, async (t) => {
    const more = threads === undefined ? {} : { threads }
    const { south, server } = await world(t, knows, more)
    const talk = await SmtpTalk.greeted(south.ports.smtp)
    await talk.say('MAIL FROM:<a@north.example>', 250)
    const nobody = await talk.say('RCPT TO:<nobody@corp.example>', 550)
    assert.match(nobody.lines.join(' '), /^There is no such mailbox here\. Ref/)
    await talk.say('RCPT TO:<over@corp.example>', 552)
    await talk.say('RCPT TO:<full@corp.example>', 452)
    await talk.say('RCPT TO:<known@corp.example>', 250)
    await talk.say('RCPT TO:<x@elsewhere.example>', 550)
    // What was said a moment ago is not asked again.
    const asked = server.connections
    await talk.say('RCPT TO:<nobody@corp.example>', 550)
    assert.equal(server.connections, asked)
    assert.equal(server.letters.length, 0)
    assert.ok(server.lines.every((line) => !line.startsWith('MAIL') || line === 'MAIL FROM:<>'))
    await talk.quit()
  })
}

test('a letter of a stranger goes there, and is in no mailbox here', async (t) => {
  const { south, server, send, settled } = await world(t, knows)
  const id = await send('a@north.example', ['known@corp.example', 'postmaster@south.example'])
  const journey = await settled(id, 1)
  assert.deepEqual(attempts(journey), ['delivered'])
  assert.deepEqual(server.letters[0]?.rcpt, ['RCPT TO:<known@corp.example>'])
  const { text } = server.letters[0] ?? assert.fail()
  assert.match(text, /^Authentication-Results: mx\.south\.example;[\s\S]*Received: /)
  assert.doesNotMatch(text, /^Return-Path/m)
  const [account] = await southAccounts()
  const filed = await south.store.mailboxes.items({ account: account?.address ?? '' })
  assert.equal(filed.length, 1, 'the other recipient has a mailbox here')
})

test('where their server is down the sender comes again, and nothing is taken', async (t) => {
  const { south } = await world(t, (stage) => (stage === 'banner' ? hangUp : undefined))
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('MAIL FROM:<a@north.example>', 250)
  await talk.say('RCPT TO:<known@corp.example>', 451)
  await talk.quit()
})

test('an address that the settings list is known without asking, and an alias leads there', async (t) => {
  const account = {
    address: 'ann@corp.example',
    aliases: ['info@corp.example'],
    passwordHash: undefined,
  }
  const { server, send, settled } = await world(t, undefined, {
    accounts: [...(await southAccounts()), account],
    aliases: [{ address: 'team@south.example', to: ['ann@corp.example'], send: false }],
  })
  const to = ['ann@corp.example', 'Info+x@corp.example', 'team@south.example']
  const journey = await settled(await send('a@north.example', to), 1)
  assert.deepEqual(attempts(journey), ['delivered'])
  assert.equal(server.connections, 1, 'only to deliver')
  assert.deepEqual(server.letters[0]?.rcpt, ['RCPT TO:<ann@corp.example>'], 'one copy')
})

test('what fails there afterwards is told to a sender whom SPF vouches for, and to nobody else', async (t) => {
  const { south, send, settled } = await world(t, (stage) => {
    return stage === 'dot' ? '550 5.2.1 mailbox disabled' : undefined
  })
  const proven = await settled(await send('a@north.example', ['known@corp.example']), 1)
  assert.deepEqual(attempts(proven), ['failed'])
  assert.ok(proven.record.steps.some((step) => step.type === 'notified'))
  const liar = await settled(await send('victim@liar.example', ['known@corp.example']), 1)
  assert.deepEqual(attempts(liar), ['failed'])
  const untold = liar.record.steps.find((step) => step.type === 'not-notified')
  assert.equal(untold?.type === 'not-notified' && untold.why, 'unproven-sender')
  const waiting = await south.store.queue.list({ limit: 10 })
  assert.ok(waiting.every(({ destination }) => destination !== 'liar.example'))
})

test('what would be filed as spam says so on its way, because there is no mailbox to choose', async (t) => {
  const rules = { onSpfFail: 'junk' } as const
  const { server, send, settled } = await world(t, knows, { rules })
  await settled(await send('victim@liar.example', ['known@corp.example']), 1)
  await settled(await send('a@north.example', ['known@corp.example']), 1)
  const flagged = server.letters.map(({ text }) => text.startsWith('X-Spam-Flag: YES\r\n'))
  assert.deepEqual(flagged, [true, false])
})
