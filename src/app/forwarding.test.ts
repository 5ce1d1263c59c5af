/** Mail that goes on to other servers: rewritten, sealed, and only where somebody stands behind it. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { verifyArc } from '../arc/arc.ts'
import {
  formatDkimRecord,
  formatKeyTxt,
  generateDkimKey,
  signDkim,
  verifyDkim,
} from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { parseReversePath } from '../address/path.ts'
import { srsForward } from '../forwarding/srs.ts'
import type { Zone } from '../dns/zone-table.ts'
import { checkSpf } from '../spf/spf.ts'
import type { JourneyRecord } from '../journey/record.ts'
import { tell } from '../journey/catalogue.ts'
import { journeysIn } from './test-support/replay-all.ts'
import { receiver, southAccounts, southKeyZone, strangerIp } from './test-support/south.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import {
  openTestSite,
  storedText,
  type TestSite,
  type TestSiteOptions,
} from './test-support/test-site.ts'

const srs = { secret: 'a secret of the test', domain: 'south.example' }
const outside = 'ann@far.example'
const key = generateDkimKey('rsa')
const signing = { domain: 'west.example', selector: 's1', privateKey: key.privateKey }

/** The author's domain signs and asks for reject; DMARC of north.example asks for it, too. */
const zone: Zone = {
  ...southKeyZone(),
  'west.example': { TXT: [`v=spf1 ip4:${strangerIp} -all`], MX: ['10 mx.west.example'] },
  'mx.west.example': { A: [strangerIp] },
  '_dmarc.west.example': { TXT: ['v=DMARC1; p=reject'] },
  's1._domainkey.west.example': { TXT: [formatKeyTxt(formatDkimRecord(key))] },
  'north.example': { TXT: ['v=spf1 -all'], MX: ['10 mx.west.example'] },
  '_dmarc.north.example': { TXT: ['v=DMARC1; p=quarantine'] },
  'plain.example': { MX: ['10 mx.west.example'] },
  // There, and silent: what goes there waits.
  'far.example': { MX: ['10 mx.far.example'] },
  'mx.far.example': { A: ['203.0.113.77'] },
  'south.example': { TXT: ['v=spf1 ip4:203.0.113.20 -all'] },
}

async function open(t: TestContext, more: TestSiteOptions = {}): Promise<TestSite> {
  const [first, ...others] = await southAccounts()
  assert.ok(first !== undefined)
  return await openTestSite(t, {
    ...more,
    srs,
    zone,
    accounts: [
      first,
      { address: 'both@south.example', aliases: [], passwordHash: undefined, forward: [outside] },
      {
        address: 'kept@south.example',
        aliases: [],
        passwordHash: undefined,
        forward: ['ann@nowhere.example'],
      },
      ...others,
    ],
    aliases: [
      { address: 'lost@south.example', to: ['ann@nowhere.example'], send: false },
      { address: 'gone@south.example', to: [outside], send: false },
      { address: 'secret@south.example', to: ['eve@far.example'], send: false },
      { address: 'again@south.example', to: [outside], send: false },
      { address: 'team@south.example', to: [receiver, outside, 'ben@far.example'], send: false },
    ],
  })
}

const text =
  'From: Jo <jo@west.example>\r\nTo: gone@south.example\r\nSubject: plan\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@west.example>\r\n\r\nHello\r\n'

function signed(): string {
  const now = Math.floor(Date.now() / 1000)
  return signDkim(Buffer.from(text), { keys: [signing], now }).join('') + text
}

async function send(
  south: TestSite,
  to: string,
  message: string,
  from = 'jo@west.example',
): Promise<number> {
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const mail = await talk.say(`MAIL FROM:<${from}>`, 250)
  const rcpt = await talk.say(`RCPT TO:<${to}>`)
  if (rcpt.code !== 250) return rcpt.code
  assert.equal(mail.code, 250)
  const said = await talk.data(message)
  await talk.quit()
  return said.code
}

async function last(south: TestSite): Promise<JourneyRecord> {
  const [journey] = await journeysIn(south.store)
  return journey?.record ?? assert.fail('no journey')
}

async function waiting(south: TestSite): Promise<readonly string[]> {
  const items = await south.store.queue.list({ limit: 100 })
  return items.map(({ recipient, reversePath }) => `${recipient} from ${reversePath}`).sort()
}

async function filed(south: TestSite, account: string): Promise<number> {
  return (await south.store.mailboxes.items({ account, limit: 10 })).length
}

test('what is handed on passes SPF, DKIM and ARC at the next server, and DMARC by its signature', async (t) => {
  const south = await open(t)
  assert.equal(await send(south, 'gone@south.example', signed()), 250)
  const [item] = await south.store.queue.list({ limit: 9 })
  assert.ok(item !== undefined)
  assert.equal(item.recipient, outside)
  assert.match(item.reversePath, /^SRS0=.{4}=..=west\.example=jo@south\.example$/)
  const octets = Buffer.from(await storedText(south.store, item.messageId), 'latin1')
  const resolver = new MemoryResolver(zone)
  const now = Math.floor(Date.now() / 1000)
  const facts = { ip: '203.0.113.20', helo: 'mx.south.example', mailFrom: item.reversePath }
  const spf = await checkSpf({ ...facts, receiver: 'mx.far.example', now }, resolver)
  assert.equal(spf.result, 'pass')
  const dkim = await verifyDkim(octets, { resolver, now })
  assert.deepEqual(
    dkim.map(({ result, domain }) => `${result} ${domain}`),
    ['pass west.example'],
  )
  const arc = await verifyArc(octets, { resolver, now })
  assert.equal(arc.result, 'pass')
  const head = octets.toString('latin1')
  assert.match(head, /^X-Loop: gone@south\.example\r\nARC-Seal: [^]*?\scv=none;[^]*? i=1;/)
  assert.match(head, /^ARC-Authentication-Results: i=1; mx\.south\.example;[^]*dmarc=pass/m)
  assert.match(head, /^X-Loop: gone@south\.example\r$/m)
  const { steps, outcome } = await last(south)
  assert.equal(outcome.status, 'queued')
  const step = steps.find(({ type }) => type === 'forwarded')
  assert.ok(step?.type === 'forwarded' && step.seal.type === 'sealed')
  assert.match(tell(step)[0]?.answer ?? '', /^To ann@far\.example, as SRS0=/)
})

test('an alias and an account may say both: a copy here, and one to each address outside', async (t) => {
  const south = await open(t)
  assert.equal(await send(south, 'team@south.example', signed()), 250)
  assert.equal(await filed(south, receiver), 1)
  assert.deepEqual(
    (await waiting(south)).map((one) => one.split(' ')[0]),
    [outside, 'ben@far.example'],
  )
  assert.equal(await send(south, 'both@south.example', signed()), 250)
  assert.equal(await filed(south, 'both@south.example'), 1)
  assert.equal((await waiting(south)).length, 3)
})

test('what nobody stands behind is not handed on: refused, or filed here as spam alone', async (t) => {
  const south = await open(t)
  const forged = text.replaceAll('west.example', 'north.example')
  assert.equal(await send(south, 'gone@south.example', forged, 'jo@north.example'), 550)
  assert.equal(
    (await last(south)).steps.some(({ type }) => type === 'not-forwarded'),
    true,
  )
  assert.equal(await send(south, 'both@south.example', forged, 'jo@north.example'), 250)
  assert.equal(await filed(south, 'both@south.example'), 1)
  const reject = text.replace('Hello', 'Changed')
  assert.equal(await send(south, 'gone@south.example', reject, 'x@else.example'), 550)
  assert.deepEqual(await waiting(south), [])
})

test('a report comes back to the first sender, by a good address, with no sender, and in time', async (t) => {
  const south = await open(t)
  const report =
    'From: MAILER-DAEMON@far.example\r\nTo: x@south.example\r\nSubject: failed\r\n\r\nNo.\r\n'
  const at = (now: number): string =>
    srsForward('jo@west.example', { ...srs, now }) ?? assert.fail('it can be rewritten')
  const good = at(Date.now())
  assert.equal(await send(south, good, report, ''), 250)
  assert.deepEqual(await waiting(south), ['jo@west.example from '])
  const step = (await last(south)).steps.find(({ type }) => type === 'forwarded')
  assert.ok(step?.type === 'forwarded' && step.because === 'bounce')
  assert.equal(await send(south, good, text, 'spam@else.example'), 550, 'it is no open relay')
  assert.equal(await send(south, good.replace('=jo@', '=bob@'), report, ''), 550)
  assert.equal(await send(south, at(Date.now() - 23 * 86_400_000), report, ''), 550)
  assert.equal((await waiting(south)).length, 1)
})

test('a letter that comes back to the address it was handed on for runs in a circle', async (t) => {
  const south = await open(t)
  const again = `X-Loop: gone@south.example\r\n${signed()}`
  assert.equal(await send(south, 'gone@south.example', again), 554)
  assert.deepEqual(await waiting(south), [])
})

test('the null reverse-path stays null, and who is not proved gets no reports', async (t) => {
  const south = await open(t)
  assert.equal(await send(south, 'gone@south.example', signed(), ''), 250)
  assert.deepEqual(await waiting(south), [`${outside} from `])
  const unsigned = text.replaceAll('west.example', 'plain.example')
  assert.equal(await send(south, 'gone@south.example', unsigned, 'jo@plain.example'), 250)
  const items = await south.store.queue.list({ limit: 9 })
  const item = items.find(({ reversePath }) => reversePath !== '')
  assert.deepEqual(item?.dsn, { notify: ['never'], unproven: true, rcptTo: 'gone@south.example' })
})

test('what cannot be handed on is told to the first sender, and to nobody who is not proved', async (t) => {
  // When it has gone nowhere, its octets are gone, and nothing can be judged again.
  const south = await open(t, { replay: false })
  assert.equal(await send(south, 'lost@south.example', signed()), 250)
  const told = async (): Promise<readonly string[]> =>
    (await journeysIn(south.store)).flatMap(({ record }) => {
      return record.outcome.status === 'created' ? record.envelope.rcptTo : []
    })
  const [report] = await south.when(async () => {
    const all = await told()
    return all.length > 0 ? all : undefined
  })
  assert.match(report ?? '', /^SRS0=.{4}=..=west\.example=jo@south\.example$/)
  const queued = (await south.store.queue.list({ limit: 9 })).map((item) => item.recipient)
  assert.deepEqual(queued, ['jo@west.example'])
})

/** Senders whose rewritten path must be quoted, or has a long local part. */
const odd = [
  '"jo w"@west.example',
  '"a@b"@west.example',
  `jo@[${strangerIp}]`,
  `${'x'.repeat(64)}@west.example`,
]
for (const from of odd) {
  test(`what ${from.slice(0, 24)} sends is handed on under a path that can be said, and undone`, async (t) => {
    const south = await open(t, { replay: false })
    assert.equal(await send(south, 'gone@south.example', signed(), from), 250)
    const [item] = await south.store.queue.list({ limit: 9 })
    assert.ok(item !== undefined)
    assert.ok(parseReversePath(`<${item.reversePath}>`).ok, item.reversePath)
    assert.equal(await send(south, item.reversePath, signed(), ''), 250)
    assert.ok((await waiting(south)).includes(`${from} from `))
  })
}

test('whose path would be too long to be handed on is refused at RCPT, and can write to people here', async (t) => {
  const south = await open(t, { replay: false })
  const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(40)}.west.example`
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say(`MAIL FROM:<${'x'.repeat(64)}@${host}>`, 250)
  const refused = await talk.say('RCPT TO:<gone@south.example>', 550)
  assert.match(refused.lines.join(' '), /your address is too long/)
  await talk.say(`RCPT TO:<${receiver}>`, 250)
  assert.equal((await talk.data(signed())).code, 250)
  await talk.quit()
  assert.deepEqual(await waiting(south), [])
})

async function sendToBoth(south: TestSite, ...all: readonly string[]): Promise<void> {
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('MAIL FROM:<jo@west.example>', 250)
  for (const one of all) await talk.say(`RCPT TO:<${one}>`, 250)
  assert.equal((await talk.data(signed())).code, 250)
  await talk.quit()
}

test('a blind copy is shown to nobody else, and comes to its own address by a detour (RFC 5321 §7.2)', async (t) => {
  const south = await open(t, { replay: false })
  await sendToBoth(south, 'gone@south.example', 'secret@south.example', receiver)
  const items = await south.store.queue.list({ limit: 9 })
  const item = items.find(({ recipient }) => recipient === outside)
  assert.ok(item !== undefined)
  const copy = await storedText(south.store, item.messageId)
  assert.match(copy, /^X-Loop: gone@south\.example\r\n/)
  assert.doesNotMatch(copy, /secret@south\.example/)
  // Ann hands hers on to secret@south.example, which it was never handed on for.
  assert.equal(await send(south, 'secret@south.example', copy), 250)
  assert.equal(await send(south, 'gone@south.example', copy), 554)
})

test('two addresses that lead to one elsewhere make one copy, which knows both', async (t) => {
  const south = await open(t, { replay: false })
  await sendToBoth(south, 'gone@south.example', 'again@south.example')
  const [item, ...more] = await south.store.queue.list({ limit: 9 })
  assert.ok(item !== undefined && more.length === 0)
  assert.deepEqual(item.dsn.alsoRcptTo, ['again@south.example'])
  const copy = await storedText(south.store, item.messageId)
  assert.equal(await send(south, 'again@south.example', copy), 554)
})

test('what an account has sent on and cannot be delivered is told to the account, not to the sender', async (t) => {
  const south = await open(t, { replay: false })
  assert.equal(await send(south, 'kept@south.example', signed()), 250)
  // The letter, and the report that its copy went nowhere.
  await south.when(async () =>
    (await filed(south, 'kept@south.example')) === 2 ? true : undefined,
  )
  const journeys = await journeysIn(south.store)
  const told = journeys.flatMap(({ record }) => {
    return record.outcome.status === 'created' ? record.envelope.rcptTo : []
  })
  assert.deepEqual(told, ['kept@south.example'])
  assert.doesNotMatch((await waiting(south)).join(), /jo@west/)
})

test('what an account has sent on needs no rewritten path, so the sender may be as long as may be', async (t) => {
  const south = await open(t, { replay: false })
  const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(40)}.west.example`
  const from = `${'x'.repeat(64)}@${host}`
  assert.equal(await send(south, 'both@south.example', signed(), from), 250)
  assert.deepEqual(await waiting(south), [`${outside} from both@south.example`])
})
