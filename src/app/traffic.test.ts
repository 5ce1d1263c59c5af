/** How much goes when: a file of settings, a whole server, other servers on loopback, and a clock that is set. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { askServer } from '../control/ask.ts'
import type { Zone } from '../dns/zone-table.ts'
import { systemClock } from '../io/clock.ts'
import { openDnsServer } from '../io/dns-server.ts'
import { hashPassword } from '../io/password.ts'
import { LabClock } from '../lab/clock.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { openSettingsServer, type SettingsServer } from './test-support/settings-server.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { password } from './test-support/south.ts'
import { TestNetwork } from './test-support/test-network.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const [ann, ben] = ['ann@south.example', 'ben@south.example']

/** North and east are two domains of one provider, west has a server of its own. */
const zone: Zone = {
  'north.example': { MX: ['10 mx.provider.example'] },
  'east.example': { MX: ['10 mx.provider.example'] },
  'mx.provider.example': { A: ['192.0.2.1'] },
  'west.example': { MX: ['10 mx.west.example'] },
  'mx.west.example': { A: ['192.0.2.2'] },
}

interface House extends SettingsServer {
  readonly clock: LabClock
  readonly provider: FakeServer
  readonly west: FakeServer
  /** Submits a letter; gives its id. */
  readonly submit: (to: string, from?: string) => Promise<string>
  /** Waits until both servers together have so many letters, and all of it is written down. */
  readonly taken: (letters: number) => Promise<void>
  /** Sets the clock ahead, and lets all happen that then happens by itself. */
  readonly pass: (ms: number) => Promise<void>
}

async function open(t: TestContext, more: string): Promise<House & { readonly people: string }> {
  const clock = new LabClock(systemClock)
  const dns = await openDnsServer({ port: 0, clock, zones: { '': zone } })
  t.after(() => dns.close())
  const network = new TestNetwork()
  const hash = await hashPassword(password)
  const people = [ann, ben]
    .map((address) => `[[account]]\naddress = "${address}"\npassword_hash = "${hash}"\n`)
    .join('')
  const south = await openSettingsServer(t, {
    hostname: 'mx.south.example',
    domain: 'south.example',
    more: people + more,
    dns,
    network,
    clock,
  })
  const provider = await FakeServer.open(t)
  const west = await FakeServer.open(t)
  network.at('192.0.2.1', provider.port)
  network.at('192.0.2.2', west.port)
  const { server, reader, when } = south
  let submitted = 0
  return {
    ...south,
    people,
    clock,
    provider,
    west,
    async submit(to, from = ann) {
      const talk = await SmtpTalk.greeted(server.ports.submissions, { tls: true })
      await talk.login(from, password, 235)
      const said = await talk.letter({ from, to, message: `From: ${from}\nSubject: x\n\nHello\n` })
      await talk.quit()
      submitted++
      return referenceIn(said)
    },
    async taken(letters) {
      await when(async () => (await reader.counts()).queued === submitted - letters)
      assert.equal(provider.letters.length + west.letters.length, letters)
    },
    async pass(ms) {
      clock.advance(ms)
      for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

function count({ provider, west }: House): readonly [number, number] {
  return [provider.letters.length, west.letters.length]
}

test('letters to a destination go at its rate, those of other destinations at once, none untried twice', async (t) => {
  const house = await open(t, '[[destination]]\ndomains = ["north.example"]\nper_hour = 10')
  const ids: string[] = []
  for (let n = 0; n < 3; n++) ids.push(await house.submit('a@north.example'))
  await house.submit('a@west.example')
  // A tenth of ten at once, then one every six minutes.
  await house.taken(2)
  assert.deepEqual(count(house), [1, 1])
  const held = house.server.system.heldBack.get('north.example')
  assert.equal(held?.by, 'rate')
  await house.pass(5 * minuteMs)
  assert.deepEqual(count(house), [1, 1])
  await house.pass(minuteMs)
  await house.taken(3)
  await house.pass(6 * minuteMs)
  await house.taken(4)
  assert.deepEqual(count(house), [3, 1])
  for (const id of ids) {
    const { record } = await house.journeyWhere(id, ({ status }) => status === 'delivered')
    assert.equal(record.steps.filter(({ type }) => type === 'attempt').length, 1)
  }
})

test('a rate of a provider counts for all of its domains together, and ends when SIGHUP takes it away', async (t) => {
  const house = await open(
    t,
    '[[destination]]\nmail_servers = ["mx.provider.example"]\nper_hour = 10',
  )
  await house.submit('a@north.example')
  await house.taken(1)
  await house.submit('a@east.example')
  await house.submit('a@west.example')
  await house.taken(2)
  assert.deepEqual(count(house), [1, 1])
  await house.reload(house.people)
  await house.taken(3)
  assert.deepEqual(count(house), [2, 1])
})

test('a sender who has sent enough waits, and another sends to the same place', async (t) => {
  const house = await open(t, `[[sender]]\naccounts = ["${ann}"]\nper_hour = 10`)
  await house.submit('a@north.example')
  await house.submit('b@north.example')
  await house.submit('c@north.example', ben)
  await house.taken(2)
  const senders = house.provider.letters.map(({ mail }) => mail.match(/<(.*?)>/)?.[1])
  assert.deepEqual(new Set(senders), new Set([ann, ben]))
  await house.pass(6 * minuteMs)
  await house.taken(3)
})

test('at quiet hours nobody is called, and when they end the letter goes', async (t) => {
  const now = Date.now()
  const time = (ms: number): string => new Date(ms).toISOString().slice(11, 16)
  const house = await open(
    t,
    `[[destination]]
     domains = ["north.example"]
     quiet_from = "${time(now - hourMs)}"
     quiet_until = "${time(now + 3 * hourMs)}"
     quiet_zone = "UTC"`,
  )
  const id = await house.submit('a@north.example')
  await house.submit('a@west.example')
  await house.taken(1)
  assert.deepEqual([house.provider.connections, house.west.letters.length], [0, 1])
  const { record, view } = await house.journeyWhere(id, ({ record: { steps } }) =>
    steps.some(({ type }) => type === 'put-off'),
  )
  assert.ok(record.steps.every(({ type }) => type !== 'attempt'))
  assert.match(view.summary, /Nothing is delivered there at this hour/)
  await house.pass(2 * hourMs)
  assert.equal(house.provider.connections, 0)
  await house.pass(hourMs)
  await house.taken(2)
})

test('a pause over the control socket holds what comes, and its end lets all of it go at once', async (t) => {
  const house = await open(t, '')
  const place = { folder: house.data, clock: systemClock, timeoutMs: 20_000 }
  const ask = (operation: string, input: object): ReturnType<typeof askServer> =>
    askServer({ operation, input, by: 'ann' }, place)
  await ask('pause', { key: 'destination north.example' })
  const ids = [await house.submit('a@north.example'), await house.submit('b@north.example')]
  await house.submit('a@west.example')
  await house.taken(1)
  for (const id of ids) {
    const { record } = await house.journeyWhere(id, ({ record: { steps } }) =>
      steps.some(({ type }) => type === 'put-off'),
    )
    assert.ok(record.steps.every(({ type }) => type !== 'attempt'))
  }
  assert.equal(house.provider.connections, 0)
  const value = { ended: ['destination north.example'], due: 2 }
  const resumed = await ask('resume', { keys: ['destination north.example'] })
  assert.deepEqual(resumed, { type: 'answered', value })
  await house.taken(3)
})
