/** `waybill sendmail` and `mailq` against a server that runs, by the socket and by SMTP, and without one. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startServer, writeConfig } from '../../app/test-support/processes.ts'
import { storedText } from '../../app/test-support/test-site.ts'
import { journeysIn } from '../../app/test-support/replay-all.ts'
import { systemClock } from '../../io/clock.ts'
import { openDnsServer } from '../../io/dns-server.ts'
import { openReadOnlyStore } from '../../store/sqlite/sqlite-reader.ts'
import { testFolder } from '../../store/test-folder.ts'

const launcher = fileURLToPath(new URL('../../../waybill', import.meta.url))

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly said: string
}

async function call(
  program: string,
  args: readonly string[],
  input = '',
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'pipe' })
  let [out, said] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  await once(child, 'close')
  return { code: child.exitCode, out, said }
}

interface Scene {
  readonly config: string
  readonly data: string
  readonly ports: Readonly<Record<string, number>>
  /** Links to the program, by the name that it is called by. */
  readonly link: (name: string) => string
}

/** A server of south.example that reaches nobody, so that what goes outside waits. */
async function serve(t: TestContext, more = ''): Promise<Scene> {
  const { folder, remove } = testFolder()
  t.after(remove)
  const dns = await openDnsServer({ port: 0, clock: systemClock })
  t.after(() => dns.close())
  const data = join(folder, 'data')
  const config = writeConfig(folder, { dnsPort: dns.endpoint.port, data, more })
  const { ports } = await startServer(t, [
    '--config',
    config,
    '--ports',
    'auto',
    '--http-port',
    '0',
  ])
  const link = (name: string): string => {
    const path = join(folder, name)
    symlinkSync(launcher, path)
    return path
  }
  return { config, data, ports, link }
}

const message =
  'From: root (Cron Daemon)\nTo: receiver\nBcc: hidden@north.example\nSubject: Cron\n\nout\n.\nnot this\n'

test('sendmail over the control socket, under its own name: signed, filed, written down', async (t) => {
  const { config, data, link } = await serve(t)
  const env = { WAYBILL_CONFIG: config }
  const sendmail = link('sendmail')
  const done = await call(sendmail, ['receiver', 'someone@north.example'], message, env)
  assert.deepEqual([done.code, done.out, done.said], [0, '', ''])
  const store = openReadOnlyStore({ folder: data })
  t.after(() => store.close())
  const [journey] = await journeysIn(store)
  assert.ok(journey !== undefined)
  const { envelope, steps } = journey.record
  assert.match(envelope.mailFrom, /@south\.example$/)
  assert.deepEqual(envelope.rcptTo, ['receiver@south.example', 'someone@north.example'])
  const connect = steps.find(({ type }) => type === 'connect')
  assert.ok(connect?.type === 'connect' && connect.listener === 'sendmail')
  const login = steps.find(({ type }) => type === 'login')
  assert.ok(login?.type === 'login' && login.account !== '' && login.mechanism === 'sendmail')
  const [item] = await store.queue.list({ limit: 1 })
  assert.ok(item !== undefined)
  const text = await storedText({ messages: store.messages }, item.messageId)
  assert.match(text, /^DKIM-Signature:/m)
  assert.match(text, /^Date: /m)
  assert.match(text, /^From: Cron Daemon <root@south\.example>\r$/m)
  assert.doesNotMatch(text, /Bcc|hidden|not this/)
  const listed = await call(link('mailq'), [], '', env)
  assert.equal(listed.code, 0, listed.said)
  const { id } = journey.record
  assert.match(
    listed.out,
    new RegExp(`^-Queue ID-.*\\n${id}\\*? +\\d+ \\w{3} \\w{3} \\d\\d [\\d:]{8} `),
  )
  assert.match(listed.out, /^ {50}someone@north\.example$/m)
  assert.match(listed.out, /-- \d+ Kbytes in 1 Request\.$/m)
  assert.equal((await call(sendmail, ['-bp'], '', env)).out, listed.out)
  const json = JSON.parse((await call(launcher, ['mailq', '--config', config, '--json'])).out)
  assert.equal(json.id, id)
  const shown = await call(launcher, ['queue', 'show', id, '--config', config])
  assert.equal(shown.code, 0, 'the id is that of other commands')
  assert.equal((await call(link('newaliases'), [], '', env)).code, 0)
  assert.equal((await call(sendmail, ['-q'], '', env)).code, 0)
})

test('all or nobody: one recipient that is refused, and nothing was sent', async (t) => {
  const { config, data } = await serve(t)
  const args = ['sendmail', '-C', config, 'receiver', 'nobody@south.example']
  const refused = await call(launcher, args, 'Subject: x\n\nx\n')
  assert.equal(refused.code, 67)
  assert.match(refused.said, /nothing was sent/)
  assert.match(refused.said, /nobody@south\.example: 550 5\.1\.1/)
  const store = openReadOnlyStore({ folder: data })
  t.after(() => store.close())
  assert.equal(
    (await store.mailboxes.items({ account: 'receiver@south.example', limit: 9 })).length,
    0,
  )
  const foreign = ['sendmail', '-C', config, '-f', 'boss@north.example', 'receiver']
  const sender = await call(launcher, foreign, 'Subject: x\n\nx\n')
  assert.equal(sender.code, 77)
  const nul = await call(launcher, ['sendmail', '-C', config, 'receiver'], 'Subject: x\n\na\0b\n')
  assert.equal(nul.code, 65)
})

test('by SMTP where the data folder cannot be asked: trusted, or a stranger who is told so', async (t) => {
  const trusting = await serve(t, '[submission]\ntrusted_networks = ["127.0.0.1"]')
  const strict = await serve(t)
  const send = ({ ports }: Scene, port: string, to: string): Promise<Ran> => {
    const server = ['--server', `127.0.0.1:${ports[port]}`]
    const from = ['-f', 'cron@south.example']
    return call(launcher, ['sendmail', ...server, ...from, to], 'Subject: x\n\nx\n')
  }
  for (const port of ['smtp', 'submission']) {
    const done = await send(trusting, port, 'someone@north.example')
    assert.deepEqual([done.code, done.said], [0, ''], port)
  }
  const relay = await send(strict, 'smtp', 'someone@north.example')
  assert.equal(relay.code, 67)
  assert.match(relay.said, /trusted_networks must name 127\.0\.0\.1/)
  const login = await send(strict, 'submission', 'someone@north.example')
  assert.equal(login.code, 77)
})

test('without a server it is to be tried again, and wrong settings and wrong use are told', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const config = writeConfig(folder, { dnsPort: 1, more: '' })
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace('[listen]', '[listen]\nsmtp = 1\nsubmission = 2'),
  )
  const none = await call(launcher, ['sendmail', '-C', config, 'a@b.example'], 'Subject: x\n\nx\n')
  assert.equal(none.code, 75)
  assert.match(none.said, /no server could be asked, so nothing was sent/)
  const bad = join(folder, 'bad.toml')
  writeFileSync(bad, 'hostname = 1')
  assert.equal((await call(launcher, ['sendmail', '-C', bad, 'a@b.example'], 'x\n')).code, 78)
  assert.equal((await call(launcher, ['sendmail', '-C', join(folder, 'no'), 'a'], 'x\n')).code, 78)
  assert.equal((await call(launcher, ['sendmail', '-bs'])).code, 64)
  assert.equal((await call(launcher, ['sendmail', '-C', config, '-t'], 'Subject: x\n\n')).code, 64)
  const version = await call(
    launcher,
    ['sendmail', '-C', config, '-V', 'id', '-t'],
    'To: a@b..c\n\n',
  )
  assert.equal(version.code, 65, '-V is the envelope id, and not the version')
  assert.equal((await call(launcher, ['mailq', '--data', join(folder, 'none')])).code, 5)
})
