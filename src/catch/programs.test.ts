/** Programs that send, with their defaults, to addresses that are nobody's here. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { createTransport } from 'nodemailer'
import { silent } from '../base/log.ts'
import { testFolder } from '../store/test-folder.ts'
import { type Catcher, openCatcher } from './catcher.ts'

const { folder, remove } = testFolder()
let catcher: Catcher

before(async () => {
  catcher = await openCatcher({
    folder,
    ports: { smtp: 0, submission: 0, submissions: 0 },
    taken: 'strict',
    faults: [],
    log: silent,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
  })
})

after(async () => {
  await catcher.close()
  remove()
})

/** The subject and the octets of the newest letter. */
async function newest(): Promise<{ readonly subject: string; readonly octets: Buffer }> {
  const [row] = await catcher.store.journeys.list({ limit: 1 })
  const message = await catcher.store.messages.open(row?.id ?? '')
  const pieces: Uint8Array[] = []
  for await (const piece of message?.original() ?? []) pieces.push(piece)
  return { subject: row?.subject ?? '', octets: Buffer.concat(pieces) }
}

/** Runs a program with its input; `undefined` where there is no such program. */
async function run(
  command: string,
  args: readonly string[],
  input = '',
): Promise<string | undefined> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const said: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => said.push(piece))
  }
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    const text = Buffer.concat(said).toString()
    assert.equal(code, 0, text)
    return text
  } catch (problem) {
    if (problem instanceof Error && 'code' in problem && problem.code === 'ENOENT') return undefined
    throw problem
  }
}

test('nodemailer sends with its defaults, with a login, and over TLS', async () => {
  const { ports, authorityFile } = catcher
  const letter = { from: 'Shop <app@shop.test>', to: 'you@customer.test', text: 'x' }
  const auth = { user: 'app', pass: 'secret' }
  const tls = { ca: readFileSync(authorityFile, 'utf8') }
  const ways = {
    plain: { port: ports.smtp },
    login: { port: ports.smtp, auth },
    starttls: { port: ports.submission, auth, tls, requireTLS: true },
    tls: { port: ports.submissions, secure: true, auth, tls },
  }
  for (const [subject, way] of Object.entries(ways)) {
    const { accepted } = await createTransport({ host: 'localhost', ...way }).sendMail({
      ...letter,
      subject,
    })
    assert.deepEqual(accepted, ['you@customer.test'])
    assert.equal((await newest()).subject, subject)
  }
})

test('HTML in one long line is taken as it is, whatever its encoding', async () => {
  const { smtp } = catcher.ports
  const html = `<p>${'Grüße an alle. '.repeat(5000)}</p>`
  const transport = createTransport({ host: 'localhost', port: smtp })
  const to = ['a@customer.test', 'b@customer.test', 'c@other.test']
  await transport.sendMail({ from: 'app@shop.test', to, subject: 'long', html })
  assert.equal((await newest()).subject, 'long')
  // As programs write it that know nothing of RFC 5322 §2.1.1.
  const raw = `From: app@shop.test\r\nSubject: raw\r\n\r\n${html}\r\n`
  await transport.sendMail({ envelope: { from: 'app@shop.test', to }, raw })
  const { subject, octets } = await newest()
  assert.equal(subject, 'raw')
  assert.deepEqual(octets, Buffer.from(raw))
})

test('a header with octets over 127 is taken without SMTPUTF8', async () => {
  const raw = 'From: Grüße <app@shop.test>\r\nSubject: Grüße\r\n\r\nGrüße\r\n'
  const envelope = { from: 'app@shop.test', to: 'you@customer.test' }
  await createTransport({ host: 'localhost', port: catcher.ports.smtp }).sendMail({ envelope, raw })
  const { subject, octets } = await newest()
  assert.deepEqual([subject, octets.toString()], ['Grüße', raw])
})

test('an address with letters beyond ASCII is taken with SMTPUTF8', async () => {
  const to = 'grüße@kunde.test'
  const { accepted } = await createTransport({
    host: 'localhost',
    port: catcher.ports.smtp,
  }).sendMail({ from: 'app@shop.test', to, subject: 'utf8', text: 'x' })
  assert.deepEqual(accepted, [to])
})

test("Python's smtplib sends with its defaults", async (t) => {
  const script = [
    'import smtplib, sys',
    's = smtplib.SMTP("localhost", int(sys.argv[1]))',
    's.sendmail("app@shop.test", ["a@customer.test", "b@other.test"], "Subject: python\\r\\n\\r\\nx\\r\\n")',
    's.login("app", "secret")',
    's.sendmail("app@shop.test", "a@customer.test", "Subject: python in\\r\\n\\r\\nx\\r\\n")',
    's.quit()',
  ].join('\n')
  const said = await run('python3', ['-', `${catcher.ports.smtp}`], script)
  if (said === undefined) return t.skip('there is no python3')
  assert.equal((await newest()).subject, 'python in')
})

test('swaks sends with its defaults', async (t) => {
  const args = ['--server', 'localhost', '--port', `${catcher.ports.smtp}`]
  const more = ['--from', 'app@shop.test', '--to', 'you@customer.test', '--h-Subject', 'swaks']
  const said = await run('swaks', [...args, ...more])
  if (said === undefined) return t.skip('there is no swaks')
  assert.equal((await newest()).subject, 'swaks')
})
