/** A letter that one server hands on and another judges, both of them whole; and what comes back. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { formatDkimRecord, formatKeyTxt, generateDkimKey, signDkim } from '../dkim/dkim.ts'
import { publishedRecords } from '../directory/signing-keys.ts'
import type { Zone } from '../dns/zone-table.ts'
import { systemClock } from '../io/clock.ts'
import { openDnsServer } from '../io/dns-server.ts'
import { LabClock } from '../lab/clock.ts'
import type { Step } from '../journey/steps.ts'
import { readDsn } from '../report/read-dsn.ts'
import type { ReportedRecipient } from '../report/reported-recipient.ts'
import { FakeServer } from './test-support/fake-server.ts'
import type { TestJourney } from './test-support/replay-all.ts'
import { openSettingsServer, type SettingsServer } from './test-support/settings-server.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { TestNetwork } from './test-support/test-network.ts'

/** Where the author's server calls from: another address of loopback than that of our servers. */
const authorIp = '127.0.0.2'
const author = 'jo@west.example'
const key = generateDkimKey('rsa')
const signing = { domain: 'west.example', selector: 's1', privateKey: key.privateKey }

const zone: Zone = {
  'west.example': { TXT: [`v=spf1 ip4:${authorIp} -all`], MX: ['10 mx.west.example'] },
  'mx.west.example': { A: ['192.0.2.1'] },
  '_dmarc.west.example': { TXT: ['v=DMARC1; p=reject'] },
  's1._domainkey.west.example': { TXT: [formatKeyTxt(formatDkimRecord(key))] },
  'south.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'], MX: ['10 mx.south.example'] },
  'mx.south.example': { A: ['192.0.2.2'] },
  'far.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'], MX: ['10 mx.far.example'] },
  'mx.far.example': { A: ['192.0.2.3'] },
  'end.example': { MX: ['10 mx.end.example'] },
  'mx.end.example': { A: ['192.0.2.4'] },
}

interface World {
  readonly south: SettingsServer
  readonly far: SettingsServer
  /** The author's own server, which gets what comes back. */
  readonly west: FakeServer
  readonly clock: LabClock
}

/** South hands on to far; who lives there says `ofFar`. Whoever is behind far refuses everybody. */
async function open(t: TestContext, ofFar: string): Promise<World> {
  const clock = new LabClock(systemClock)
  const dns = await openDnsServer({ port: 0, clock, zones: { '': zone } })
  t.after(() => dns.close())
  const network = new TestNetwork()
  const common = { dns, network, clock, replay: false }
  const south = await openSettingsServer(t, {
    ...common,
    hostname: 'mx.south.example',
    domain: 'south.example',
    more: alias('gone@south.example', 'ann@far.example'),
  })
  const far = await openSettingsServer(t, {
    ...common,
    hostname: 'mx.far.example',
    domain: 'far.example',
    more: ofFar,
  })
  const west = await FakeServer.open(t)
  const end = await FakeServer.open(t, {
    answer: (stage) => (stage === 'rcpt' ? '550 5.1.1 Nobody of that name' : undefined),
  })
  network.at('192.0.2.1', west.port)
  network.at('192.0.2.4', end.port)
  network.at('192.0.2.2', south.server.ports.smtp)
  network.at('192.0.2.3', far.server.ports.smtp)
  const keys = publishedRecords(await south.reader.keys.list('south.example'))
  const records = Object.fromEntries(keys.map(({ name, value }) => [name, { TXT: [value] }]))
  dns.setZone('', { ...zone, ...records })
  return { south, far, west, clock }
}

function alias(address: string, to: string): string {
  return `[[alias]]\naddress = "${address}"\nto = ["${to}"]`
}

const ann = '[[account]]\naddress = "ann@far.example"'

/** A letter of the author, signed; gives the id of its journey at south, or the refusal. */
async function send(south: SettingsServer, to: string): Promise<string> {
  const text = `From: Jo <${author}>\r\nTo: ${to}\r\nSubject: plan\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@west.example>\r\n\r\nHello\r\n`
  const now = Math.floor(Date.now() / 1000)
  const message = signDkim(Buffer.from(text), { keys: [signing], now }).join('') + text
  const talk = await SmtpTalk.greeted(south.server.ports.smtp, { localAddress: authorIp })
  const said = await talk.letter({ from: author, to, message })
  await talk.quit()
  assert.equal(said.code, 250)
  return referenceIn(said)
}

type StepOf<T extends Step['type']> = Step & { readonly type: T }

function step<T extends Step['type']>({ record }: TestJourney, type: T): StepOf<T> {
  const found = record.steps.find((one): one is StepOf<T> => one.type === type)
  return found ?? assert.fail(`there is no step ${type}`)
}

/** The only journey of a letter that has come in at a server, once it is there. */
async function onlyArrival({ reader, when }: SettingsServer): Promise<string> {
  let found: string | undefined
  await when(async () => {
    const rows = await reader.journeys.list({ limit: 9, direction: 'in' })
    found = rows[0]?.id
    return rows.length > 0
  })
  return found ?? assert.fail('nothing came')
}

test('what is handed on is judged by the next server as the author’s own, and filed there', async (t) => {
  const { south, far } = await open(t, ann)
  const id = await send(south, 'gone@south.example')
  const sent = await south.journeyWhere(id, ({ status }) => status === 'delivered')
  assert.equal(step(sent, 'forwarded').seal.type, 'sealed')
  const there = await far.journeyWhere(await onlyArrival(far), () => true)
  assert.equal(there.status, 'delivered')
  // The rewritten path is what SPF vouches for; the author's domain stands behind the letter by DKIM.
  assert.match(there.record.envelope.mailFrom, /^SRS0=.{4}=..=west\.example=jo@south\.example$/)
  assert.equal(step(there, 'spf').verdict.result, 'pass')
  assert.deepEqual(
    step(there, 'dkim').verdicts.map(({ result, domain }) => `${result} ${domain}`),
    ['pass west.example'],
  )
  assert.equal(step(there, 'arc').verdict.result, 'pass')
  assert.equal(step(there, 'dmarc').verdict.result, 'pass')
  const [row] = await far.reader.mailboxes.items({ account: 'ann@far.example' })
  assert.equal(row?.mailbox, 'Inbox')
})

/** What the one report at west says, when nothing is under way anywhere any more. */
async function reportAtWest({ south, far, west }: World): Promise<ReportedRecipient> {
  const over = async ({ reader }: SettingsServer): Promise<boolean> => {
    return (await reader.counts()).queued === 0
  }
  await south.when(async () => west.letters.length > 0 && (await over(south)))
  await far.when(() => over(far))
  const [letter, ...more] = west.letters
  assert.deepEqual(more, [], 'the author hears of it once')
  assert.ok(letter !== undefined)
  assert.match(letter.mail, /^MAIL FROM:<>/)
  assert.deepEqual(
    letter.rcpt.map((line) => line.split(' ').slice(0, 2).join(' ')),
    [`RCPT TO:<${author}>`],
  )
  const report = readDsn(Buffer.from(letter.text, 'latin1'))
  assert.ok(report.type === 'dsn' && report.source === 'report')
  assert.equal(report.originalMessageId, '<1@west.example>')
  const [recipient, ...others] = report.recipients
  assert.ok(recipient !== undefined && others.length === 0)
  return recipient
}

test('what the next server refuses at RCPT is told to the author, by the server that handed it on', async (t) => {
  const world = await open(t, '')
  const id = await send(world.south, 'gone@south.example')
  const report = await reportAtWest(world)
  const failed = await world.south.journeyWhere(id, ({ status }) => status === 'failed')
  assert.match(failed.view.summary, /5\.1\.1/)
  // By the name that the author knows: RFC 3464 §2.3.2.
  assert.deepEqual([report.finalRecipient, report.status], ['gone@south.example', '5.1.1'])
})

test('what the next server takes and cannot hand on comes back to the author through both', async (t) => {
  const world = await open(t, alias('ann@far.example', 'x@end.example'))
  const { south } = world
  const id = await send(south, 'gone@south.example')
  const report = await reportAtWest(world)
  assert.deepEqual([report.finalRecipient, report.status], ['ann@far.example', '5.1.1'])
  assert.match(report.diagnosticCode ?? '', /Nobody of that name/)
  assert.equal((await south.journeyWhere(id, () => true)).status, 'delivered')
  // South has undone its own address, for a letter without a sender.
  const rows = await south.reader.journeys.list({ limit: 9 })
  const back = rows.find(({ rcptTo }) => rcptTo.some((one) => one.startsWith('SRS0=')))
  assert.equal(back?.mailFrom, '')
})

test('two addresses that lead to each other end at the first of them, and the author is told', async (t) => {
  const world = await open(t, alias('ann@far.example', 'gone@south.example'))
  await send(world.south, 'gone@south.example')
  const report = await reportAtWest(world)
  assert.equal(report.finalRecipient, 'ann@far.example')
  const rows = await world.south.reader.journeys.list({ limit: 9 })
  const refused = rows.filter(({ status }) => status === 'refused')
  assert.equal(refused.length, 1)
  assert.match(refused[0]?.summary ?? '', /circle|loop/i)
})
