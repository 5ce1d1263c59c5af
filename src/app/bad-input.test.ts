import assert from 'node:assert/strict'
import { withinCpu } from '../base/test-support/cpu-time.ts'
import { ManualClock } from '../base/clock.ts'
import { seededRandom } from '../base/random.ts'
import { testsOf } from './test-support/both-ways.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, storedText } from './test-support/test-site.ts'
import { northZone, receiver } from './test-support/south.ts'
import { writtenJourney } from './test-support/written-journey.ts'

const test = testsOf('bad-input')

const zone = { ...northZone, '_dmarc.north.example': { TXT: ['v=DMARC1; p=none'] } }
const letter = {
  from: 'sender@north.example',
  to: receiver,
  message: 'From: sender@north.example\nSubject: x\n\nHello\n',
}

/** A reply that a person understands: words, and nothing of our inside. */
function readable(text: string): void {
  assert.match(text, /[a-z]{2,}.* .*[a-z]{2,}/i)
  assert.doesNotMatch(text, /undefined|\bat .*\.ts|Error:|SQLITE|node:/)
}

test('lines that are no commands each get an answer, and the session goes on', async (t) => {
  const { ports, reported } = await openTestSite(t, { zone })
  const cases: readonly (readonly [string, number])[] = [
    ['HELLO there', 500],
    ['', 500],
    [' EHLO x', 500],
    ['EHLO', 501],
    ['MAIL', 501],
    ['MAIL FROM', 501],
    ['MAIL TO:<a@north.example>', 501],
    ['MAIL FROM:a north.example', 501],
    ['MAIL FROM:<a@north.example', 501],
    ['MAIL FROM:<a@@north.example>', 501],
    ['MAIL FROM:<a@-north.example>', 501],
    ['MAIL FROM:<a b@north.example>', 501],
    ['MAIL FROM:<a@north.example> SIZE', 501],
    ['MAIL FROM:<a@north.example> SIZE=12x', 501],
    ['MAIL FROM:<a@north.example> SIZE=99999999999', 552],
    ['MAIL FROM:<a@north.example> BODY=9BIT', 501],
    ['MAIL FROM:<a@north.example> COLOUR=red', 555],
    ['MAIL FROM:<a@north.example> SIZE=1 SIZE=2', 501],
    ['RCPT TO:<b@south.example>', 503],
    ['DATA', 503],
    [`NOOP ${'x'.repeat(3000)}`, 500],
    ['EH\0LO x', 500],
    ['EHLO x\x07', 500],
    ['VRFY \xff\xfe', 500],
    ['MAIL FROM:<j\xfcrgen@north.example>', 500],
    ['EXPN everybody', 502],
    ['AUTH PLAIN AGEAYg==', 502],
    ['BDAT 10 LAST', 502],
    ['STARTTLS now', 501],
    ['QUIT now', 501],
  ]
  for (const [line, code] of cases) {
    const talk = await SmtpTalk.greeted(ports.smtp)
    const said = await talk.say(line)
    assert.equal(said.code, code, `${JSON.stringify(line.slice(0, 60))}: ${said.text}`)
    readable(said.text)
    assert.equal((await talk.letter(letter)).code, 250, line.slice(0, 60))
    talk.destroy()
  }
  assert.deepEqual(reported, [])
})

test('malformed recipients are refused, and the good one beside them is served', async (t) => {
  const { ports } = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(ports.smtp)
  await talk.say('MAIL FROM:<sender@north.example>', 250)
  for (const [line, code] of [
    ['RCPT TO:<>', 501],
    ['RCPT TO:<receiver>', 501],
    ['RCPT TO:<receiver@>', 501],
    ['RCPT TO:<@south.example>', 501],
    [`RCPT TO:<${'x'.repeat(400)}@south.example>`, 501],
    // Strangers are not offered reports.
    ['RCPT TO:<receiver@south.example> NOTIFY=SUCCESS', 555],
    ['RCPT TO:<receiver@south.example> FOO', 555],
    ['RCPT TO:<receiver@south..example>', 501],
    ['RCPT TO:<"unclosed@south.example>', 501],
  ] as const) {
    const said = await talk.say(line)
    assert.equal(said.code, code, `${line.slice(0, 50)}: ${said.text}`)
    readable(said.text)
  }
  await talk.say(`RCPT TO:<${receiver}>`, 250)
  assert.equal((await talk.data(letter.message)).code, 250)
})

test('a line without an end is not waited for', async (t) => {
  const { ports, store, when } = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(ports.smtp)
  talk.write('x'.repeat((1 << 20) + 10))
  const said = await talk.read(421)
  assert.match(said.text, /The line has no end, closing/)
  await talk.closed
  const row = await when(async () => (await store.journeys.list({ limit: 1 }))[0])
  assert.equal(row.status, 'dropped')
  const { view } = await journeyIn(store, row.id)
  assert.match(view.steps.at(-1)?.answer ?? '', /asked for too much/)
})

test('a client that makes too many errors is told so and let go', async (t) => {
  const { ports, store, when } = await openTestSite(t, { zone, limits: { errors: 5 } })
  const talk = await SmtpTalk.greeted(ports.smtp)
  for (let n = 0; n < 4; n++) await talk.say('WHAT', 500)
  const said = await talk.say('WHAT', 421)
  assert.match(said.text, /Too many errors/)
  await talk.closed
  const row = await when(async () => (await store.journeys.list({ limit: 1 }))[0])
  const { view } = await journeyIn(store, row.id)
  assert.match(view.steps.at(-1)?.answer ?? '', /made too many errors/)
})

test('a bare CR or LF is refused at the true end, and nothing behind it is a command', async (t) => {
  const { ports, store } = await openTestSite(t, { zone })
  const smuggled =
    'MAIL FROM:<evil@north.example>\r\nRCPT TO:<receiver@south.example>\r\nDATA\r\nFrom: x\r\n\r\nsmuggled\r\n'
  for (const end of ['\n.\n', '\n.\r\n', '\r.\r\n', '\r\n.\n', '\r.\r', '\r\n\0.\r\n']) {
    const talk = await SmtpTalk.greeted(ports.smtp)
    await talk.say('MAIL FROM:<sender@north.example>', 250)
    await talk.say(`RCPT TO:<${receiver}>`, 250)
    await talk.say('DATA', 354)
    talk.write(`From: sender@north.example\r\n\r\nx${end}${smuggled}.\r\n`)
    const said = await talk.read()
    if (end.includes('\0')) assert.equal(said.code, 250)
    else {
      assert.deepEqual([said.code, said.enhanced], [550, '5.6.0'], JSON.stringify(end))
      assert.match(said.text, /CR or LF alone/)
    }
    // One answer to one message: the next reply is that to the next command.
    assert.equal((await talk.say('NOOP')).text, 'OK')
    await talk.quit()
  }
  const rows = await store.journeys.list({ limit: 100 })
  assert.equal(rows.length, 6)
  assert.deepEqual(rows.map(({ status }) => status).sort(), [
    'delivered',
    'refused',
    'refused',
    'refused',
    'refused',
    'refused',
  ])
  assert.ok(rows.every(({ mailFrom }) => mailFrom === 'sender@north.example'))
})

test('NUL and every other octet in a body are kept as they came', async (t) => {
  const { ports, store } = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(ports.smtp)
  const all = Array.from({ length: 256 }, (_, n) => String.fromCharCode(n))
  const body = all.filter((octet) => octet !== '\r' && octet !== '\n').join('')
  const said = await talk.letter({ ...letter, message: `${letter.message}${body}\n` })
  assert.equal(said.code, 250)
  const text = await storedText(store, referenceIn(said))
  assert.ok(text.endsWith(`\r\n${body}\r\n`))
})

test('a body line of a megabyte is kept as it came', async (t) => {
  const { ports, store } = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(ports.smtp)
  const line = 'x'.repeat(1 << 20)
  const said = await talk.letter({ ...letter, message: `${letter.message}${line}\n` })
  assert.equal(said.code, 250)
  const text = await storedText(store, referenceIn(said))
  assert.ok(text.endsWith(`\r\n${line}\r\n`))
})

test('headers that are endless, in length or in fields, are refused with a reason', async (t) => {
  const { ports, store, reported } = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(ports.smtp)
  const cases: readonly (readonly [string, number, string, RegExp])[] = [
    [`X-Long: ${'x'.repeat(2_000_000)}\n`, 552, '5.3.4', /longer than 1 MiB/],
    [`X-Folded: y\n${`\t${'x'.repeat(70)}\n`.repeat(20_000)}`, 552, '5.3.4', /longer than 1 MiB/],
    ['A: b\n'.repeat(10_001), 554, '5.6.0', /more than 10000 fields/],
    ['Received: x\n'.repeat(9_990), 554, '5.4.6', /too many Received/],
    ['Received: x\n'.repeat(10_000), 554, '5.6.0', /more than 10000 fields/],
  ]
  for (const [fields, code, enhanced, words] of cases) {
    const said = await talk.letter({ ...letter, message: fields + letter.message })
    assert.deepEqual([said.code, said.enhanced], [code, enhanced])
    assert.match(said.text, words)
    const { view, status } = await journeyIn(store, referenceIn(said))
    assert.equal(status, 'refused')
    assert.ok(view.steps.some(({ id, verdict }) => id === 'refused' && verdict === 'fail'))
  }
  assert.equal((await talk.letter(letter)).code, 250)
  assert.deepEqual(reported, [])
})

test('a header that is no header is still a message', async (t) => {
  const { ports, store } = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(ports.smtp)
  for (const message of [
    '',
    '\n',
    'no colon here\n\nbody\n',
    ': empty name\n\nbody\n',
    ' begins with a space\nFrom: a@north.example\n\nx\n',
    'From: a@north.example\n',
    'From: =?utf-8?q?=00=0A?= <a@north.example>\nSubject: =?bogus?x?y?=\n\nx\n',
    `From: ${'('.repeat(5000)}a@north.example\n\nx\n`,
    `From: ${'a@north.example,'.repeat(1000)}\n\nx\n`,
    `Subject: ${'=?utf-8?q?x?= '.repeat(10_000)}\n\nx\n`,
    `DKIM-Signature: v=1; d=north.example; ${'a=b;'.repeat(10_000)}\nFrom: a@north.example\n\nx\n`,
    `${'DKIM-Signature: v=1; a=rsa-sha256; d=n.example; s=s; h=from; bh=; b=\n'.repeat(2000)}From: a@north.example\n\nx\n`,
    `${'Authentication-Results: mx.south.example; dkim=pass\n'.repeat(2000)}From: a@north.example\n\nx\n`,
  ]) {
    const name = message.slice(0, 30)
    const said = await withinCpu(3000, name, () => talk.letter({ ...letter, message }))
    assert.ok([250, 550].includes(said.code), `${name}: ${said.text}`)
    assert.ok(referenceIn(said).length > 0)
  }
  assert.equal((await store.counts()).messages, 13)
})

test('a message that is too big is refused before it comes when it says so, else behind it', async (t) => {
  const south = await openTestSite(t, { zone, limits: { messageBytes: 100_000 } })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const said = await talk.say('MAIL FROM:<sender@north.example> SIZE=100001')
  assert.deepEqual([said.code, said.enhanced], [552, '5.3.4'])
  const big = await talk.letter({ ...letter, message: letter.message + 'x'.repeat(120_000) })
  assert.deepEqual([big.code, big.enhanced], [552, '5.3.4'])
  assert.match(big.text, /too big: at most 100000 octets/)
  await talk.quit()
  const { view } = await writtenJourney(south, big)
  assert.equal(view.outcome.status, 'refused')
  assert.match(
    view.steps.find(({ id }) => id === 'message')?.answer ?? '',
    /larger than this server takes/,
  )
  assert.equal((await south.store.counts()).messages, 0)
})

test('more recipients than are taken at once are asked to come again', async (t) => {
  const { ports } = await openTestSite(t, { zone, limits: { recipients: 100 } })
  const talk = await SmtpTalk.greeted(ports.smtp)
  await talk.say('MAIL FROM:<sender@north.example>', 250)
  for (let n = 0; n < 100; n++) await talk.say(`RCPT TO:<receiver+${n}@south.example>`, 250)
  const said = await talk.say(`RCPT TO:<${receiver}>`)
  assert.deepEqual([said.code, said.enhanced], [452, '4.5.3'])
  assert.equal((await talk.data(letter.message)).code, 250)
})

test('a peer that stalls, in a command or in a message, is let go with a word', async (t) => {
  const clock = new ManualClock(1_800_000_000_000)
  const { ports, store, when } = await openTestSite(t, { zone, clock })
  const idle = await SmtpTalk.greeted(ports.smtp)
  const midway = await SmtpTalk.greeted(ports.smtp)
  await midway.say('MAIL FROM:<sender@north.example>', 250)
  await midway.say(`RCPT TO:<${receiver}>`, 250)
  await midway.say('DATA', 354)
  midway.write('From: sender@north.example\r\n')
  const silent = await SmtpTalk.open(ports.submissions, { tls: true })
  await silent.read(220)
  clock.advance(5 * 60_000)
  for (const talk of [idle, midway, silent]) {
    assert.equal((await talk.read()).enhanced, '4.4.2')
    await talk.closed
  }
  const rows = await when(async () => {
    const all = await store.journeys.list({ limit: 10 })
    return all.length === 3 ? all : undefined
  })
  assert.deepEqual(
    rows.map(({ status }) => status),
    ['dropped', 'dropped', 'dropped'],
  )
})

test('a peer that closes its side at any point leaves a journey and nothing else', async (t) => {
  const { ports, store, when, reported } = await openTestSite(t, { zone })
  const dialogue = [
    'EHLO x.example\r\n',
    'MAIL FROM:<sender@north.example>\r\n',
    `RCPT TO:<${receiver}>\r\n`,
    'DATA\r\n',
    'From: sender@north.example\r\nSubject: half\r\n',
    '\r\nHel',
    'lo\r\n.\r',
  ]
  for (let count = 0; count <= dialogue.length; count++) {
    for (const how of ['half', 'destroy'] as const) {
      const before = (await store.journeys.list({ limit: 100 })).length
      const talk = await SmtpTalk.open(ports.smtp)
      await talk.read(220)
      talk.write(dialogue.slice(0, count).join(''))
      await talk.flushed()
      talk[how]()
      if (how === 'half') await talk.closed
      const rows = await when(async () => {
        const all = await store.journeys.list({ limit: 100 })
        return all.length > before ? all : undefined
      })
      assert.equal(rows[0]?.status, 'dropped', `after ${count} pieces, ${how}`)
    }
  }
  assert.deepEqual(await store.mailboxes.items({}), [])
  assert.deepEqual(reported, [])
})

test('noise is answered or hung up on, and the server lives on', async (t) => {
  const { ports, reported } = await openTestSite(t, { zone })
  const random = seededRandom(2026)
  const words = ['EHLO x', 'MAIL FROM:<a@b.example>', `RCPT TO:<${receiver}>`, 'DATA', '.', 'RSET']
  const piece = (): string => {
    const kind = Math.floor(random() * 4)
    if (kind === 0) return `${words[Math.floor(random() * words.length)] ?? ''}\r\n`
    if (kind === 1) return '\r\n'
    const length = Math.floor(random() * 60)
    const range = kind === 2 ? 256 : 96
    const octets = Array.from({ length }, () => Math.floor(random() * range) + (256 - range) / 5)
    return String.fromCharCode(...octets.map((octet) => Math.floor(octet) & 255))
  }
  await Promise.all(
    Array.from({ length: 60 }, async (_, n) => {
      const port = n % 3 === 0 ? ports.submission : ports.smtp
      const talk = await SmtpTalk.open(port)
      await talk.read(220)
      talk.write(Array.from({ length: 40 }, piece).join(''))
      talk.half()
      await talk.closed
    }),
  )
  const talk = await SmtpTalk.greeted(ports.smtp)
  assert.equal((await talk.letter(letter)).code, 250)
  assert.deepEqual(reported, [])
})

test('TLS octets on a clear port and clear text on the TLS port are let go', async (t) => {
  const { ports, reported, store, when } = await openTestSite(t, { zone })
  const talk = await SmtpTalk.open(ports.smtp)
  await talk.read(220)
  talk.write('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03')
  assert.match((await talk.read(500)).text, /STARTTLS/)
  await talk.closed
  const plain = await SmtpTalk.open(ports.submissions)
  plain.write('EHLO x.example\r\n')
  await plain.closed
  // Whose handshake failed has a journey with the reason, and is no fault of ours.
  const failed = await when(
    async () => (await store.journeys.list({ limit: 9, direction: 'out' }))[0],
  )
  const { view } = await journeyIn(store, failed.id)
  assert.ok(
    view.steps.some(({ answer }) => answer.includes('TLS')),
    JSON.stringify(view.steps),
  )
  assert.deepEqual(reported, [])
})
