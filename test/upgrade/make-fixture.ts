/**
 * Writes the data folder of a release, small, with what its commands say of it, for the upgrade test of
 * all releases after it: `node --conditions=waybill-source test/upgrade/make-fixture.ts 0.2.0`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { openLab } from '../../src/lab/lab.ts'
import { labTools } from '../../src/lab/tools.ts'
import { SmtpTalk } from '../../src/app/test-support/smtp-talk.ts'
import type { Ran } from '../../src/cli/commands/runner.test-support.ts'
import { testFolder } from '../../src/store/test-folder.ts'

const [version = ''] = process.argv.slice(2)
if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error('Say which version: 0.2.0')
const fixture = join(import.meta.dirname, '..', 'fixtures', version)
const sender = 'sender@north.example'
const receiver = 'receiver@south.example'

const place = testFolder()
try {
  await writeMail()
  const expected = await ask()
  rmSync(fixture, { recursive: true, force: true })
  for (const site of ['north', 'south']) pack(site)
  write('expected.json', Buffer.from(JSON.stringify(expected)))
} finally {
  place.remove()
}

function letter(from: string, subject: string, body = 'Hello\n'): string {
  return `From: ${from}\nTo: ${receiver}\nSubject: ${subject}\n\n${body}`
}

function crlf(text: string): string {
  return text.replaceAll('\n', '\r\n')
}

/** Letters that were delivered, in part, marked, refused, put off and failed, and what is no letter. */
async function writeMail(): Promise<void> {
  const fault = (problem: unknown): void => {
    throw problem
  }
  const lab = await openLab({
    folder: place.folder,
    ports: { smtp: 0, submission: 0, submissions: 0, dns: 0 },
    taken: 'strict',
    log: () => {},
    report: fault,
  })
  const tools = labTools(lab)
  const submit = async (rcptTo: string, subject: string, body?: string): Promise<void> => {
    const message = letter(sender, subject, body)
    await tools.untilOver(await tools.submit({ mailFrom: sender, rcptTo, message }))
  }
  await submit(receiver, 'Hello')
  await submit(receiver, 'Long', `${'0123456789'.repeat(7)}\n`.repeat(5000))
  await submit('nobody@south.example', 'Quote')
  const several = await SmtpTalk.greeted(lab.ports.submissions, { tls: true })
  await several.login(sender, 'letmein', 235)
  await several.say(`MAIL FROM:<${sender}>`, 250)
  for (const one of [receiver, 'nobody@south.example']) await several.say(`RCPT TO:<${one}>`, 250)
  const ref = /Ref ([0-9a-z]{16})/.exec((await several.data(letter(sender, 'Both'))).text)?.[1]
  await tools.untilOver(ref ?? '')
  await several.quit()
  const forged = async (message: string, mailFrom = sender): Promise<void> => {
    await tools.send('stranger', { mailFrom, rcptTo: receiver, message })
  }
  await forged(letter(sender, 'Forged'))
  await forged(letter(sender, 'Forged at length', `${'x'.repeat(70)}\n`.repeat(6000)))
  await forged(letter('boss@south.example', 'In our own name'), 'x@stranger.example')
  const listed = letter(sender, '[friends] A list')
  await tools.send('lists', {
    mailFrom: 'friends-bounces@lists.example',
    rcptTo: receiver,
    message: await tools.signedByLists(crlf(`List-Id: Friends <friends.lists.example>\n${listed}`)),
  })
  const passer = await SmtpTalk.greeted(lab.ports.smtp)
  await passer.say('RCPT TO:<nobody@elsewhere.example>', 503)
  await passer.quit()
  const guesser = await SmtpTalk.greeted(lab.ports.submissions, { tls: true })
  await guesser.login(sender, 'wrong', 535)
  await guesser.quit()
  // The last one waits.
  lab.greylist()
  const message = letter(sender, 'Later')
  await tools.submit({ mailFrom: sender, rcptTo: receiver, message })
  const waits = async (): Promise<boolean> => {
    return (await lab.north.store.queue.list({ limit: 1 })).some(({ attempts }) => attempts > 0)
  }
  while (!(await waits())) await new Promise((resolve) => setTimeout(resolve, 20))
  await lab.close()
}

/** What the commands say of the folder. */
async function ask(): Promise<unknown> {
  const source = new URL('../../src/cli/commands/runner.test-support.ts', import.meta.url)
  const runner: ChildProcess = fork(fileURLToPath(source), { execArgv: process.execArgv })
  const json = async (...args: readonly string[]): Promise<readonly { readonly id: string }[]> => {
    const { out } = await new Promise<Ran>((resolve) => {
      runner.once('message', (ran) => resolve(ran as Ran))
      runner.send([...args, '--json', '--data', place.folder])
    })
    const lines = out.split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line) as { readonly id: string })
  }
  const list = await json('list')
  const journeys: Record<string, unknown> = {}
  for (const { id } of list) {
    const [[show], [replay]] = [await json('show', id), await json('replay', id)]
    journeys[id] = { show, replay }
  }
  const mail: unknown[] = []
  for (const item of await json('mail', 'list')) {
    const { account } = item as { readonly id: string; readonly account?: string }
    const [shown] = await json('mail', 'show', item.id, '--account', account ?? '')
    const { message } = shown as unknown as { readonly message: string }
    const sha256 = createHash('sha256').update(Buffer.from(message, 'base64')).digest('hex')
    mail.push({ ...item, sha256 })
  }
  const queue = await json('queue', 'list')
  runner.kill()
  return { journeys, list, mail, queue }
}

function pack(site: string): void {
  for (const name of readdirSync(join(place.folder, site), { recursive: true, encoding: 'utf8' })) {
    const path = join(place.folder, site, name)
    if (/^(?:waybill\.db|content\/.*)$/.test(name) && statSync(path).isFile())
      write(join(site, name), readFileSync(path))
  }
}

function write(name: string, octets: Uint8Array): void {
  const path = join(fixture, `${name}.gz`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, gzipSync(octets, { level: 9 }))
}
