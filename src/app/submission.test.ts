import assert from 'node:assert/strict'
import { verifyDkim } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { parseDate } from '../message/date.ts'
import { testsOf } from './test-support/both-ways.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, storedText, type TestSite } from './test-support/test-site.ts'
import { password, receiver as user, southKeyZone } from './test-support/south.ts'
import { writtenJourney } from './test-support/written-journey.ts'

const test = testsOf('submission')

const letter = {
  from: user,
  to: 'someone@north.example',
  message: [
    `From: Me <${user}>`,
    'To: someone@north.example',
    'Subject: x',
    'Date: Mon, 02 Nov 2026 10:00:00 +0000',
    'Message-ID: <1@south.example>',
    '',
    'Hello',
    '.dot',
    '',
  ].join('\n'),
}

async function loggedIn({ ports }: TestSite): Promise<SmtpTalk> {
  const talk = await SmtpTalk.greeted(ports.submissions, { tls: true })
  await talk.login(user, password, 235)
  return talk
}

function header(text: string): readonly string[] {
  return text
    .slice(0, text.indexOf('\r\n\r\n'))
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
}

async function queued({ store }: TestSite): Promise<readonly string[]> {
  const items = await store.queue.list({ limit: 100 })
  return items.map(({ recipient, destination }) => `${recipient} by ${destination}`).sort()
}

test('without TLS there is no AUTH, and without AUTH no mail', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.open(south.ports.submission)
  await talk.read(220)
  const plain = await talk.say('EHLO client.example', 250)
  assert.ok(plain.lines.includes('STARTTLS'))
  assert.ok(!plain.lines.some((line) => line.startsWith('AUTH')))
  const clear = await talk.login(user, password)
  assert.deepEqual([clear.code, clear.enhanced], [538, '5.7.11'])
  assert.equal((await talk.say(`MAIL FROM:<${user}>`)).code, 530)
  await talk.startTls()
  const secure = await talk.say('EHLO client.example', 250)
  assert.ok(secure.lines.includes('AUTH PLAIN LOGIN'))
  assert.ok(!secure.lines.includes('STARTTLS'))
  const anonymous = await talk.say(`MAIL FROM:<${user}>`)
  assert.deepEqual([anonymous.code, anonymous.enhanced], [530, '5.7.0'])
  await talk.login(user, password, 235)
  assert.equal((await talk.letter(letter)).code, 250)
})

test('a wrong name and a wrong password get the same answer, and three of them the end', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  const wrongPassword = await talk.login(user, 'guess')
  const wrongName = await talk.login('nobody@south.example', password)
  assert.deepEqual([wrongPassword.code, wrongPassword.enhanced], [535, '5.7.8'])
  const words = ({ text }: { readonly text: string }): string => text.replace(/ Ref \w+$/, '')
  assert.equal(words(wrongName), words(wrongPassword))
  // The third is answered as such, and the end stands behind it.
  assert.equal((await talk.login(user, 'guess again')).code, 535)
  await talk.read(421)
  await talk.closed
  const id = await south.when(async () => (await south.store.journeys.list({ limit: 1 }))[0]?.id)
  const { record } = await journeyIn(south.store, id)
  const logins = record.steps.filter((step) => step.type === 'login')
  assert.deepEqual(
    logins.map(({ account, accepted }) => `${account} ${accepted}`),
    [`${user} false`, 'nobody@south.example false', `${user} false`],
  )
  // The password stands nowhere.
  assert.doesNotMatch(JSON.stringify(record), /guess|letmein|Z3Vlc3|bGV0bWVpb/)
})

test('AUTH LOGIN works as well, and its secrets are masked in the record', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await talk.say('AUTH LOGIN', 334)
  await talk.say(Buffer.from(user).toString('base64'), 334)
  await talk.say(Buffer.from(password).toString('base64'), 235)
  const id = referenceIn(await talk.letter(letter))
  const { record } = await journeyIn(south.store, id)
  assert.equal(record.envelope.login, user)
  assert.doesNotMatch(JSON.stringify(record.conversation), /bGV0bWVpb/)
})

test('who acts for somebody else is not let in', async (t) => {
  const south = await openTestSite(t)
  const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  const response = Buffer.from(`other@south.example\0${user}\0${password}`).toString('base64')
  assert.equal((await talk.say(`AUTH PLAIN ${response}`)).code, 535)
})

test('a letter is stored as it will be sent: signed, with Received, without the user’s address', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  const said = await talk.letter(letter)
  assert.equal(said.code, 250)
  const id = referenceIn(said)
  const text = await storedText(south.store, id)
  const fields = header(text)
  assert.deepEqual(
    fields.map((field) => field.slice(0, field.indexOf(':'))),
    ['DKIM-Signature', 'DKIM-Signature', 'Received', 'From', 'To', 'Subject', 'Date', 'Message-ID'],
  )
  const received = fields.find((field) => field.startsWith('Received')) ?? ''
  assert.match(received, /^Received: by mx\.south\.example \(Waybill\) with ESMTPSA /)
  assert.match(received, new RegExp(` id ${id} for <someone@north\\.example>; `))
  assert.doesNotMatch(received, /127\.0\.0\.1|client\.example/)
  assert.match(text, /\r\n\r\nHello\r\n\.dot\r\n$/)
  const now = Math.floor(south.clock.now() / 1000)
  const resolver = new MemoryResolver(southKeyZone())
  const verdicts = await verifyDkim(Buffer.from(text, 'latin1'), { resolver, now })
  assert.deepEqual(
    verdicts.map(({ result, algorithm, domain }) => `${result} ${algorithm} ${domain}`).sort(),
    ['pass ed25519-sha256 south.example', 'pass rsa-sha256 south.example'],
  )
  assert.deepEqual(await queued(south), ['someone@north.example by north.example'])
})

test('several addresses of one account get one copy, and a recipient named twice too', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  const far = 'someone@north.example'
  const to = [user, 'friend@south.example', far, user, far]
  const id = referenceIn(await talk.letter({ ...letter, to }))
  const mailboxes = (await south.store.mailboxes.items({})).map(({ account }) => account)
  assert.deepEqual(mailboxes, [user])
  assert.deepEqual(await queued(south), [`${far} by north.example`])
  const { record } = await journeyIn(south.store, id)
  assert.deepEqual(record.envelope.rcptTo, to)
  const ends = record.steps.flatMap((step) => {
    if (step.type === 'queued') return [`to ${step.recipient}`]
    return step.type === 'filed' ? [`in ${step.account} also for ${step.alsoFor?.join()}`] : []
  })
  assert.deepEqual(ends, [`in ${user} also for friend@south.example`, `to ${far}`])
})

test('what is missing or unreadable in the header is made, before it is signed', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['Subject: x\n\nHello\n', ['Date', 'Message-ID', 'From']],
    [`From: ${user}\nDate: yesterday\nMessage-ID: no\n\nHello\n`, ['Date', 'Message-ID']],
    [`From: ${user}\nDate: Mon, 02 Nov 2026 10:00:00 +0000\n\nHello\n`, ['Message-ID']],
  ]
  const resolver = new MemoryResolver(southKeyZone())
  for (const [message, added] of cases) {
    const id = referenceIn(await talk.letter({ ...letter, message }))
    const text = await storedText(south.store, id)
    const fields = header(text)
    const one = (name: string): string => {
      const found = fields.filter((field) => field.startsWith(`${name}: `))
      assert.equal(found.length, 1, `${name} stands once in ${message}`)
      return found[0]?.slice(name.length + 2) ?? ''
    }
    assert.ok(parseDate(one('Date')) !== undefined)
    assert.match(one('Message-ID'), /^<[^@<>]+@[^@<>]+>$/)
    assert.match(one('From'), /receiver@south\.example/)
    assert.doesNotMatch(text, /yesterday|Message-ID: no/)
    const now = Math.floor(south.clock.now() / 1000)
    const verdicts = await verifyDkim(Buffer.from(text, 'latin1'), { resolver, now })
    assert.deepEqual(
      verdicts.map(({ result }) => result),
      ['pass', 'pass'],
    )
    const { record, view } = await journeyIn(south.store, id)
    const step = record.steps.find(({ type }) => type === 'completed')
    assert.deepEqual(step?.type === 'completed' ? step.added : [], added)
    assert.match(view.steps.find((told) => told.id === 'completed')?.answer ?? '', /Message-ID/)
  }
})

test('a user may write only as itself, in MAIL FROM and in From', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  for (const address of ['other@south.example', 'sender@north.example']) {
    const said = await talk.say(`MAIL FROM:<${address}>`, 550)
    assert.equal(said.enhanced, '5.7.1')
    assert.match(said.text, new RegExp(`^${user} may not send as ${address}\\. Ref`))
    // What may still come behind a refused sender would belong to it.
    await talk.say('RSET', 250)
    assert.equal((await writtenJourney(south, said)).status, 'refused')
  }
  for (const author of [
    'other@south.example',
    `${user}, other@south.example`,
    'Group: other@south.example;',
    `"${user}" <sender@north.example>`,
  ]) {
    const message = letter.message.replace(`Me <${user}>`, author)
    const said = await talk.letter({ ...letter, message })
    assert.deepEqual([said.code, said.enhanced], [550, '5.7.1'], author)
    assert.match(said.text, /may not send as (?:other@south|sender@north)\.example\. Ref/)
  }
  const second = `From: other@south.example\n${letter.message}`
  assert.equal((await talk.letter({ ...letter, message: second })).code, 550)
  assert.deepEqual(await queued(south), [])
})

test('a user may send only as itself, in Sender and when it sends a letter again', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  const table: readonly (readonly [string, string])[] = [
    ['Sender: other@south.example', 'other@south.example into Sender'],
    [`Sender: ${user}\nSender: x@north.example`, 'x@north.example into Sender'],
    ['Resent-From: other@south.example', 'other@south.example into Resent-From'],
    [`Resent-From: ${user}\nResent-Sender: x@north.example`, 'x@north.example into Resent-Sender'],
  ]
  for (const [fields, words] of table) {
    const said = await talk.letter({ ...letter, message: `${fields}\n${letter.message}` })
    assert.deepEqual([said.code, said.enhanced], [550, '5.7.1'], fields)
    assert.ok(said.text.startsWith(`${user} may not write ${words}. Ref `), said.text)
    assert.equal((await journeyIn(south.store, referenceIn(said))).status, 'refused')
  }
  assert.deepEqual(await queued(south), [])
  const own = [
    `Sender: ${user}`,
    'Sender: friend@south.example',
    `Resent-From: ${user}\nResent-To: x@north.example`,
    // What was sent again before, by somebody else, is the letter's history.
    `Resent-From: ${user}\nResent-Sender: ${user}\nResent-From: other@south.example`,
  ]
  for (const fields of own) {
    const said = await talk.letter({ ...letter, message: `${fields}\n${letter.message}` })
    assert.equal(said.code, 250, said.text)
  }
})

test('a user may write as its aliases, with tags, and in any case', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  for (const address of [
    'friend@south.example',
    'receiver+news@south.example',
    'RECEIVER@SOUTH.EXAMPLE',
  ]) {
    const message = letter.message.replace(`Me <${user}>`, address)
    assert.equal((await talk.letter({ ...letter, from: address, message })).code, 250, address)
  }
})

test('local recipients get it at once, others wait in the queue, each under its destination', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  const to = [
    'other@south.example',
    'someone@north.example',
    'else@NORTH.example',
    'third@[192.0.2.77]',
  ]
  await talk.say(`MAIL FROM:<${user}>`, 250)
  const replies = []
  for (const one of to) replies.push((await talk.say(`RCPT TO:<${one}>`)).code)
  assert.deepEqual(replies, [250, 250, 250, 250])
  const said = await talk.data(letter.message)
  assert.equal(said.code, 250)
  assert.match(said.text, /^Queued for delivery\. Ref/)
  const mail = await south.store.mailboxes.items({})
  assert.deepEqual(
    mail.map(({ account, mailbox }) => `${account} ${mailbox}`),
    ['other@south.example Inbox'],
  )
  assert.deepEqual(await queued(south), [
    'else@north.example by north.example',
    'someone@north.example by north.example',
    'third@[192.0.2.77] by [192.0.2.77]',
  ])
  const items = await south.store.queue.list({ limit: 9 })
  assert.deepEqual(new Set(items.map(({ account }) => account)), new Set([user]))
  const text = await storedText(south.store, referenceIn(said))
  assert.doesNotMatch(header(text).find((field) => field.startsWith('Received')) ?? '', / for </)
})

test('a letter to people here only is filed, and nothing is queued', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  const said = await talk.letter({ ...letter, to: ['other@south.example', user] })
  assert.match(said.text, /^Filed\. Ref/)
  assert.equal((await journeyIn(south.store, referenceIn(said))).status, 'delivered')
  assert.equal((await south.store.mailboxes.items({})).length, 2)
  assert.deepEqual(await queued(south), [])
})

test('a mailbox here that does not exist is refused at once, with the id', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  await talk.say(`MAIL FROM:<${user}>`, 250)
  const said = await talk.say('RCPT TO:<nobody@south.example>', 550)
  assert.equal(said.enhanced, '5.1.1')
  await talk.say('RSET', 250)
  const { record, status } = await writtenJourney(south, said)
  assert.equal(status, 'refused')
  assert.equal(record.direction, 'out')
})

test('a report of a program of the user may have the null reverse-path', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  assert.equal((await talk.letter({ ...letter, from: '' })).code, 250)
  const [item] = await south.store.queue.list({ limit: 1 })
  assert.equal(item?.reversePath, '')
})

test('what the sender wants to be told is kept with the letter', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  await talk.say(`MAIL FROM:<${user}> RET=HDRS ENVID=QQ314159`, 250)
  await talk.say(
    'RCPT TO:<someone@north.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Some+2Bone@north.example',
    250,
  )
  await talk.data(letter.message)
  const [item] = await south.store.queue.list({ limit: 1 })
  assert.deepEqual(item?.dsn, {
    notify: ['success', 'delay'],
    ret: 'headers',
    envelopeId: 'QQ314159',
    originalRecipient: 'rfc822;Some+one@north.example',
  })
})

test('a letter with octets over 127 is marked so, and one with addresses beyond ASCII as well', async (t) => {
  const south = await openTestSite(t)
  const talk = await loggedIn(south)
  const message = letter.message.replace('Hello', Buffer.from('Grüße').toString('latin1'))
  await talk.letter({ ...letter, message, parameters: 'BODY=8BITMIME' })
  const [eight] = await south.store.queue.list({ limit: 1 })
  assert.deepEqual([eight?.eightBit, eight?.smtpUtf8], [true, false])
  const to = Buffer.from('jürgen@north.example').toString('latin1')
  await talk.letter({ ...letter, to, parameters: 'SMTPUTF8' })
  const utf8 = (await south.store.queue.list({ limit: 5 })).find((item) => item.smtpUtf8)
  assert.equal(utf8?.recipient, 'jürgen@north.example')
})

test("who acts for itself may say so, in any case; acting for others is nobody's right", async (t) => {
  const south = await openTestSite(t)
  for (const [acting, code] of [
    ['', 235],
    [user, 235],
    [user.toUpperCase(), 235],
    ['other@south.example', 535],
  ] as const) {
    const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
    const response = Buffer.from(`${acting}\0${user}\0${password}`).toString('base64')
    await talk.say(`AUTH PLAIN ${response}`, code)
    talk.destroy()
  }
})
