/** Letters that leave with a mark, and what comes back to it. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { makeId } from '../base/id.ts'
import { type ReturnMarks, verpAddress } from '../forwarding/return-marks.ts'
import type { Step } from '../journey/steps.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { first, openSender, type Sender } from './test-support/sender.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import type { TestSiteOptions } from './test-support/test-site.ts'
import { northZone, receiver as user } from './test-support/south.ts'

const marks: ReturnMarks = { secret: 'a secret of the test', verp: [], envelopeId: false }
const [someone, another] = ['someone@north.example', 'else@north.example'] as const

const zone = { ...northZone, '_dmarc.north.example': { TXT: ['v=DMARC1; p=none'] } }

interface World extends Sender {
  readonly north: FakeServer
}

type Options = TestSiteOptions & { readonly keywords?: readonly string[] }

async function open(
  t: TestContext,
  change: Partial<ReturnMarks>,
  { keywords = ['DSN', 'SIZE 1000000'], ...more }: Options = {},
): Promise<World> {
  const given = { zone, clientIp: first, marks: { ...marks, ...change } }
  const sender = await openSender(t, { ...given, ...more })
  const north = await FakeServer.open(t, { keywords })
  sender.network.at(first, north.port)
  return { ...sender, north }
}

/** A report that returns nothing of the letter and calls its recipient as nobody here does. */
function report(more: readonly string[] = [], recipient = 'x4711@inside.north.example'): string {
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
    ...more,
    '',
    `Final-Recipient: rfc822; ${recipient}`,
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550 5.1.1 No such user',
    '--b--',
    '',
  ].join('\n')
}

async function bring({ south }: World, to: string, message: string): Promise<number> {
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const said = await talk.letter({ from: '', to: [to], message })
  await talk.quit()
  await south.when(async () => {
    const query = { kind: 'report-in', now: south.clock.now(), limit: 1 }
    return (await south.store.register.list(query)).length === 0 ? true : undefined
  })
  return said.code
}

async function returned(
  { south }: World,
  id: string,
): Promise<readonly (Step & { readonly type: 'returned' })[]> {
  const { record } = await journeyIn(south.store, id)
  return record.steps.flatMap((step) => (step.type === 'returned' ? [step] : []))
}

function senders({ north }: World): readonly string[] {
  return north.letters.map(({ mail }) => /<([^>]*)>/.exec(mail)?.[1] ?? '')
}

test('each recipient gets the letter under a reverse-path of its own, of the same domain', async (t) => {
  const world = await open(t, { verp: ['south.example'] })
  const id = await world.submit({ to: [someone, another] })
  await world.settled(id, 2)
  const paths = senders(world)
  assert.equal(new Set(paths).size, 2)
  for (const path of paths) assert.match(path, /^receiver\+b-[^@]+@south\.example$/)
  assert.deepEqual(
    world.north.letters.map(({ rcpt }) => rcpt.length),
    [1, 1],
  )
  for (const [index, recipient] of [someone, another].entries()) {
    assert.equal(
      paths[index],
      verpAddress({ letter: id, sender: user, recipient }, { ...marks, verp: ['*'] }),
    )
  }
})

for (const threads of [undefined, { count: 1 }]) {
  const where = threads === undefined ? 'on the main thread' : 'on a thread of their own'
  test(`a report to it is known without anything returned, with sessions ${where}`, async (t) => {
    const world = await open(t, { verp: [user] }, threads === undefined ? {} : { threads })
    const id = await world.submit({ to: [someone, another] })
    await world.settled(id, 2)
    const path = senders(world)[1] ?? ''
    assert.equal(await bring(world, path, report()), 250)
    const [step, ...others] = await returned(world, id)
    assert.deepEqual(others, [])
    assert.deepEqual(
      [step?.recipient, step?.action, step?.status, step?.matched],
      [another, 'failed', '5.1.1', 'reverse-path'],
    )
    assert.equal((await world.south.store.mailboxes.items({ account: user })).length, 1)
  })
}

test('sentences alone are believed where they come to it, and put nobody on the list', async (t) => {
  const world = await open(t, { verp: ['*'] })
  const id = await world.submit()
  await world.settled(id, 1)
  const message = `From: MAILER-DAEMON@mx.north.example\nTo: ${user}\nSubject: Undelivered mail\n\nI could not deliver to ${someone}: no such user.\n`
  assert.equal(await bring(world, user, message), 250)
  assert.deepEqual(await returned(world, id), [], 'to the plain address it may be anybody')
  assert.equal(await bring(world, senders(world)[0] ?? '', message), 250)
  const [step] = await returned(world, id)
  assert.deepEqual([step?.recipient, step?.action], [someone, 'failed'])
  world.south.clock.advance(86_400_000)
  await bring(world, senders(world)[0] ?? '', message)
  assert.equal(await world.south.site.suppressions.find(someone), undefined)
})

test('what nobody was given is refused at RCPT, and tells nothing', async (t) => {
  const world = await open(t, { verp: ['*'] })
  const id = await world.submit()
  await world.settled(id, 1)
  const path = senders(world)[0] ?? ''
  const forged = verpAddress(
    { letter: id, sender: user, recipient: someone },
    { ...marks, secret: 'guessed', verp: ['*'] },
  )
  const old = verpAddress(
    { letter: makeId(Date.now() - 30 * 86_400_000, () => 0.5), sender: user, recipient: someone },
    { ...marks, verp: ['*'] },
  )
  for (const wrong of [forged, old, path.replace('receiver+', 'other+')]) {
    assert.ok(wrong !== undefined)
    const talk = await SmtpTalk.greeted(world.south.ports.smtp)
    await talk.say('MAIL FROM:<>', 250)
    await talk.say(`RCPT TO:<${wrong}>`, 550)
    await talk.quit()
  }
  assert.deepEqual(await returned(world, id), [])
})

test('after it was switched off what left before comes back, and nothing leaves with it', async (t) => {
  const world = await open(t, { verp: [] })
  const id = await world.submit()
  await world.settled(id, 1)
  assert.deepEqual(senders(world), [user])
  const path = verpAddress(
    { letter: id, sender: user, recipient: someone },
    { ...marks, verp: ['*'] },
  )
  assert.equal(await bring(world, path ?? '', report()), 250)
  assert.equal((await returned(world, id))[0]?.recipient, someone)
})

test('a letter without ENVID gets one, and a report that returns it is known (RFC 3461 §4.4)', async (t) => {
  const world = await open(t, { envelopeId: true })
  const id = await world.submit({ to: [someone, another] })
  await world.settled(id, 2)
  assert.equal(world.north.letters.length, 1, 'all recipients at once')
  const envid = / ENVID=(\S+)/.exec(world.north.letters[0]?.mail ?? '')?.[1] ?? ''
  assert.ok(envid.startsWith(`${id}.`), envid)
  const field = `Original-Envelope-Id: ${envid}`
  await bring(world, user, report([field]))
  assert.deepEqual(await returned(world, id), [], 'whom it is about nobody knows')
  await bring(world, user, report([`${field.slice(0, -1)}0`], another))
  assert.deepEqual(await returned(world, id), [], 'a wrong one is none')
  await bring(world, 'other@south.example', report([field], another))
  assert.deepEqual(await returned(world, id), [], 'it came to somebody else')
  await bring(world, user, report([field], another))
  const [step] = await returned(world, id)
  assert.deepEqual([step?.recipient, step?.matched], [another, 'envelope-id'])
})

test('an ENVID that was given stays, and ours is in no report of our own (RFC 3461 §6.3 a)', async (t) => {
  const world = await open(t, { envelopeId: true, verp: ['*'] })
  const given = await world.submit({ parameters: ' ENVID=mine' })
  await world.settled(given, 1)
  assert.match(world.north.letters[0]?.mail ?? '', / ENVID=mine(?: |$)/)
  const none = await open(t, { envelopeId: true, verp: ['*'] }, { keywords: ['SIZE 1000000'] })
  const id = await none.submit({ wishes: ' NOTIFY=SUCCESS' })
  await none.settled(id, 1)
  assert.doesNotMatch(none.north.letters[0]?.mail ?? '', /ENVID/)
  const [filed] = await none.south.store.mailboxes.items({ account: user })
  const { record } = await journeyIn(none.south.store, filed?.journeyId ?? '')
  assert.deepEqual(record.envelope.rcptTo, [user], 'a report of ours goes to the plain address')
  const message = await none.south.store.messages.open(filed?.messageId ?? '')
  assert.ok(message !== undefined)
  let text = ''
  for await (const chunk of message.chunks()) text += Buffer.from(chunk).toString('latin1')
  assert.doesNotMatch(text, /Original-Envelope-Id/)
})
