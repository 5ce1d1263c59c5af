/** Python's smtplib as a client, and below it a socket that behaves as clients should not. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fieldOf } from './letters.ts'
import { peersAreHere, python } from './peers.ts'
import { run } from './processes.ts'
import { anna, ben, openWaybill, stepsOf, type Waybill } from './waybill.ts'

const needs = { programs: [python] }
const script = join(import.meta.dirname, 'python', 'smtp_client.py')

/** Plays one way of `smtp_client.py` and gives what the server said at each step. */
async function play(waybill: Waybill, way: string): Promise<readonly unknown[]> {
  const { code, stdout, stderr } = await run(python, [script, way, String(waybill.ports.smtp)])
  assert.equal(code, 0, stderr)
  const said: unknown = JSON.parse(stdout)
  assert.ok(Array.isArray(said))
  return said
}

const hello = ['220 mail.north.example ESMTP Waybill', '250 SMTPUTF8']
const untilData = [
  ...hello,
  '250 2.1.0 Sender OK',
  '250 2.1.5 Recipient OK',
  '354 Send the message, end with <CRLF>.<CRLF>',
]
const filed = /^250 2\.0\.0 Filed\. Ref [0-9a-z]{16}$/
const bareNewline = /^550 5\.6\.0 .* Ref [0-9a-z]{16}$/

interface Way {
  readonly name: string
  readonly is: string
  readonly said: readonly (string | RegExp)[]
  /** How many letters Anna gets by it. */
  readonly letters: number
  readonly body?: string
}

const ways: readonly Way[] = [
  {
    name: 'pipelined',
    is: 'commands that come together are answered in order, and a message among them is one',
    said: [
      ...hello,
      '250 2.1.0 Sender OK',
      /^550 5\.1\.1 /,
      '250 2.1.5 Recipient OK',
      /^354 /,
      filed,
      '250 2.1.0 Sender OK',
      '250 2.1.5 Recipient OK',
      '250 2.0.0 OK',
      '250 2.0.0 OK',
      /^221 /,
      'closed',
    ],
    letters: 1,
    body: 'Hello.\r\n',
  },
  {
    name: 'half_close',
    is: 'a client that has closed its side still hears that its message was taken',
    said: [...untilData, filed, /^221 /, 'closed'],
    letters: 1,
    body: 'Hello.\r\n',
  },
  {
    name: 'gives_up',
    is: 'half a message is none',
    said: [...untilData, 'closed'],
    letters: 0,
  },
  {
    name: 'slow',
    is: 'a message may come octet by octet',
    said: [...untilData, filed],
    letters: 1,
    body: '.one dot\r\n',
  },
  {
    name: 'bare_lf',
    is: 'a message with an LF alone is refused at its end, and the session goes on',
    said: [...untilData, bareNewline, '250 2.0.0 OK'],
    letters: 0,
  },
  {
    name: 'bare_cr',
    is: 'a message with a CR alone is refused at its end, and the session goes on',
    said: [...untilData, bareNewline, '250 2.0.0 OK'],
    letters: 0,
  },
  {
    name: 'smuggled',
    is: 'commands behind LF . LF are text',
    said: [...untilData, bareNewline, '250 2.0.0 OK'],
    letters: 0,
  },
  {
    name: 'smuggled_crlf',
    is: 'commands behind LF . CRLF are text',
    said: [...untilData, bareNewline, '250 2.0.0 OK'],
    letters: 0,
  },
  {
    // RFC 5321 §4.5.2: "The mail data may contain any of the 128 ASCII character codes."
    name: 'nul',
    is: 'a NUL is an octet as any other',
    said: [...untilData, filed, '250 2.0.0 OK'],
    letters: 1,
    body: 'one\0two\r\n',
  },
  {
    // RFC 3207 §5, CVE-2011-0411
    name: 'starttls_injection',
    is: 'what comes behind STARTTLS in clear text is not read after the handshake',
    said: [...hello, /^220 2\.0\.0 /, '250 2.0.0 OK'],
    letters: 0,
  },
  {
    name: 'long_line',
    is: 'a command without end is refused, and the next one is heard',
    said: ['220 mail.north.example ESMTP Waybill', /^500 5\.5\.2 /, '250 2.0.0 OK'],
    letters: 0,
  },
  {
    name: 'http',
    is: 'a web client is told where it is, and what it says behind is not heard',
    said: [
      '220 mail.north.example ESMTP Waybill',
      /^502 .* web server\. Ref [0-9a-z]{16}$/,
      'closed',
    ],
    letters: 0,
  },
]

test('clients that behave oddly get what they said and nothing else', async (t) => {
  if (!peersAreHere(t, needs)) return
  const waybill = await openWaybill(t)
  await waybill.publish({ 'stranger.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] } })
  for (const { name, is, said, letters, body } of ways) {
    await t.test(is, async () => {
      const before = await waybill.letters(anna)
      const heard = await play(waybill, name)
      assert.equal(heard.length, said.length, JSON.stringify(heard))
      for (const [index, expected] of said.entries()) {
        const line = String(heard[index])
        if (typeof expected === 'string') assert.equal(line, expected)
        else assert.match(line, expected)
      }
      const after = await waybill.letters(anna)
      assert.equal(after.length - before.length, letters)
      if (body === undefined) return
      const text = after.at(-1)?.text ?? ''
      assert.equal(text.slice(text.indexOf('\r\n\r\n') + 4), body)
    })
  }
  await t.test('garbage is borne for a while, then the line is closed', async () => {
    const heard = await play(waybill, 'garbage')
    assert.equal(heard.at(-1), 'closed')
    assert.match(String(heard.at(-2)), /^421 4\.7\.0 /)
  })
  assert.equal((await waybill.letters(ben)).length, 0)
  const journeys = await waybill.journeys()
  assert.ok(!journeys.some(({ envelope }) => envelope.mailFrom === 'eve@evil.example'))
})

test('smtplib sends two letters over one connection, to two of three recipients', async (t) => {
  if (!peersAreHere(t, needs)) return
  const waybill = await openWaybill(t)
  await waybill.publish({ 'stranger.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] } })
  const refused = { 'nobody@north.example': 550 }
  assert.deepEqual(await play(waybill, 'library'), [refused, refused])
  for (const account of [anna, ben]) {
    const letters = await waybill.letters(account)
    const subjects = letters.map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1])
    assert.deepEqual(subjects, ['from smtplib 1', 'from smtplib 2'])
    for (const { journey } of letters) {
      assert.equal(stepsOf(journey, 'recipient').length, 3)
      assert.equal(stepsOf(journey, 'tls').length, 1)
    }
  }
})

test('smtplib reaches a local part outside ASCII with SMTPUTF8', async (t) => {
  if (!peersAreHere(t, needs)) return
  const waybill = await openWaybill(t)
  await waybill.publish({ 'stranger.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] } })
  assert.deepEqual(await play(waybill, 'utf8'), ['sent'])
  const [letter] = await waybill.letters(anna)
  assert.ok(letter !== undefined)
  assert.deepEqual(letter.journey.envelope.rcptTo, ['änna@north.example'])
  // RFC 6531 §4.3
  assert.match(fieldOf(letter.text, 'Received') ?? '', / with UTF8SMTP /)
})
