/** People and programs at the desk of a server that runs: what they change holds at once. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../io/clock.ts'
import { openDnsServer } from '../io/dns-server.ts'
import { outgoing, queueItem } from '../store/contract-cases.ts'
import { openReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import {
  jsonLines,
  type Ran,
  startServer,
  type StartedServer,
  waybill,
  writeConfig,
} from './test-support/processes.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'

interface Opened {
  readonly config: string
  readonly data: string
  readonly start: () => Promise<StartedServer>
  /** Runs a command about this server. */
  readonly run: (
    args: readonly string[],
    input?: string,
  ) => Promise<{ readonly code: number | null; readonly out: string; readonly said: string }>
}

/** Runs command lines in one process, which is much faster than one for each. */
function openRunner(t: TestContext): (args: readonly string[]) => Promise<Ran> {
  const child = fork(join(import.meta.dirname, '../cli/commands/runner.test-support.ts'))
  t.after(() => child.kill())
  return async (args) => {
    child.send(args)
    // What `Ran` of that file says.
    const [{ out, messages, code }] = (await once(child, 'message')) as [
      { readonly out: string; readonly messages: string; readonly code: number },
    ]
    return { out, said: messages, code }
  }
}

async function open(t: TestContext): Promise<Opened> {
  const { folder, remove } = testFolder()
  t.after(remove)
  const dns = await openDnsServer({ port: 0, clock: systemClock, zones: { '': {} } })
  t.after(() => dns.close())
  const config = writeConfig(folder, { dnsPort: dns.endpoint.port })
  const runInOne = openRunner(t)
  return {
    config,
    data: join(folder, 'data'),
    start: () => startServer(t, ['--config', config, '--ports', 'auto', '--log', 'faults']),
    run: (args, input) => {
      const all = [...args, '--config', config]
      return input === undefined ? runInOne(all) : waybill(all, { input })
    },
  }
}

/** Whether somebody may log in. */
async function mayLogIn(server: StartedServer, name: string, password: string): Promise<boolean> {
  const talk = await SmtpTalk.greeted(server.ports['submissions'] ?? 0, { tls: true })
  const plain = Buffer.from(`\0${name}\0${password}`).toString('base64')
  const said = await talk.say(`AUTH PLAIN ${plain}`)
  talk.destroy()
  return said.code === 235
}

/** What is said to somebody who writes to an address. */
async function recipient(server: StartedServer, address: string): Promise<number> {
  const talk = await SmtpTalk.greeted(server.ports['smtp'] ?? 0)
  await talk.say('MAIL FROM:<>', 250)
  const said = await talk.say(`RCPT TO:<${address}>`)
  talk.destroy()
  return said.code
}

test('accounts, aliases and domains hold at once, and the audit says who brought them', async (t) => {
  const { start, run } = await open(t)
  const server = await start()
  assert.equal(await recipient(server, 'eve@west.example'), 550)

  const domain = await run(['domain', 'add', 'West.Example', '--why', 'a new house'])
  assert.equal(domain.code, 0, domain.said)
  assert.match(domain.out, /^west\.example\. MX 10 mx\.south\.example\.$/m)
  assert.match(domain.out, /^wb1\._domainkey\.west\.example\. TXT "v=DKIM1/m)
  const added = await run(['account', 'add', 'eve@west.example', '--json'], 'secret\n')
  assert.equal(added.out, '{"added":"eve@west.example","login":true,"messages":0}\n')
  assert.equal(await mayLogIn(server, 'eve@west.example', 'secret'), true)
  assert.equal(await recipient(server, 'eve@west.example'), 250)

  const alias = await run(['alias', 'add', 'all@west.example', 'eve@west.example'])
  assert.deepEqual(
    [alias.code, alias.out],
    [0, 'all@west.example leads to eve@west.example now.\n'],
  )
  assert.equal(await recipient(server, 'all@west.example'), 250)
  await run(['account', 'password', 'eve@west.example'], 'another\n')
  assert.equal(await mayLogIn(server, 'eve@west.example', 'secret'), false)
  assert.equal(await mayLogIn(server, 'eve@west.example', 'another'), true)

  const meant = await run(['account', 'remove', 'eve@west.example'])
  assert.equal(meant.code, 2)
  assert.match(meant.said, /That cannot be: "all@west\.example" leads to "eve@west\.example"/)
  const settled = await run(['account', 'remove', 'receiver@south.example'])
  assert.equal(settled.code, 2)
  assert.match(settled.said, /receiver@south\.example stands in the settings file\./)

  const audit = await run(['audit', '--json'])
  const acts = jsonLines(audit).map((line) => {
    assert.ok(typeof line === 'object' && line !== null)
    const { what, door, why, detail } = Object.fromEntries(Object.entries(line))
    return [what, door, why, detail]
  })
  const here = 'control socket'
  assert.deepEqual(acts, [
    ['account password', here, '', { address: 'eve@west.example', password: true }],
    ['alias add', here, '', { address: 'all@west.example', to: ['eve@west.example'], send: false }],
    ['account add', here, '', { address: 'eve@west.example', password: true }],
    ['domain add', here, 'a new house', { domain: 'west.example' }],
  ])

  // They are in the store: another start knows them, and so do commands without a server.
  await server.stop('SIGKILL')
  const list = await run(['account', 'list', '--json'])
  assert.deepEqual(jsonLines(list), [
    { address: 'receiver@south.example', from: 'settings', login: false, aliases: [], forward: [] },
    { address: 'eve@west.example', from: 'store', login: true, aliases: [], forward: [] },
  ])
  const removed = await run(['alias', 'remove', 'all@west.example'])
  assert.deepEqual([removed.code, removed.said], [0, ''])
  const again = await start()
  assert.deepEqual(
    [await recipient(again, 'eve@west.example'), await recipient(again, 'all@west.example')],
    [250, 550],
  )
})

test('a status tells how a server is, and that none runs', async (t) => {
  const { start, run, data } = await open(t)
  const none = await run(['status'])
  assert.equal(none.code, 5)
  const server = await start()
  const made = await run(['backup', '--to', join(data, '..', 'copy')])
  assert.equal(made.code, 0, made.said)
  const talk = await SmtpTalk.greeted(server.ports['smtp'] ?? 0)
  const running = await run(['status', '--json'])
  assert.equal(running.code, 0, running.out)
  const [status] = jsonLines(running) as [Readonly<Record<string, unknown>>]
  const { listeners, process: number, waiting, held, well, backup, hostname } = status
  assert.deepEqual([number, waiting, held, well], [server.child.pid, 0, 0, true])
  assert.equal(hostname, 'mx.south.example')
  const address = '127.0.0.1'
  assert.deepEqual(
    listeners,
    ['smtp', 'submission', 'submissions', 'http'].map((name) => {
      const connections = name === 'smtp' ? 1 : 0
      return {
        name,
        address,
        port: server.ports[name],
        connections,
        most: name === 'http' ? 500 : 2000,
      }
    }),
  )
  assert.ok(typeof backup === 'object' && backup !== null && 'to' in backup)
  assert.equal(backup.to, join(data, '..', 'copy'))
  const text = await run(['status'])
  assert.match(text.out, /^Waybill \S+ {2}mx\.south\.example {2}since .+Z {2}process \d+\n/)
  assert.match(text.out, /\n {2}Queue {3}mail for 0 recipients waits, 0 held; 0 have their turn\n/)
  assert.match(text.out, /\n {2}All is well\.\n$/)
  talk.destroy()

  // The socket of a killed server stays: nobody listens there.
  await server.stop('SIGKILL')
  const killed = await run(['status'])
  assert.equal(killed.code, 4)
  assert.match(killed.out, /Queue {3}mail for 0 recipients waits, 0 held\n/)
  assert.match(killed.said, /^No server runs on .*data\.\n/)
})

test('a letter that is given up: its sender is told, its journey says who and why', async (t) => {
  const { start, run, data } = await open(t)
  const store = await openSqliteStore({ folder: data })
  const later = Date.now() + 3_600_000
  const wait = { nextAttemptAt: later, expiresAt: later + 3_600_000 }
  const from = { reversePath: 'receiver@south.example', recipient: 'eve@north.example' }
  const queue = ['q1', 'q2'].map((id) => queueItem(id, { ...wait, ...from }))
  await store.post.accept({ ...outgoing(), queue })
  await store.close()
  await start()
  const drop = ['queue', 'drop', 'to:eve', '--yes', '--why', 'she has moved']
  const done = await run(drop)
  assert.deepEqual(
    [done.code, done.out, done.said],
    [0, 'Mail for 2 recipients is given up.\n', ''],
  )
  const reader = openReadOnlyStore({ folder: data })
  const found = await reader.journeys.find('JOURNEY1')
  reader.close()
  assert.ok(found.type === 'found')
  const steps = found.journey.appended.join('')
  assert.match(steps, /"given-up".*"door":"control socket","why":"she has moved","silent":false/)
  assert.equal(found.journey.status, 'failed')
  const mail = await run(['mail', 'list', 'receiver@south.example', '--json'])
  const [notice, ...more] = jsonLines(mail)
  assert.deepEqual(more, [], 'one notice for one message')
  assert.ok(typeof notice === 'object' && notice !== null && 'id' in notice && 'from' in notice)
  assert.equal(notice.from, '')
  const again = await run([...drop, '--json'])
  assert.deepEqual([again.code, again.out], [5, '{"dropped":0,"left":0}\n'])

  const deleted = await run(['mail', 'delete', String(notice.id), '--yes'])
  assert.deepEqual([deleted.code, deleted.out], [0, '1 message is deleted.\n'])
  assert.deepEqual(jsonLines(await run(['mail', 'list', '--json'])), [])
})

test('two commands at once on a folder without a server are both done', async (t) => {
  const { start, run, config } = await open(t)
  await (await start()).stop('SIGTERM')
  const names = ['ann', 'bob', 'eve'].map((name) => `${name}@south.example`)
  const add = (name: string): readonly string[] => [
    'account',
    'add',
    name,
    '--no-password',
    '--config',
    config,
  ]
  const all = await Promise.all(names.map((name) => waybill(add(name))))
  assert.deepEqual(
    all.map(({ code, said }) => [code, said]),
    names.map(() => [0, '']),
  )
  const list = await run(['account', 'list'])
  for (const name of names)
    assert.match(list.out, new RegExp(`^${name} +store +only receives$`, 'm'))
})
