/** Machines that cannot log in: what each may send where, and that nobody else may. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { verifyDkim } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { parseNetwork } from '../base/ip.ts'
import type { JourneyRecord } from '../journey/record.ts'
import { password, receiver, southKeyZone, strangerIp } from './test-support/south.ts'
import { journeysIn } from './test-support/replay-all.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import {
  openTestSite,
  storedText,
  type TestSite,
  type TestSiteOptions,
} from './test-support/test-site.ts'

const printer = '192.168.1.20'

function open(
  t: TestContext,
  options: TestSiteOptions & { readonly anySender?: boolean } = {},
): Promise<TestSite> {
  const network = parseNetwork(printer)
  assert.ok(network !== undefined)
  const { anySender = false, ...more } = options
  const trusted = { networks: [{ text: printer, network }], anySender }
  return openTestSite(t, { clientIp: printer, userIp: printer, trusted, ...more })
}

type Senders = 'own' | 'foreign' | 'null'
const senders: Readonly<Record<Senders, string>> = {
  own: 'printer@south.example',
  foreign: 'printer@west.example',
  null: '',
}
const rcpts = { here: receiver, outside: 'someone@north.example' } as const

/** What becomes of a letter: the codes of MAIL and RCPT (of MAIL alone where it is refused), and its direction. */
type Expected = `${number}` | `${number} ${number}` | `${number} ${number} ${'in' | 'out'}`

/** client, port, any sender?, sender: for a recipient here, and for one outside. */
const table: readonly (readonly [
  client: 'printer' | 'stranger',
  port: 'smtp' | 'submission',
  any: boolean,
  sender: Senders,
  here: Expected,
  outside: Expected,
])[] = [
  ['printer', 'smtp', false, 'own', '250 250 out', '250 250 out'],
  ['printer', 'smtp', false, 'foreign', '250 250 in', '250 550'],
  ['printer', 'smtp', false, 'null', '250 250 in', '250 550'],
  ['printer', 'smtp', true, 'own', '250 250 out', '250 250 out'],
  ['printer', 'smtp', true, 'foreign', '250 250 out', '250 250 out'],
  ['printer', 'smtp', true, 'null', '250 250 out', '250 250 out'],
  ['printer', 'submission', false, 'own', '250 250 out', '250 250 out'],
  ['printer', 'submission', false, 'foreign', '550', '550'],
  ['printer', 'submission', false, 'null', '250 250 out', '250 250 out'],
  ['printer', 'submission', true, 'foreign', '250 250 out', '250 250 out'],
  ['stranger', 'smtp', false, 'own', '250 250 in', '250 550'],
  ['stranger', 'smtp', false, 'foreign', '250 250 in', '250 550'],
  ['stranger', 'smtp', true, 'own', '250 250 in', '250 550'],
  ['stranger', 'smtp', true, 'foreign', '250 250 in', '250 550'],
  ['stranger', 'smtp', true, 'null', '250 250 in', '250 550'],
  ['stranger', 'submission', false, 'own', '530', '530'],
  ['stranger', 'submission', true, 'foreign', '530', '530'],
]
for (const [client, port, anySender, sender, here, outside] of table) {
  test(`${client}, port ${port}, ${anySender ? 'any sender' : 'own senders'}, ${sender}: ${here}, outside ${outside}`, async (t) => {
    const ip = client === 'printer' ? printer : strangerIp
    const south = await open(t, { anySender, clientIp: ip, userIp: ip })
    for (const [where, expected] of [
      ['here', here],
      ['outside', outside],
    ] as const) {
      assert.equal(await fateOf(south, port, senders[sender], rcpts[where]), expected, where)
    }
  })
}

async function fateOf(
  south: TestSite,
  port: 'smtp' | 'submission',
  from: string,
  to: string,
): Promise<string> {
  const talk = await SmtpTalk.greeted(south.ports[port])
  const mail = await talk.say(`MAIL FROM:<${from}>`)
  if (mail.code !== 250) return String(mail.code)
  const rcpt = await talk.say(`RCPT TO:<${to}>`)
  if (rcpt.code !== 250) return `${mail.code} ${rcpt.code}`
  const author = from === '' ? 'printer@south.example' : from
  const { code, text } = await talk.data(`From: ${author}\nSubject: page 1\n\nInk is low.\n`)
  assert.equal(code, 250, text)
  await talk.quit()
  const { direction, steps } = await lastJourney(south, from, to)
  const vouched = steps.filter(({ type }) => type === 'vouched')
  assert.equal(vouched.length, direction === 'out' ? 1 : 0)
  return `${mail.code} ${rcpt.code} ${direction}`
}

async function lastJourney({ store }: TestSite, from: string, to: string): Promise<JourneyRecord> {
  const records = (await journeysIn(store)).map(({ record }) => record)
  const found = records.find(({ envelope }) => {
    return envelope.mailFrom === from && envelope.rcptTo.includes(to)
  })
  return found ?? assert.fail('no journey')
}

test('what it sends is completed and signed, counts as its network, and says who vouched', async (t) => {
  const south = await open(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const message =
    'From: printer@south.example\nTo: someone@north.example\nBcc: x@north.example\nSubject: x\n\nHello\n'
  const said = await talk.letter({ from: senders.own, to: rcpts.outside, message })
  assert.equal(said.code, 250)
  const [item] = await south.store.queue.list({ limit: 1 })
  assert.ok(item !== undefined)
  assert.equal(item.account, `network ${printer}`)
  const text = await storedText(south.store, item.messageId)
  assert.match(text, /^Date: /m)
  assert.match(text, /^Message-ID: <.*@south\.example>/m)
  assert.doesNotMatch(text, /^Bcc:/m)
  const resolver = new MemoryResolver(southKeyZone())
  const verdicts = await verifyDkim(Buffer.from(text, 'latin1'), {
    resolver,
    now: Date.now() / 1000,
  })
  assert.deepEqual(
    verdicts.map(({ result }) => result),
    ['pass', 'pass'],
  )
  const { steps } = await lastJourney(south, senders.own, rcpts.outside)
  const step = steps.find(({ type }) => type === 'vouched')
  assert.ok(step?.type === 'vouched')
  assert.deepEqual([step.network, step.ip], [printer, printer])
})

test('the author must be of ours, too', async (t) => {
  const south = await open(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const message = 'From: boss@west.example\nSubject: x\n\nHello\n'
  const said = await talk.letter({ from: senders.own, to: rcpts.outside, message })
  assert.equal(said.code, 550)
  assert.match(said.text, /network 192\.168\.1\.20 may not send as boss@west\.example/)
})

test('several letters of one connection each go their own way, and who logs in is an account', async (t) => {
  const south = await open(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const letter = { message: 'From: a@west.example\nSubject: x\n\nHello\n' }
  const own = { message: 'From: printer@south.example\nSubject: x\n\nHello\n' }
  assert.equal((await talk.letter({ ...own, from: senders.own, to: rcpts.outside })).code, 250)
  assert.equal((await talk.letter({ ...letter, from: senders.foreign, to: receiver })).code, 250)
  assert.equal((await talk.letter({ ...own, from: senders.own, to: receiver })).code, 250)
  await talk.quit()
  const inward = await lastJourney(south, senders.foreign, receiver)
  assert.equal(inward.direction, 'in')
  assert.ok(inward.steps.some(({ type }) => type === 'dmarc'))
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  const other = await user.say(`MAIL FROM:<${senders.own}>`)
  assert.equal(other.code, 550, 'the right of the network is not the account’s')
})

test('a network has its places, as an account has', async (t) => {
  const south = await open(t, { clients: { connectionsPerAccount: 1 } })
  const first = await SmtpTalk.greeted(south.ports.smtp)
  const second = await SmtpTalk.open(south.ports.smtp)
  assert.equal((await second.read()).code, 421)
  await first.quit()
})
