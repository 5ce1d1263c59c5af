/** Programs that call sendmail: git send-email, PHP's mail(), and cron's way. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startServer, writeConfig } from '../../src/app/test-support/processes.ts'
import { journeysIn } from '../../src/app/test-support/replay-all.ts'
import { storedText } from '../../src/app/test-support/test-site.ts'
import { systemClock } from '../../src/io/clock.ts'
import { openDnsServer } from '../../src/io/dns-server.ts'
import { openReadOnlyStore, type ReadOnlyStore } from '../../src/store/sqlite/sqlite-reader.ts'
import { peersAreHere } from './peers.ts'
import { shortFolder } from './processes.ts'

interface Scene {
  readonly folder: string
  /** The link that programs call. */
  readonly sendmail: string
  readonly env: NodeJS.ProcessEnv
  readonly store: ReadOnlyStore
}

async function openScene(t: TestContext): Promise<Scene> {
  const folder = await shortFolder(t)
  const dns = await openDnsServer({ port: 0, clock: systemClock })
  t.after(() => dns.close())
  const data = join(folder, 'data')
  const config = writeConfig(folder, { dnsPort: dns.endpoint.port, data })
  await startServer(t, ['--config', config, '--ports', 'auto', '--http-port', '0'])
  const sendmail = join(folder, 'sendmail')
  symlinkSync(fileURLToPath(new URL('../../waybill', import.meta.url)), sendmail)
  const store = openReadOnlyStore({ folder: data })
  t.after(() => store.close())
  const env = { ...process.env, WAYBILL_CONFIG: config, HOME: folder }
  return { folder, sendmail, env, store }
}

async function run(
  { folder, env }: Scene,
  program: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  const child = spawn(program, args, { cwd: folder, env, stdio: 'pipe' })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stdin.end(input)
  await once(child, 'close')
  assert.equal(child.exitCode, 0, `${program} ${args.join(' ')}: ${out}`)
  return out
}

/** The newest letter: its envelope and its text. */
async function newest({ store }: Scene): Promise<{ from: string; to: string; text: string }> {
  const [journey] = await journeysIn(store)
  assert.ok(journey !== undefined)
  const { id, envelope } = journey.record
  const text = await storedText({ messages: store.messages }, id)
  return { from: envelope.mailFrom, to: envelope.rcptTo.join(' '), text }
}

test('git send-email hands a patch in', async (t) => {
  if (!peersAreHere(t, { programs: ['git'] })) return
  const scene = await openScene(t)
  const git = (...args: readonly string[]): Promise<string> => run(scene, 'git', args)
  await git('init', '-q', '.')
  await git('config', 'user.name', 'Ann')
  await git('config', 'user.email', 'receiver@south.example')
  writeFileSync(join(scene.folder, 'a.txt'), 'one\n.\ntwo\n')
  await git('add', 'a.txt')
  await git('commit', '-q', '-m', 'Add a line with a dot')
  await git('format-patch', '-q', '-1', '-o', 'out')
  if (!(await hasSendEmail(scene))) {
    t.skip('git send-email is not installed (package git-email)')
    return
  }
  const to = ['--to', 'dev@north.example', '--cc', 'other@south.example,receiver@south.example']
  const send = ['send-email', '--quiet', '--confirm=never', `--sendmail-cmd=${scene.sendmail}`]
  await git(...send, '--cc', 'receiver@south.example', ...to.slice(0, 2), 'out')
  const { from, to: rcpts, text } = await newest(scene)
  // Without --envelope-sender git names none, so it is the user.
  assert.match(from, /@south\.example$/)
  assert.match(rcpts, /dev@north\.example/)
  assert.match(text, /^\+\.\r$/m, 'a dot alone is text')
  assert.match(text, /^Subject: \[PATCH\] Add a line with a dot/m)
})

async function hasSendEmail(scene: Scene): Promise<boolean> {
  const child = spawn('git', ['send-email', '--help-all'], { env: scene.env, stdio: 'pipe' })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stdin.end()
  await once(child, 'close')
  return !/is not a git command/.test(said)
}

test('PHP’s mail() hands a message in', async (t) => {
  if (!peersAreHere(t, { programs: ['php'] })) return
  const scene = await openScene(t)
  const script = join(scene.folder, 'mail.php')
  writeFileSync(
    script,
    `<?php exit(mail('someone@north.example', 'Grüße', "Hello\\n.\\nthere\\n", "From: receiver@south.example\\r\\nBcc: other@north.example", '-freceiver@south.example') ? 0 : 1);`,
  )
  await run(scene, 'php', ['-d', `sendmail_path=${scene.sendmail} -t -i`, script])
  const { from, to, text } = await newest(scene)
  assert.equal(from, 'receiver@south.example')
  assert.equal(to, 'someone@north.example other@north.example')
  assert.match(text, /\r\nHello\r\n\.\r\nthere\r\n/)
  assert.doesNotMatch(text, /Bcc/)
})

test('cron’s way: its options, bare names, and the output of a job', async (t) => {
  const scene = await openScene(t)
  const message =
    'From: root (Cron Daemon)\nTo: receiver\nSubject: Cron <root@host> job\nMIME-Version: 1.0\n' +
    'Content-Type: text/plain; charset=UTF-8\nX-Cron-Env: <SHELL=/bin/sh>\n\nout\n'
  const args = ['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'receiver']
  await run(scene, scene.sendmail, args, message)
  const { to, text } = await newest(scene)
  assert.equal(to, 'receiver@south.example')
  assert.match(text, /^From: Cron Daemon <root@south\.example>\r$/m)
})
