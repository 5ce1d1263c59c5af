import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { connect } from 'node:tls'
import { WaybillError } from '../base/error.ts'
import { type LogLine, silent } from '../base/log.ts'
import { askServer } from '../control/ask.ts'
import { parseConfig } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import type { KeyedCertificate } from '../io/certificates.ts'
import { systemClock } from '../io/clock.ts'
import { outgoing, queueItem } from '../store/contract-cases.ts'
import { contentOf } from '../store/ports/contents.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { openServer } from './open-server.ts'
import type { RunningServer } from './running-server.ts'
import { forTest } from './test-support/both-ways.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import { certificateFor } from './test-support/south.ts'

function settingsOf(folder: string, more = ''): Settings {
  const read = parseConfig(
    `hostname = "mx.south.example"
     domains = ["south.example"]
     data = ${JSON.stringify(join(folder, 'data'))}
     [listen]
     address = "127.0.0.1"
     [dns]
     servers = ["127.0.0.1:1"]
     ${more}`,
  )
  assert.ok(read.type === 'settings', JSON.stringify(read))
  return forTest(read.settings)
}

/** The server of each folder. */
const running = new Map<string, RunningServer>()

function folderFor(t: TestContext): string {
  const { folder, remove } = testFolder()
  t.after(async () => {
    // Before the folder goes: a server whose store is taken away is broken.
    await running.get(folder)?.close()
    remove()
  })
  return folder
}

async function open(settings: Settings): Promise<RunningServer> {
  const server = await openServer({
    settings,
    autoPorts: true,
    log: silent,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    broken: (problem) => assert.fail(String(problem)),
  })
  running.set(dirname(settings.data), server)
  return server
}

/** The certificate that a port shows to who connects now. */
async function shownAt(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

/** The certificate that is shown after STARTTLS on port 25. */
async function shownAfterStartTls(port: number): Promise<string> {
  const talk = await SmtpTalk.greeted(port)
  await talk.startTls()
  const shown = talk.certificate
  await talk.quit()
  return shown
}

function write(folder: string, { certificate, privateKey }: KeyedCertificate): void {
  writeFileSync(join(folder, 'cert.pem'), certificate)
  writeFileSync(join(folder, 'key.pem'), privateKey)
}

function tlsTable(folder: string): string {
  const file = (name: string): string => JSON.stringify(join(folder, name))
  return `[tls]\ncertificate = ${file('cert.pem')}\nkey = ${file('key.pem')}`
}

test('a renewed certificate is shown to new connections on every port, old ones go on', async (t) => {
  const folder = folderFor(t)
  write(folder, await certificateFor(['mx.south.example']))
  const settings = settingsOf(folder, tlsTable(folder))
  const server = await open(settings)
  const first = await shownAt(server.ports.submissions)
  assert.equal(await shownAfterStartTls(server.ports.smtp), first)
  const old = await SmtpTalk.greeted(server.ports.submissions, { tls: true })
  const waiting = await SmtpTalk.greeted(server.ports.smtp)

  assert.deepEqual(await server.reload(settings), { changed: [], unchanged: [] })
  assert.equal(await shownAt(server.ports.submissions), first)

  write(folder, await certificateFor(['mx.south.example']))
  assert.deepEqual(await server.reload(settings), { changed: ['certificate'], unchanged: [] })
  const second = await shownAt(server.ports.submissions)
  assert.notEqual(second, first)
  assert.equal(await shownAfterStartTls(server.ports.smtp), second)
  await old.quit()
  await waiting.quit()
})

test('a certificate that is gone or cannot be used changes nothing', async (t) => {
  const folder = folderFor(t)
  write(folder, await certificateFor(['mx.south.example']))
  const server = await open(settingsOf(folder, tlsTable(folder)))
  const shown = await shownAt(server.ports.submissions)
  const account = '[[account]]\naddress = "new@south.example"'
  const next = settingsOf(folder, `${tlsTable(folder)}\n${account}`)
  writeFileSync(join(folder, 'key.pem'), 'no key')
  await assert.rejects(server.reload(next), { code: 'key-unusable' })
  const elsewhere = settingsOf(folder, `${tlsTable(join(folder, 'nowhere'))}\n${account}`)
  await assert.rejects(server.reload(elsewhere), { code: 'config-invalid' })
  assert.equal(await shownAt(server.ports.submissions), shown)
  const talk = await SmtpTalk.greeted(server.ports.smtp)
  await talk.say('MAIL FROM:<>', 250)
  await talk.say('RCPT TO:<new@south.example>', 550)
  await talk.quit()
})

test('what cannot change is told and stays: the name in the greeting, the ports, the queue', async (t) => {
  const folder = folderFor(t)
  const server = await open(settingsOf(folder))
  const next = settingsOf(folder, '[queue]\nexpire_seconds = 60')
  const told = await server.reload({ ...next, hostname: 'other.example' })
  assert.deepEqual(told, { changed: [], unchanged: ['hostname', 'queue.expire_seconds'] })
  const talk = await SmtpTalk.open(server.ports.smtp)
  assert.match((await talk.read(220)).text, /^mx\.south\.example /)
  await talk.quit()
  const placed = server.system.post.place({
    id: 'x',
    reversePath: '',
    content: contentOf(new Uint8Array(0)),
    prefix: new Uint8Array(0),
    omit: [],
    recipients: [
      { address: 'a@b', dsn: {}, to: { type: 'remote', recipient: 'a@b', destination: 'b' } },
    ],
    role: 'inbox',
    eightBit: false,
    utf8: false,
  })
  const [item] = placed.acceptance.queue
  assert.equal((item?.expiresAt ?? 0) - (item?.createdAt ?? 0), 432_000_000)
  // Told at each reading, because it still does not hold.
  assert.deepEqual((await server.reload(next)).unchanged, ['queue.expire_seconds'])
})

test('when a port is taken, everything that was opened before is closed again', async (t) => {
  const folder = folderFor(t)
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const address = other.address()
  assert.ok(typeof address === 'object' && address !== null)
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const first = free.address()
  assert.ok(typeof first === 'object' && first !== null)
  await new Promise((resolve) => free.close(resolve))
  const settings = settingsOf(folder)
  const listen = { ...settings.listen, smtp: first.port, submission: address.port, submissions: 0 }
  await assert.rejects(
    openServer({
      settings: { ...settings, listen },
      autoPorts: false,
      log: silent,
      report: () => {},
      broken: () => {},
    }),
    (problem) => problem instanceof WaybillError && problem.code === 'port-taken',
  )
  const again = createServer().listen(first.port, '127.0.0.1')
  await once(again, 'listening')
  again.close()
  // The folder is free for the next one.
  const store = await openSqliteStore({ folder: settings.data })
  await store.close()
})

test('a stop closes the ports before anything else, and is over when the store is', async (t) => {
  const folder = folderFor(t)
  const settings = settingsOf(folder)
  const server = await open(settings)
  const talk = await SmtpTalk.greeted(server.ports.smtp)
  const closed = server.close()
  await assert.rejects(SmtpTalk.open(server.ports.smtp))
  await talk.read(421)
  await closed
  const store = await openSqliteStore({ folder: settings.data })
  await store.close()
})

test('a letter that somebody wants tried now is tried, also at a destination that was down', async (t) => {
  const folder = folderFor(t)
  const settings = settingsOf(folder)
  const store = await openSqliteStore({ folder: settings.data })
  const nextAttemptAt = Date.now() + 3_600_000
  const expiresAt = nextAttemptAt + 3_600_000
  const queue = [queueItem('q1', { nextAttemptAt, expiresAt })]
  await store.post.accept({ ...outgoing(), queue })
  await store.close()
  const { promise, resolve } = Promise.withResolvers<LogLine>()
  const server = await openServer({
    settings,
    autoPorts: true,
    log: (line) => {
      if (line.event === 'deferred') resolve(line)
    },
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    broken: (problem) => assert.fail(String(problem)),
  })
  running.set(folder, server)
  const input = { queue: 'retry', items: [{ id: 'q1', destination: 'south.example' }] }
  const request = { operation: 'queue retry', input, by: 'ann' }
  const place = { folder: settings.data, clock: systemClock, timeoutMs: 20_000 }
  const value = { letters: 1, left: 0 }
  assert.deepEqual(await askServer(request, place), { type: 'answered', value })
  // No resolver answers in this test.
  const line = await promise
  assert.deepEqual([line.fields['id'], line.fields['attempt']], ['JOURNEY1', 1])
})
