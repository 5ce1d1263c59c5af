import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { octetsOf } from '../base/octets.ts'
import { readDsn } from '../report/read-dsn.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import {
  openTestSite,
  storedText,
  type TestSite,
  type TestSiteOptions,
} from './test-support/test-site.ts'
import { northZone, password, receiver } from './test-support/south.ts'

const other = 'other@south.example'
const stranger = 'someone@north.example'
const message = `From: ${receiver}\nTo: all\nSubject: Lunch\n\nAt noon.\n`

async function loggedIn(
  t: TestContext,
  more: TestSiteOptions = {},
): Promise<{ site: TestSite; talk: SmtpTalk }> {
  const site = await openTestSite(t, { zone: northZone, ...more })
  const talk = await SmtpTalk.greeted(site.ports.submissions, { tls: true })
  await talk.login(receiver, password, 235)
  return { site, talk }
}

async function inbox({ store }: TestSite, account: string): Promise<readonly string[]> {
  return (await store.mailboxes.items({ account })).map(({ messageId }) => messageId)
}

async function textOf({ store }: TestSite, messageId: string | undefined): Promise<string> {
  assert.ok(messageId !== undefined)
  return storedText(store, messageId)
}

test('a letter to people here begins with its Return-Path', async (t) => {
  const { site, talk } = await loggedIn(t)
  const id = referenceIn(await talk.letter({ from: receiver, to: [other], message }))
  const [filed] = await inbox(site, other)
  assert.equal(filed, id)
  const text = await textOf(site, filed)
  assert.match(text, /^Return-Path: <receiver@south\.example>\r\nDKIM-Signature: /)
  assert.ok(text.endsWith('\r\n\r\nAt noon.\r\n'))
})

test('a letter to people here and elsewhere is two messages over one content', async (t) => {
  const { site, talk } = await loggedIn(t)
  const to = [other, stranger, receiver]
  const id = referenceIn(await talk.letter({ from: receiver, to, message }))
  const [filed] = await inbox(site, other)
  assert.deepEqual(await inbox(site, receiver), [filed])
  assert.notEqual(filed, id)
  const [item] = await site.store.queue.list({ limit: 1 })
  assert.deepEqual([item?.messageId, item?.recipient], [id, stranger])
  const [sent, kept] = [await textOf(site, id), await textOf(site, filed)]
  assert.doesNotMatch(sent, /^Return-Path:/im)
  assert.equal(kept, `Return-Path: <${receiver}>\r\n${sent}`)
  const { record } = await journeyIn(site.store, id)
  assert.ok(!record.steps.some(({ type }) => type === 'spf' || type === 'dmarc'))
  assert.deepEqual(
    (await site.store.mailboxes.items({ account: other })).map(({ journeyId }) => journeyId),
    [id],
  )
})

test('a letter with the null reverse-path says so to its reader', async (t) => {
  const { site, talk } = await loggedIn(t)
  await talk.letter({ from: '', to: other, message })
  assert.match(await textOf(site, (await inbox(site, other))[0]), /^Return-Path: <>\r\n/)
})

async function withWishes(
  talk: SmtpTalk,
  recipients: readonly (readonly [address: string, parameters: string])[],
  from = receiver,
): Promise<string> {
  await talk.say(`MAIL FROM:<${from}> ENVID=lunch-7`, 250)
  for (const [address, parameters] of recipients) {
    await talk.say(`RCPT TO:<${address}> ${parameters}`, 250)
  }
  return referenceIn(await talk.data(message))
}

test('who asked for it is told that the letter is in the mailbox (RFC 3461 §5.2.3)', async (t) => {
  const { site, talk } = await loggedIn(t)
  const id = await withWishes(talk, [
    [other, 'NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Other+2Btag@south.example'],
    ['friend@south.example', 'NOTIFY=FAILURE'],
  ])
  const report = (await inbox(site, receiver)).find((one) => one !== id)
  const text = await textOf(site, report)
  assert.match(
    text,
    /^Return-Path: <>\r\nDKIM-Signature: [^]*\r\nFrom: Mail delivery <postmaster@south\.example>\r\n/,
  )
  const read = readDsn(octetsOf(text))
  assert.ok(read.type === 'dsn' && read.source === 'report')
  assert.equal(read.originalEnvelopeId, 'lunch-7')
  assert.deepEqual(
    read.recipients.map((one) => [
      one.finalRecipient,
      one.originalRecipient,
      one.action,
      one.status,
    ]),
    [[other, 'Other+tag@south.example', 'delivered', '2.0.0']],
  )
  assert.match(text, /Your message was delivered to other@south\.example/)
  const { record, view } = await journeyIn(site.store, id)
  const told = record.steps.find((step) => step.type === 'notified')
  assert.ok(told?.type === 'notified')
  assert.deepEqual([told.about, told.to, told.journey], ['success', receiver, report])
  assert.match(
    view.steps.at(-1)?.answer ?? '',
    /A report of the delivery for other@south\.example went to receiver@south/,
  )
  assert.equal((await journeyIn(site.store, told.journey)).status, 'created')
})

test('nobody is told who did not ask, and nobody of a letter without a sender', async (t) => {
  const { site, talk } = await loggedIn(t)
  await withWishes(talk, [[other, '']])
  await withWishes(talk, [[other, 'NOTIFY=NEVER']])
  await withWishes(talk, [[other, 'NOTIFY=FAILURE,DELAY']])
  await withWishes(talk, [[other, 'NOTIFY=SUCCESS']], '')
  assert.equal((await inbox(site, other)).length, 4)
  assert.deepEqual(await inbox(site, receiver), [])
})

test('a letter to people elsewhere is no success before it got there', async (t) => {
  const { site, talk } = await loggedIn(t)
  await withWishes(talk, [[stranger, 'NOTIFY=SUCCESS']])
  assert.deepEqual(await inbox(site, receiver), [])
  assert.deepEqual((await site.store.queue.list({ limit: 1 }))[0]?.dsn.notify, ['success'])
})

const aliases = [
  { address: 'team@south.example', to: [other, 'x@north.example', 'y@north.example'], send: false },
  { address: 'moved@south.example', to: ['x@north.example'], send: false },
  { address: 'both@south.example', to: [other, receiver], send: false },
]

test('an alias that leads to several is told as expanded, once (RFC 3461 §5.2.7.3)', async (t) => {
  const { site, talk } = await loggedIn(t, { aliases })
  const team = 'team@south.example'
  const id = await withWishes(talk, [[team, `NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;${team}`]])
  const [report, ...others] = await inbox(site, receiver)
  assert.deepEqual(others, [])
  const read = readDsn(octetsOf(await textOf(site, report)))
  assert.ok(read.type === 'dsn')
  assert.equal(read.originalEnvelopeId, 'lunch-7')
  assert.deepEqual(
    read.recipients.map((one) => [one.finalRecipient, one.action, one.status]),
    [[team, 'expanded', '2.0.0']],
  )
  const items = await site.store.queue.list({ limit: 9 })
  assert.deepEqual(
    items
      .map(({ recipient, dsn }) => [recipient, dsn.notify])
      .toSorted(([a], [b]) => String(a).localeCompare(String(b))),
    [
      ['x@north.example', ['failure']],
      ['y@north.example', ['failure']],
    ],
  )
  for (const { dsn } of items) {
    assert.equal(dsn.originalRecipient, `rfc822;${team}`)
    assert.equal(dsn.envelopeId, 'lunch-7')
    assert.equal(dsn.rcptTo, team)
  }
  const { record } = await journeyIn(site.store, id)
  assert.equal(record.steps.filter((step) => step.type === 'notified').length, 1)
})

test('an alias that leads to one elsewhere hands on all wishes (RFC 3461 §5.2.7.2)', async (t) => {
  const { site, talk } = await loggedIn(t, { aliases })
  await withWishes(talk, [['moved@south.example', 'NOTIFY=SUCCESS']])
  assert.deepEqual(await inbox(site, receiver), [])
  const [item] = await site.store.queue.list({ limit: 1 })
  assert.deepEqual(item?.dsn, {
    notify: ['success'],
    envelopeId: 'lunch-7',
    rcptTo: 'moved@south.example',
  })
})

test('an alias of mailboxes here ends here: the letter is delivered', async (t) => {
  const { site, talk } = await loggedIn(t, { aliases })
  const id = await withWishes(talk, [['both@south.example', 'NOTIFY=SUCCESS']])
  const report = (await inbox(site, receiver)).find((one) => one !== id)
  const read = readDsn(octetsOf(await textOf(site, report)))
  assert.ok(read.type === 'dsn')
  assert.deepEqual(
    read.recipients.map((one) => [one.finalRecipient, one.action]),
    [['both@south.example', 'delivered']],
  )
})

test('strangers are not offered reports, so their own server says where they end', async (t) => {
  const { site } = await loggedIn(t)
  const offers = async (port: number, tls: boolean): Promise<boolean> => {
    const talk = await SmtpTalk.open(port, { tls })
    await talk.read(220)
    return (await talk.say('EHLO x.example', 250)).lines.includes('DSN')
  }
  assert.equal(await offers(site.ports.smtp, false), false)
  assert.equal(await offers(site.ports.submission, false), true)
  assert.equal(await offers(site.ports.submissions, true), true)
})

test('SMTPUTF8 stands in the Received field of a letter that came with it (RFC 6531 §4.3)', async (t) => {
  const { site, talk } = await loggedIn(t)
  const inbound = await SmtpTalk.greeted(site.ports.smtp)
  const strangers = { from: 'x@nowhere.example', to: receiver, message }
  for (const [parameters, inside, outside] of [
    ['SMTPUTF8', 'UTF8SMTPSA', 'UTF8SMTP'],
    ['BODY=8BITMIME', 'ESMTPSA', 'ESMTP'],
  ] as const) {
    const own = referenceIn(await talk.letter({ from: receiver, to: other, message, parameters }))
    assert.match(await textOf(site, own), new RegExp(`with ${inside}\\s`))
    const said = await inbound.letter({
      ...strangers,
      message: 'From: x@nowhere.example\n\n',
      parameters,
    })
    assert.equal(said.code, 250)
    assert.match(await textOf(site, referenceIn(said)), new RegExp(`with ${outside}\\s`))
  }
})

test('a letter to an alias of several people is filed once for each of them', async (t) => {
  const site = await openTestSite(t, {
    zone: northZone,
    aliases: [
      { address: 'team@south.example', to: [receiver, other, 'friend@south.example'], send: true },
    ],
  })
  const stranger = await SmtpTalk.greeted(site.ports.smtp)
  const id = referenceIn(
    await stranger.letter({
      from: 'x@nowhere.example',
      to: ['team@south.example', other],
      message: 'From: x@nowhere.example\n\n',
    }),
  )
  assert.deepEqual([await inbox(site, receiver), await inbox(site, other)], [[id], [id]])
  const filed = (await journeyIn(site.store, id)).record.steps.filter(
    ({ type }) => type === 'filed',
  )
  assert.deepEqual(
    filed.map((step) => step.type === 'filed' && [step.account, step.recipient, step.alsoFor]),
    [
      [receiver, 'team@south.example', undefined],
      [other, 'team@south.example', [other]],
    ],
  )
  const talk = await SmtpTalk.greeted(site.ports.submissions, { tls: true })
  await talk.login(other, password, 235)
  const letter = { from: 'team@south.example', message: 'From: team@south.example\n\nHi\n' }
  await talk.letter({ ...letter, to: 'team@south.example' })
  assert.deepEqual(
    [(await inbox(site, receiver)).length, (await inbox(site, other)).length],
    [2, 2],
  )
})
