import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { connect } from 'node:tls'
import { silent } from '../base/log.ts'
import { testFolder } from '../store/test-folder.ts'
import { journeyIn, replayAll } from '../app/test-support/replay-all.ts'
import type { JourneyView } from '../journey/view.ts'
import { SmtpTalk } from '../app/test-support/smtp-talk.ts'
import { type Lab, openLab } from './lab.ts'

async function open(t: TestContext): Promise<{ readonly lab: Lab; readonly folder: string }> {
  const { folder, remove } = testFolder()
  const lab = await openLab({
    folder,
    ports: { smtp: 0, submission: 0, submissions: 0, dns: 0 },
    taken: 'strict',
    log: silent,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
  })
  t.after(async () => {
    await lab.close()
    remove()
  })
  return { lab, folder }
}

/** What EHLO offers at a port. */
async function offers(port: number): Promise<readonly string[]> {
  const talk = await SmtpTalk.open(port)
  await talk.read(220)
  const { lines } = await talk.say('EHLO app.example', 250)
  await talk.quit()
  return lines
}

test('the port for programs offers no TLS that they could not check; the servers among themselves have it', async (t) => {
  const { lab } = await open(t)
  assert.ok(!(await offers(lab.ports.smtp)).includes('STARTTLS'))
  assert.ok((await offers(lab.ports.submission)).includes('STARTTLS'))
  const talk = await SmtpTalk.greeted(lab.ports.smtp)
  assert.equal(Math.floor((await talk.say('STARTTLS')).code / 100), 5)
  const letter = { from: 'app@stranger.example', to: 'receiver@south.example' }
  assert.equal(
    (await talk.letter({ ...letter, message: 'From: app@stranger.example\n\nx\n' })).code,
    250,
  )
  await talk.quit()
})

/** The newest letter that south got. */
async function newest(lab: Lab): Promise<JourneyView> {
  const { store } = lab.south
  const [row] = await store.journeys.list({ limit: 1 })
  return (await journeyIn(store, row?.id ?? '')).view
}

test('the port for programs takes mail for whoever it is for, and files it as caught', async (t) => {
  const { lab } = await open(t)
  const talk = await SmtpTalk.greeted(lab.ports.smtp)
  const message = 'From: app@shop.test\n\nx\n'
  for (const to of ['you@gmail.com', 'nobody@south.example', 'sender@north.example']) {
    const { code } = await talk.letter({ from: 'app@shop.test', to, message })
    assert.equal(code, 250, to)
  }
  await talk.quit()
  const mailboxes = await lab.south.store.mailboxes.list('caught')
  assert.deepEqual(
    mailboxes.map(({ name, messages }) => [name, messages]),
    [['Inbox', 3]],
  )
})

test('what was caught is judged, and its journey says what would have become of it', async (t) => {
  const { lab } = await open(t)
  const talk = await SmtpTalk.greeted(lab.ports.smtp)
  const forged = { from: 'sender@north.example', message: 'From: sender@north.example\n\nx\n' }
  assert.equal((await talk.letter({ ...forged, to: 'you@shop.test' })).code, 250)
  const { outcome, steps } = await newest(lab)
  assert.equal(outcome.status, 'delivered')
  const caught = steps.find(({ id }) => id === 'caught')
  assert.equal(caught?.result, 'refuse')
  assert.match(caught.answer, /^It would have been refused: 550 5\.7\.1 north\.example does not/)
  assert.equal(steps.find(({ id }) => id === 'dmarc')?.result, 'fail')
  // Whoever lives in the lab is protected as ever, also in a letter for both.
  assert.equal((await talk.letter({ ...forged, to: 'receiver@south.example' })).code, 550)
  await talk.say('MAIL FROM:<sender@north.example>', 250)
  await talk.say('RCPT TO:<you@shop.test>', 250)
  await talk.say('RCPT TO:<receiver@south.example>', 250)
  await talk.say('DATA', 354)
  assert.equal((await talk.say('From: sender@north.example\r\n\r\nx\r\n.')).code, 550)
  await talk.quit()
  await replayAll(lab.south.store)
})

test('names outside of the lab are not looked up, and the journey says so', async (t) => {
  const { lab } = await open(t)
  const talk = await SmtpTalk.greeted(lab.ports.smtp)
  const letter = { from: 'app@shop.test', message: 'From: app@shop.test\n\nx\n' }
  await talk.letter({ ...letter, to: 'you@shop.test' })
  const before = (await newest(lab)).steps
  const told = (id: string): unknown => before.find((step) => step.id === id)?.verdict
  assert.deepEqual([told('spf.mailfrom'), told('dmarc'), told('caught')], Array(3).fill('skipped'))
  assert.match(before.find(({ id }) => id === 'dmarc')?.answer ?? '', /^Not looked up/)
  // As soon as the lab has such a name, it is asked for.
  lab.changeZone({ 'shop.test': { TXT: ['v=spf1 -all'] } })
  await talk.letter({ ...letter, to: 'you@shop.test' })
  const after = (await newest(lab)).steps
  assert.equal(after.find(({ id }) => id === 'spf.mailfrom')?.result, 'fail')
  assert.equal(after.find(({ id }) => id === 'dmarc')?.result, 'none')
  await talk.quit()
  await replayAll(lab.south.store)
})

test('any login is taken where programs are pointed at, and none is needed', async (t) => {
  const { lab } = await open(t)
  assert.ok((await offers(lab.ports.smtp)).includes('AUTH PLAIN LOGIN'))
  const talk = await SmtpTalk.greeted(lab.ports.smtp)
  await talk.say(`AUTH PLAIN ${Buffer.from('\0app\0secret').toString('base64')}`, 235)
  const letter = { from: 'app@shop.test', to: 'you@shop.test', message: 'From: a@b.test\n\nx\n' }
  assert.equal((await talk.letter(letter)).code, 250)
  assert.equal((await newest(lab)).envelope.login, 'app')
  await talk.quit()
})

test('who trusts the authority that the lab has written out can check its TLS', async (t) => {
  const { lab, folder } = await open(t)
  assert.equal(lab.authorityFile, join(folder, 'lab-ca.pem'))
  const ca = readFileSync(lab.authorityFile, 'utf8')
  assert.equal(ca, lab.authority)
  assert.doesNotMatch(ca, /PRIVATE/)
  const socket = connect({
    port: lab.ports.submissions,
    host: 'localhost',
    servername: 'localhost',
    ca,
  })
  await once(socket, 'secureConnect')
  assert.ok(socket.authorized)
  socket.destroy()
})
