import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8, isAscii, octetString } from '../base/octets.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { journeyIn, type TestJourney } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, storedText, type TestSite } from './test-support/test-site.ts'
import { TestNetwork } from './test-support/test-network.ts'
import { northZone, password, receiver as user } from './test-support/south.ts'

const long = `reply+${'a'.repeat(80)}`

/** The remarks of the sender and of each recipient, as the record has them. */
function remarks({ record, view }: TestJourney): readonly unknown[] {
  const told = view.steps.filter((step) => step.id === 'sender' || step.id === 'recipient')
  const kept = record.steps.flatMap((step) => {
    return step.type === 'sender' || step.type === 'recipient' ? [step.remarks ?? []] : []
  })
  for (const [index, { answer }] of told.entries()) {
    const some = (kept[index] ?? []).length > 0
    assert.equal(answer.includes('Not as RFC 5321 has it: '), some, answer)
  }
  return kept
}

async function open(t: Parameters<typeof openTestSite>[0]): Promise<{
  readonly south: TestSite
  readonly fake: FakeServer
}> {
  const fake = await FakeServer.open(t)
  const network = new TestNetwork()
  network.at('192.0.2.10', fake.port)
  const zone = {
    'north.example': { MX: ['10 mx.north.example'] },
    'mx.north.example': { A: ['192.0.2.10'] },
    'x_y.north.example': { A: ['192.0.2.10'] },
  }
  return { south: await openTestSite(t, { zone, dialer: network }), fake }
}

test('port 25 takes odd senders and recipients, and says what is odd about them', async (t) => {
  const { south } = await open(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say(`MAIL FROM: <${long}@x_y.nowhere.example.> BODY=7BIT`, 250)
  await talk.say('RCPT TO:receiver+..@south.example.', 250)
  await talk.say('RCPT TO:<receiver@south.example>', 250)
  const id = referenceIn(await talk.data('From: x@nowhere.example\n\n'))
  const journey = await journeyIn(south.store, id)
  assert.deepEqual(remarks(journey), [
    ['space-before-path', 'long-local-part', 'underscore', 'trailing-dot'],
    ['no-brackets', 'odd-dots', 'trailing-dot'],
    [],
  ])
  assert.deepEqual(journey.record.envelope.rcptTo, ['"receiver+.."@south.example', user])
  assert.equal(journey.record.envelope.mailFrom, `${long}@x_y.nowhere.example`)
})

test('users send to odd addresses, and they go out so that every server reads them', async (t) => {
  const { south, fake } = await open(t)
  const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await talk.login(user, password, 235)
  await talk.say(`MAIL FROM: ${user}`, 250)
  await talk.say(`RCPT TO:<${long}@north.example>`, 250)
  await talk.say('RCPT TO:<some..one.@north.example.>', 250)
  await talk.say('RCPT TO: <x@x_y.north.example>', 250)
  const id = referenceIn(await talk.data(`From: ${user}\n\n`))
  await south.when(() => (fake.letters.length === 2 ? true : undefined))
  assert.deepEqual(fake.letters.flatMap(({ rcpt }) => rcpt.map((line) => line.slice(8))).sort(), [
    `<"some..one."@north.example>`,
    `<${long}@north.example>`,
    '<x@x_y.north.example>',
  ])
  assert.deepEqual(remarks(await journeyIn(south.store, id)), [
    ['space-before-path', 'no-brackets'],
    ['long-local-part'],
    ['odd-dots', 'trailing-dot'],
    ['space-before-path', 'underscore'],
  ])
})

test('a path has its limit, and nothing that is no address gets into a line', async (t) => {
  const { south } = await open(t)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say('MAIL FROM:<x@nowhere.example>', 250)
  await talk.say(`RCPT TO:<${'a'.repeat(240)}@south.example>`, 550)
  await talk.say(`RCPT TO:<${'a'.repeat(241)}@south.example>`, 501)
  for (const path of ['<a\0b@south.example>', '<a\x07@south.example>', '\t<a@south.example>']) {
    await talk.say(`RCPT TO:${path}`, 500)
  }
})

test('by the setting only addresses by the letter are taken', async (t) => {
  const south = await openTestSite(t, { addresses: 'strict' })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await talk.say(`MAIL FROM:<${long}@nowhere.example>`, 501)
  await talk.say('MAIL FROM: <x@nowhere.example>', 501)
  await talk.say('MAIL FROM:<x@nowhere.example>', 250)
  await talk.say('RCPT TO:receiver@south.example', 501)
  await talk.say('RCPT TO:<receiver@south.example.>', 501)
  await talk.say('RCPT TO:<receiver@south.example>', 250)
})

test('a client may call itself what it likes: two words, letters of any script and character set', async (t) => {
  const zone = {
    ...northZone,
    'north.example': { TXT: ['v=spf1 exists:%{h}.hosts.north.example ip4:192.0.2.10 -all'] },
  }
  const south = await openTestSite(t, { zone, clientIp: '192.0.2.10', receivedSpf: true })
  for (const [said, name, shown] of [
    ["Anna's  Mac ", "Anna's Mac", "Anna's Mac"],
    [octetString(encodeUtf8('MÜLLER-PC')), 'MÜLLER-PC', 'M?LLER-PC'],
    ['M\xdcLLER-PC', 'M\ufffdLLER-PC', 'M?LLER-PC'],
    [octetString(encodeUtf8('Дмитрий-ПК')), 'Дмитрий-ПК', '???????-??'],
  ] as const) {
    for (const verb of ['EHLO', 'HELO']) {
      const talk = await SmtpTalk.open(south.ports.smtp)
      await talk.read(220)
      await talk.say(`${verb} ${said}`, 250)
      const id = referenceIn(
        await talk.letter({
          from: 'someone@north.example',
          to: 'receiver@south.example',
          message: 'From: someone@north.example\nSubject: x\n\nHello\n',
        }),
      )
      await talk.quit()
      const journey = await journeyIn(south.store, id)
      assert.equal(journey.status, 'delivered')
      assert.equal(journey.view.envelope.helo, name)
      const text = await storedText(south.store, id)
      assert.ok(isAscii(text), text)
      const received = /^Received: ([\s\S]*?)\r\n(?!\s)/m.exec(text)?.[1] ?? ''
      assert.match(received, /^from \[192\.0\.2\.10\] \(\[192\.0\.2\.10\]\)\s\(it said /)
      assert.ok(received.replace(/\s+/g, ' ').includes(`(it said ${shown})`), received)
    }
  }
})

test('SMTPUTF8 is said where it is offered and the header needs it, and not for ASCII alone', async (t) => {
  const fake = await FakeServer.open(t, { keywords: ['SMTPUTF8'] })
  const without = await FakeServer.open(t)
  const network = new TestNetwork()
  network.at('192.0.2.10', fake.port)
  network.at('192.0.2.20', without.port)
  const zone = {
    'north.example': { MX: ['10 mx.north.example'] },
    'mx.north.example': { A: ['192.0.2.10'] },
    'plain.example': { A: ['192.0.2.20'] },
  }
  const south = await openTestSite(t, { zone, dialer: network })
  const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await talk.login(user, password, 235)
  const subject = octetString(encodeUtf8('Káva'))
  for (const [said, header, wanted] of [
    [' SMTPUTF8', subject, true],
    [' SMTPUTF8', 'Coffee', false],
    ['', subject, false],
  ] as const) {
    for (const [to, server] of [
      ['someone@north.example', fake],
      ['someone@plain.example', without],
    ] as const) {
      const parameters = `BODY=8BITMIME${said}`
      const message = `From: ${user}\nSubject: ${header}\n\n${subject}\n`
      const id = referenceIn(await talk.letter({ from: user, to, message, parameters }))
      await south.when(async () =>
        (await journeyIn(south.store, id)).status === 'delivered' ? 1 : undefined,
      )
      const { mail = '' } = server.letters.at(-1) ?? {}
      assert.equal(mail.endsWith(' SMTPUTF8'), wanted && server === fake, mail)
      assert.match(mail, / BODY=8BITMIME/)
    }
  }
})
