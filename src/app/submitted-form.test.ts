import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { octetsOf } from '../base/octets.ts'
import { verifyDkim } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, type Said, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, storedText, type TestSite } from './test-support/test-site.ts'
import { password, receiver as user, southKeyZone } from './test-support/south.ts'

const someone = 'someone@north.example'
const x = (count: number): string => 'x'.repeat(count)

interface Sender {
  readonly south: TestSite
  readonly send: (header: readonly string[], body?: string) => Promise<Said>
  /** The content as it is, lines ended with LF or CRLF. */
  readonly raw: (content: string) => Promise<Said>
}

async function openSender(t: TestContext): Promise<Sender> {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await talk.login(user, password, 235)
  return {
    south,
    async send(header, body = 'Hi\n') {
      const message = `${[`From: ${user}`, ...header].join('\n')}\n\n${body}`
      return talk.letter({ from: user, to: someone, message })
    },
    async raw(content) {
      await talk.say(`MAIL FROM:<${user}>`, 250)
      await talk.say(`RCPT TO:<${someone}>`, 250)
      await talk.say('DATA', 354)
      talk.write(`${content.replace(/\r?\n/g, '\r\n')}.\r\n`)
      return talk.read()
    },
  }
}

/** The stored letter, which must be signed as it stands. */
async function sent({ south }: Sender, said: Said): Promise<string> {
  assert.equal(said.code, 250, said.text)
  const text = await storedText(south.store, referenceIn(said))
  const verdicts = await verifyDkim(octetsOf(text), {
    resolver: new MemoryResolver(southKeyZone()),
    now: Math.floor(south.clock.now() / 1000),
  })
  assert.deepEqual(
    verdicts.map(({ result }) => result),
    ['pass', 'pass'],
  )
  for (const line of text.split('\r\n')) assert.ok(line.length <= 998, line.slice(0, 40))
  return text
}

async function adapted({ south }: Sender, said: Said): Promise<unknown> {
  const { record } = await journeyIn(south.store, referenceIn(said))
  const step = record.steps.find(({ type }) => type === 'adapted')
  return step?.type === 'adapted' ? [step.removed, step.folded] : undefined
}

async function refusal(sender: Sender, said: Said): Promise<string> {
  const { store } = sender.south
  const id = referenceIn(said)
  assert.deepEqual(await store.queue.list({ limit: 1 }), [])
  assert.equal((await journeyIn(store, id)).status, 'refused')
  assert.equal(await store.messages.open(id), undefined, 'what a user sends is not kept')
  return said.text.replace(/ Ref \S+$/, '')
}

test('nobody sees who got a blind copy, nor a Return-Path of the sender, and it is signed so', async (t) => {
  const sender = await openSender(t)
  const said = await sender.send([
    'Return-Path: <x@elsewhere.example>',
    'Bcc: secret@north.example,',
    ' more@north.example',
    'To: someone@north.example',
    'BCC : other@south.example',
    'Resent-Bcc: secret@north.example',
    'Subject: x',
  ])
  const text = await sent(sender, said)
  assert.doesNotMatch(text, /secret|more@|other@|elsewhere|^(?:Resent-)?bcc|Return-Path/im)
  assert.ok(text.endsWith(`From: ${user}\r\nTo: ${someone}\r\nSubject: x\r\n\r\nHi\r\n`), text)
  assert.deepEqual(await adapted(sender, said), [['return-path', 'bcc', 'resent-bcc'], []])
})

test('a header with long lines is folded where it stands, and signed so', async (t) => {
  const sender = await openSender(t)
  const ids = Array.from({ length: 60 }, (_, i) => `<${i}.a.long.enough.id@example.com>`).join(' ')
  const said = await sender.send(
    ['Bcc: secret@north.example', 'Subject: a', `References: ${ids}`, 'no field', 'X-Last: b'],
    'Hi\n',
  )
  const text = await sent(sender, said)
  assert.ok(text.endsWith('\r\nno field\r\nX-Last: b\r\n\r\nHi\r\n'))
  assert.match(text, /\r\nSubject: a\r\nReferences: <0\.a\./)
  assert.doesNotMatch(text, /^bcc/im)
  assert.ok(text.replaceAll('\r\n ', ' ').includes(`References: ${ids}\r\n`))
  assert.deepEqual(await adapted(sender, said), [['bcc'], ['references']])
})

test('a letter that is in order is sent as it is', async (t) => {
  const sender = await openSender(t)
  const said = await sender.send(
    [`Subject: ${x(989)}`, 'Date: Mon, 02 Nov 2026 10:00:00 +0000'],
    x(998),
  )
  const text = await sent(sender, said)
  assert.ok(
    text.endsWith(
      `Subject: ${x(989)}\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n\r\n${x(998)}\r\n`,
    ),
  )
  assert.equal(await adapted(sender, said), undefined)
})

test('what cannot be made fit is refused with a sentence', async (t) => {
  const sender = await openSender(t)
  const table: readonly (readonly [readonly string[], string, string])[] = [
    [
      [`Subject: ${x(1000)}`],
      'Hi\n',
      'The field subject has a line of more than 998 octets, and no space to fold it at.',
    ],
    [
      [x(1000)],
      'Hi\n',
      'The header has a line of more than 998 octets, and no space to fold it at.',
    ],
    [
      [x(1000), 'Subject: x'],
      'Hi\n',
      'The header has a line of more than 998 octets, and no space to fold it at.',
    ],
    [
      [`From: Me <${user}>`],
      'Hi\n',
      'The message has more than one From field (RFC 5322 section 3.6).',
    ],
    [['Subject: x'], 'a\0b\n', 'The message has a NUL; such an octet must be encoded.'],
    [['Subject: x\0'], 'Hi\n', 'The message has a NUL; such an octet must be encoded.'],
  ]
  for (const [header, body, wanted] of table) {
    const said = await sender.send(header, body)
    assert.deepEqual([said.code, said.enhanced], [550, '5.6.0'], said.text)
    assert.equal(await refusal(sender, said), wanted)
  }
})

test('a body with a long line is refused with a sentence', async (t) => {
  const sender = await openSender(t)
  for (const body of [`${x(999)}\n`, `a\n\n${x(999)}\nb\n`, `${x(70_000)}\n`]) {
    const said = await sender.send([], body)
    assert.equal(said.code, 550)
    assert.equal(
      await refusal(sender, said),
      'A line of the message is longer than 998 octets; send it as quoted-printable or base64.',
    )
  }
})

test('the line of an mbox in front of a letter is taken out, wherever a program left it', async (t) => {
  const sender = await openSender(t)
  const dividing = 'From 0a0ae3e955aed0f3e3d29882fb3d3cb575e0009b Mon Sep 17 00:00:00 2001\n'
  for (const before of [dividing, `>${dividing}`, `>${dividing}${dividing}`]) {
    for (const field of ['Subject: a', `References: ${'<a@b.example> '.repeat(100)}`]) {
      const said = await sender.raw(
        `${before}From: ${user}\nBcc: b@north.example\n${field}\n\nHi\n`,
      )
      const text = await sent(sender, said)
      assert.doesNotMatch(text, /0a0ae3e9|b@north/)
      assert.match(text, /\r\nFrom: receiver@south\.example\r\n/)
      const folded = field.startsWith('R') ? ['references'] : []
      assert.deepEqual(await adapted(sender, said), [['mbox from line', 'bcc'], folded])
    }
  }
  // Only where it stands in front, and only where it is one.
  const said = await sender.raw(`Subject: x\n${dividing}From: ${user}\n\n${dividing}`)
  assert.equal((await sent(sender, said)).split('0a0ae3e9').length, 3)
})

test('a letter whose header has no empty line behind it gets one', async (t) => {
  const sender = await openSender(t)
  for (const [content, end] of [
    [`From: ${user}\r\nSubject: x\r\n`, `From: ${user}\r\nSubject: x\r\n\r\n`],
    [`From: ${user}\r\nBcc: b@north.example\r\n`, `From: ${user}\r\n\r\n`],
    ['', `From: <${user}>\r\n\r\n`],
  ] as const) {
    const said = await sender.raw(content)
    assert.ok((await sent(sender, said)).endsWith(end), content)
    const { view } = await journeyIn(sender.south.store, referenceIn(said))
    const told = view.steps.find(({ id }) => id === 'adapted')
    assert.match(told?.answer ?? '', /an empty line was put behind the header/)
    assert.equal(told?.['ended'], true)
  }
  for (const whole of [`From: ${user}\n\n`, '\n', '\nnot a field\n']) {
    const said = await sender.raw(whole)
    await sent(sender, said)
    assert.equal(await adapted(sender, said), undefined)
  }
})

test('lists of addresses and ids that were written without spaces are folded behind their marks', async (t) => {
  const sender = await openSender(t)
  const people = Array.from(
    { length: 60 },
    (_, i) => `"a,\\"${i}"(b,c)<person${i}@long.north.example>`,
  )
  const ids = Array.from({ length: 60 }, (_, i) => `<${i}.a.long.enough.id@example.com>`)
  const said = await sender.send([`To: ${people.join(',')}`, `References: ${ids.join('')}`])
  const text = (await sent(sender, said)).replaceAll('\r\n ', ' ')
  assert.ok(text.includes(`\r\nTo: ${people.join(', ')}\r\n`), text)
  assert.ok(text.includes(`\r\nReferences: ${ids.join(' ')}\r\n`))
  assert.deepEqual(await adapted(sender, said), [[], ['to', 'references']])
})

test('an author without an address is refused with what stands there', async (t) => {
  const sender = await openSender(t)
  for (const [field, wanted] of [
    [`From: Tester, Joe <${user}>`, 'From has "Tester" where'],
    [
      'From: =?utf-8?q?receiver=40south=2Eexample?=',
      'From has "=?utf-8?q?receiver=40south=2Eexample?=" where',
    ],
    ['From: <>', 'From has something that is no address where'],
    [`From: ${user}\nSender: Joe, <x@north.example>`, 'Sender has "Joe" where'],
  ] as const) {
    const said = await sender.raw(`${field}\n\nHi\n`)
    assert.deepEqual([said.code, said.enhanced], [550, '5.6.0'], said.text)
    assert.ok((await refusal(sender, said)).startsWith(wanted), said.text)
  }
})

test('what strangers send is not touched: long lines, NUL and all', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const letter = `From: x@nowhere.example\nBcc: a@b.example\n\n${x(2000)}\0\n`
  const said = await talk.letter({ from: 'x@nowhere.example', to: user, message: letter })
  assert.equal(said.code, 250, said.text)
  const text = await storedText(south.store, referenceIn(said))
  assert.ok(text.endsWith(letter.replaceAll('\n', '\r\n')))
})
