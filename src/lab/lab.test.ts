import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { connect } from 'node:tls'
import { silent } from '../base/log.ts'
import { testFolder } from '../store/test-folder.ts'
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

test('who writes to nobody is told whom the lab has', async (t) => {
  const { lab } = await open(t)
  const talk = await SmtpTalk.greeted(lab.ports.smtp)
  await talk.say('MAIL FROM:<app@stranger.example>', 250)
  const nobody = await talk.say('RCPT TO:<you@south.example>', 550)
  assert.match(
    nobody.text,
    /^There is no such mailbox here\. The lab has receiver@south\.example\. Ref /,
  )
  assert.equal(nobody.enhanced, '5.1.1')
  const far = await talk.say('RCPT TO:<you@gmail.com>', 550)
  assert.match(
    far.text,
    /^This server takes mail for its own domains only\. The lab has receiver@south\.example\. Ref /,
  )
  assert.equal(far.enhanced, '5.7.1')
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
