import assert from 'node:assert/strict'
import { testsOf } from './test-support/both-ways.ts'
import type { TestJourney } from './test-support/replay-all.ts'
import { referenceIn, type Said, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, type TestSite } from './test-support/test-site.ts'
import { northZone, password, receiver } from './test-support/south.ts'
import { writtenJourney } from './test-support/written-journey.ts'

const test = testsOf('references')

const zone = { ...northZone, '_dmarc.north.example': { TXT: ['v=DMARC1; p=none'] } }
const from = 'sender@north.example'
const letter = { from, to: receiver, message: `From: ${from}\nSubject: x\n\nHello\n` }

/** The journey that a reply names, as soon as it is stored; its dialogue must have the reply. */
async function journeyNamed({ site }: { site: TestSite }, said: Said): Promise<TestJourney> {
  const journey = await writtenJourney(site, said)
  const line = `${said.code} ${said.enhanced} ${said.text}`
  const lines = journey.record.conversation.map(({ text }) => text)
  assert.ok(lines.includes(line), `${line} stands in ${lines.join(' | ')}`)
  return journey
}

test('what goes wrong before the first letter is in the journey of that letter', async (t) => {
  const site = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(site.ports.smtp)
  const unknown = await talk.say('FOO', 500)
  const early = await talk.say('DATA', 503)
  const taken = await talk.letter(letter)
  assert.equal(taken.code, 250)
  assert.deepEqual([unknown, early].map(referenceIn), [referenceIn(taken), referenceIn(taken)])
  for (const said of [unknown, early, taken]) {
    assert.equal((await journeyNamed({ site }, said)).status, 'delivered')
  }
})

test('what goes wrong within a letter is in its journey, however it ends', async (t) => {
  const site = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(site.ports.smtp)
  const ends: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['refused', () => talk.say('RSET', 250)],
    ['refused', () => talk.say('EHLO again.example', 250)],
    [
      'delivered',
      async () => {
        await talk.say(`RCPT TO:<${receiver}>`, 250)
        await talk.data(letter.message)
      },
    ],
    [
      'refused',
      async () => {
        await talk.say('RCPT TO:<nobody@south.example>', 550)
        await talk.say('RSET', 250)
      },
    ],
    [
      'refused',
      async () => {
        await talk.say(`RCPT TO:<${receiver}>`, 250)
        await talk.say('DATA', 354)
        await talk.say('a\nb\r\n.', 550)
      },
    ],
  ]
  const seen = new Set<string>()
  for (const [status, end] of ends) {
    await talk.say(`MAIL FROM:<${from}>`, 250)
    const said = await talk.say('RCPT TO: nobody', 501)
    await end()
    assert.equal((await journeyNamed({ site }, said)).status, status)
    seen.add(referenceIn(said))
  }
  assert.equal(seen.size, ends.length)
})

test('what goes wrong behind a letter is in a journey of its own', async (t) => {
  const site = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(site.ports.smtp)
  const taken = await talk.letter(letter)
  const said = await talk.say('FOO', 500)
  assert.notEqual(referenceIn(said), referenceIn(taken))
  await talk.quit()
  const journey = await journeyNamed({ site }, said)
  assert.equal(journey.status, 'dropped')
  assert.deepEqual(journey.record.envelope.rcptTo, [])
})

test('a connection that says no more than QUIT behind its letter has no journey beside it', async (t) => {
  const site = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(site.ports.smtp)
  await talk.letter(letter)
  await talk.quit()
  await site.site.close()
  assert.equal((await site.store.counts()).journeys, 1)
})

test('in one packet each refusal still names the journey that it belongs to', async (t) => {
  const site = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(site.ports.smtp)
  const mail = `MAIL FROM:<${from}>\r\n`
  talk.write(`${mail}FOO\r\nRSET\r\nBAR\r\n${mail}RCPT TO:<${receiver}>\r\nDATA\r\n`)
  await talk.read(250)
  const foo = await talk.read(500)
  await talk.read(250)
  const bar = await talk.read(500)
  for (const code of [250, 250, 354]) await talk.read(code)
  talk.write('a\nb\r\n.\r\nBAZ\r\nQUIT\r\n')
  const bare = await talk.read(550)
  const baz = await talk.read(500)
  await talk.read(221)
  assert.equal((await journeyNamed({ site }, foo)).status, 'dropped')
  // The second letter has the id that was told before it began.
  assert.equal(referenceIn(bar), referenceIn(bare))
  assert.equal((await journeyNamed({ site }, bar)).status, 'refused')
  await journeyNamed({ site }, bare)
  assert.equal((await journeyNamed({ site }, baz)).status, 'dropped')
})

test('a session that ends with 421 names the journey in which it does', async (t) => {
  const site = await openTestSite(t, { zone, limits: { errors: 3 } })
  for (const begin of [undefined, `MAIL FROM:<${from}>`]) {
    const talk = await SmtpTalk.greeted(site.ports.smtp)
    if (begin !== undefined) await talk.say(begin, 250)
    await talk.say('FOO', 500)
    await talk.say('FOO', 500)
    const said = await talk.say('FOO', 421)
    await talk.closed
    assert.equal((await journeyNamed({ site }, said)).status, 'dropped')
  }
})

test('at submission the refusals of log-in, sender and author name their journeys too', async (t) => {
  const site = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(site.ports.submissions, { tls: true })
  const early = await talk.say(`MAIL FROM:<${receiver}>`, 530)
  const wrong = await talk.login(receiver, 'wrong', 535)
  await talk.login(receiver, password, 235)
  const sender = await talk.say(`MAIL FROM:<${from}>`, 550)
  for (const said of [early, wrong, sender]) {
    assert.equal((await journeyNamed({ site }, said)).status, 'refused')
  }
  const author = await talk.letter({ ...letter, from: receiver })
  assert.equal(author.code, 550)
  const journey = await journeyNamed({ site }, author)
  assert.equal(journey.status, 'refused')
  assert.notEqual(referenceIn(author), referenceIn(sender))
  const after = await talk.say('FOO', 500)
  await talk.quit()
  assert.equal((await journeyNamed({ site }, after)).status, 'dropped')
})
