import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { eventsOf } from '../hooks/mail-event.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { first, openSender, type Sender } from './test-support/sender.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import { northZone, receiver as user } from './test-support/south.ts'

const someone = 'someone@north.example'

function report(about: {
  readonly recipient?: string
  readonly original?: string
  readonly action?: string
  readonly status?: string
  readonly messageId?: string
  /** Groups of fields, each about the next of these recipients. */
  readonly groups?: readonly string[]
}): string {
  const { recipient = someone, original, action = 'failed', status = '5.1.1' } = about
  const { messageId = '<q@south.example>', groups = [recipient] } = about
  return [
    'From: MAILER-DAEMON@mx.north.example',
    `To: ${user}`,
    'Subject: Undelivered',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'It did not work.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.north.example',
    '',
    ...groups.flatMap((one) => [
      ...(original === undefined ? [] : [`Original-Recipient: rfc822; ${original}`]),
      `Final-Recipient: rfc822; ${one}`,
      `Action: ${action}`,
      `Status: ${status}`,
      'Diagnostic-Code: smtp; 550 5.1.1 No such user',
      '',
    ]),
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    `From: ${user}`,
    `Message-ID: ${messageId}`,
    '',
    '--b--',
    '',
  ].join('\n')
}

async function bring(
  { south }: Sender,
  message: string,
  to: string = user,
  from = '',
): Promise<void> {
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const said = await talk.letter({ from, to: [to], message })
  assert.equal(said.code, 250, said.text)
  await talk.quit()
  await south.when(async () => {
    const query = { kind: 'report-in', now: south.clock.now(), limit: 1 }
    return (await south.store.register.list(query)).length === 0 ? true : undefined
  })
}

const zone = {
  ...northZone,
  '_dmarc.north.example': { TXT: ['v=DMARC1; p=none'] },
  'evil.example': { TXT: [`v=spf1 ip4:${first} -all`], MX: ['10 mx.evil.example'] },
  'mx.evil.example': { A: [first] },
  '_dmarc.evil.example': { TXT: ['v=DMARC1; p=reject'] },
}

/** South, which has sent a letter to two of north, and north has taken it. */
async function open(
  t: TestContext,
  clientIp: string = first,
  to: readonly string[] = [someone, 'else@north.example'],
): Promise<Sender & { id: string }> {
  const sender = await openSender(t, { zone, clientIp })
  const north = await FakeServer.open(t)
  sender.network.at(first, north.port)
  const id = await sender.submit({ to })
  await sender.settled(id, to.length)
  return { ...sender, id }
}

async function toldOf({ south, id }: Sender & { id: string }): Promise<readonly string[]> {
  const found = await south.store.journeys.find(id)
  assert.ok(found.type === 'found')
  const { record } = await journeyIn(south.store, id)
  return record.steps.flatMap((step) => {
    if (step.type !== 'complained' && step.type !== 'returned') return []
    const doubt = step.unproved === true ? ' unproved' : ''
    if (step.type === 'complained') return [`${step.recipient} ${step.feedback}${doubt}`]
    return [`${step.recipient} ${step.action} ${step.status}${doubt}`]
  })
}

test('a report about a letter that was taken is told in its record, and the letter has failed', async (t) => {
  const sender = await open(t)
  const { south, id } = sender
  await bring(sender, report({}))
  assert.deepEqual(await toldOf(sender), [`${someone} failed 5.1.1`])
  const found = await south.store.journeys.find(id)
  assert.ok(found.type === 'found')
  assert.equal(found.journey.status, 'partly delivered')
  assert.match(
    found.journey.summary,
    /Of 2 recipients 1 has it, 1 failed\. Not delivered to someone/,
  )
  const events = eventsOf(found.journey).filter(({ type }) => type === 'message.bounced')
  assert.deepEqual(
    events.map(({ detail }) => [detail['recipient'], detail['status']]),
    [[someone, '5.1.1']],
  )
  const inbox = await south.store.mailboxes.items({ account: user })
  assert.equal(inbox.length, 1, 'the sender has the report too')
  assert.equal(await south.site.suppressions.find(someone), undefined, 'once is not enough')
  south.clock.advance(86_400_000)
  await bring(sender, report({}))
  assert.equal((await south.site.suppressions.find(someone))?.reason, 'hard-bounce')
})

test('an original recipient is known when the letter went on to somebody else', async (t) => {
  const sender = await open(t)
  const action = 'delayed'
  await bring(
    sender,
    report({ recipient: 'x@west.example', original: someone, action, status: '4.4.1' }),
  )
  assert.deepEqual(await toldOf(sender), [`${someone} delayed 4.4.1`])
  const found = await sender.south.store.journeys.find(sender.id)
  assert.equal(found.type === 'found' && found.journey.status, 'delivered')
})

test('what a stranger makes up about letters changes nothing', async (t) => {
  const sender = await open(t)
  const other = 'other@south.example'
  await bring(sender, report({ recipient: 'nobody@north.example' }))
  await bring(sender, report({ messageId: '<made-up@south.example>' }))
  await bring(sender, report({}), other)
  assert.deepEqual(await toldOf(sender), [])
  sender.south.clock.advance(15 * 86_400_000)
  await bring(sender, report({}))
  assert.deepEqual(await toldOf(sender), [], 'it was sent too long ago')
})

test('who has nothing to do with the server that took it suppresses nobody', async (t) => {
  const sender = await open(t, '203.0.113.77')
  for (const _day of [1, 2, 3]) {
    await bring(sender, report({}))
    sender.south.clock.advance(86_400_000)
  }
  assert.equal((await toldOf(sender)).filter((one) => one.endsWith('unproved')).length, 3)
  assert.equal(await sender.south.site.suppressions.find(someone), undefined)
})

test('thirty-six reports that name one recipient a thousand times are thirty-six steps', async (t) => {
  const sender = await open(t, '203.0.113.77')
  const groups = Array.from({ length: 1000 }, () => someone)
  for (let n = 0; n < 36; n++) await bring(sender, report({ groups }))
  assert.equal((await toldOf(sender)).length, 36)
})

test('of one report a hundred recipients are told, and of all two hundred in a record', async (t) => {
  const groups = Array.from({ length: 120 }, (_, n) => `r${n}@north.example`)
  const sender = await open(t, '203.0.113.77', groups)
  const counts: number[] = []
  const limits = (): number => {
    return sender.south.logged.filter(({ fields }) => fields['limit'] === 'reports of a letter')
      .length
  }
  const told: number[] = []
  for (let n = 0; n < 4; n++) {
    await bring(sender, report({ groups, action: n === 0 ? 'failed' : 'delayed' }))
    counts.push((await toldOf(sender)).length)
    told.push(limits())
  }
  assert.deepEqual(counts, [100, 200, 200, 200])
  assert.deepEqual(told, [0, 1, 1, 1])
  const found = await sender.south.store.journeys.find(sender.id)
  assert.ok(found.type === 'found')
  assert.equal(found.journey.appended.length, 122, 'each report is appended at once')
  assert.match(found.journey.summary, /Of 120 recipients 20 have it, 100 failed/)
})

test('two reports of a fellow customer, with a sender whom SPF proves, suppress nobody', async (t) => {
  const sender = await open(t)
  for (const _day of [1, 2, 3]) {
    await bring(sender, report({}), user, 'eve@north.example')
    sender.south.clock.advance(86_400_000)
  }
  const told = `${someone} failed 5.1.1 unproved`
  assert.deepEqual(await toldOf(sender), [told, told, told])
  assert.equal(await sender.south.site.suppressions.find(someone), undefined)
})

function complaint(
  type: string,
  recipients: readonly string[] = [someone],
  author = 'fbl@north.example',
): string {
  return [
    `From: ${author}`,
    `To: ${user}`,
    'Subject: complaint',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
    '',
    '--b',
    'Content-Type: message/feedback-report',
    '',
    `Feedback-Type: ${type}`,
    'User-Agent: x/1',
    'Version: 1',
    ...recipients.map((one) => `Original-Rcpt-To: ${one}`),
    '',
    '--b',
    'Content-Type: message/rfc822',
    '',
    `From: ${user}`,
    'Message-ID: <q@south.example>',
    '',
    'Hello',
    '--b--',
    '',
  ].join('\n')
}

test('a complaint is told in the record, and nothing is sent there any more', async (t) => {
  const sender = await open(t)
  const { suppressions } = sender.south.site
  await bring(sender, complaint('not-spam'), user, 'fbl@north.example')
  assert.equal(await suppressions.find(someone), undefined)
  await bring(sender, complaint('abuse'), user, 'fbl@north.example')
  assert.deepEqual(await toldOf(sender), [`${someone} not-spam`, `${someone} abuse`])
  assert.equal((await suppressions.find('Someone@north.example'))?.reason, 'complaint')
  assert.equal(await suppressions.find('else@north.example'), undefined)
})

test('a complaint that names two is told of both, and neither gets anything any more', async (t) => {
  const sender = await open(t)
  const { suppressions } = sender.south.site
  const both = ['else@north.example', 'nobody@north.example', someone]
  await bring(sender, complaint('abuse', both), user, 'fbl@north.example')
  assert.deepEqual((await toldOf(sender)).toSorted(), [
    'else@north.example abuse',
    `${someone} abuse`,
  ])
  for (const one of [someone, 'else@north.example']) {
    assert.equal((await suppressions.find(one))?.reason, 'complaint', one)
  }
})

test('a complaint that DMARC does not prove is none', async (t) => {
  const sender = await open(t, '203.0.113.77')
  await bring(sender, complaint('abuse'))
  assert.deepEqual(await toldOf(sender), [])
  assert.equal(await sender.south.site.suppressions.find(someone), undefined)
})

test('a complaint that a stranger forges, with a DMARC pass of their own, suppresses nobody', async (t) => {
  const sender = await open(t)
  const { suppressions } = sender.south.site
  const eve = 'eve@evil.example'
  const forged = complaint('abuse', [someone], eve)
  await bring(sender, forged, 'other@south.example', eve)
  assert.deepEqual(await toldOf(sender), [], 'it came to somebody else')
  await bring(sender, forged, user, eve)
  assert.deepEqual(await toldOf(sender), [`${someone} abuse unproved`])
  const found = await sender.south.store.journeys.find(sender.id)
  assert.ok(found.type === 'found')
  const types = eventsOf(found.journey).map(({ type }) => type)
  assert.ok(!types.includes('message.complained'), 'no program takes it for one')
  assert.equal(await suppressions.find(someone), undefined)
})

test('a complaint of another user of the same domain suppresses nobody, and an own one does', async (t) => {
  const sender = await open(t)
  const { suppressions } = sender.south.site
  const fellow = 'eve@north.example'
  await bring(sender, complaint('abuse', [someone], fellow), user, fellow)
  assert.deepEqual(await toldOf(sender), [`${someone} abuse unproved`])
  assert.equal(await suppressions.find(someone), undefined)
  await bring(sender, complaint('abuse', [someone], someone), user, someone)
  assert.equal((await suppressions.find(someone))?.reason, 'complaint')
})

test('a true complaint that comes to another account is none', async (t) => {
  const sender = await open(t)
  await bring(sender, complaint('abuse'), 'other@south.example', 'fbl@north.example')
  assert.deepEqual(await toldOf(sender), [])
  assert.equal(await sender.south.site.suppressions.find(someone), undefined)
})
