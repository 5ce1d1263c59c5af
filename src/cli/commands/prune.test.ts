import assert from 'node:assert/strict'
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ControlSocket } from '../../control/control-socket.ts'
import { systemClock } from '../../io/clock.ts'
import { acceptance, journey, mailboxItem, message } from '../../store/contract-cases.ts'
import { contentPath, dataFolder } from '../../store/data-folder.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'

const dayMs = 86_400_000

/** A store of letters and connections of different ages, with its configuration. */
async function filled(t: TestContext): Promise<{ data: string; config: string; long: string }> {
  const { folder, remove } = testFolder()
  t.after(remove)
  const data = join(folder, 'data')
  const config = join(folder, 'waybill.toml')
  const lines = [
    'hostname = "mx.south.example"',
    'domains = ["south.example"]',
    `data = ${JSON.stringify(data)}`,
    '[retention]',
    'journey_days = 30',
  ]
  writeFileSync(config, lines.join('\n'))
  const store = await openSqliteStore({ folder: data })
  const ago = (days: number): number => Date.now() - days * dayMs
  const refused = { status: 'refused', messageId: 'bad', startedAt: ago(10) }
  const long = message('long', 'x'.repeat(300_000))
  await store.post.accept(
    acceptance({
      message: message('bad', 'y'.repeat(1000)),
      moreMessages: [],
      journeys: [
        journey('SCAN', { status: 'dropped', rcptTo: [], startedAt: ago(2) }),
        journey('SCAN-NOW', { status: 'dropped', rcptTo: [], startedAt: ago(0) }),
        journey('REFUSED', refused),
        journey('OLD', { startedAt: ago(31) }),
        journey('YOUNG', { startedAt: ago(29) }),
      ],
    }),
  )
  await store.post.accept(
    acceptance({ message: long, mailbox: [mailboxItem({ messageId: 'long' })] }),
  )
  await store.close()
  return { data, config, long: long.content.sha256 }
}

test('prune counts what it would remove, removes it, and has nothing to do then', async (t) => {
  const { config } = await filled(t)
  const run = runner(t)
  const dry = await run('prune', '--config', config, '--dry-run', '--json')
  const counted = { dry_run: true, journeys: 2, contents: 1, octets: 1000 }
  assert.deepEqual([dry.code, JSON.parse(dry.out)], [0, counted])
  const said = await run('prune', '--config', config, '--dry-run')
  assert.match(said.out, /^Would remove 2 journeys, .* 1 refused letters \(1000 octets\)\.\n$/)
  const done = await run('prune', '--config', config, '--json')
  const removed = { dry_run: false, journeys: 2, messages: 1, contents: 1, facts: 0 }
  assert.deepEqual([done.code, JSON.parse(done.out)], [0, removed])
  const again = await run('prune', '--config', config)
  assert.equal(again.out, 'Removed 0 journeys, 0 messages, 0 contents and 0 shared facts.\n')
})

test('prune asks the server that is running, and makes no folder where there is none', async (t) => {
  const { config, data } = await filled(t)
  const run = runner(t)
  const store = await openSqliteStore({ folder: data })
  t.after(() => store.close())
  const removed = { journeys: 7, messages: 6, contents: 5, facts: 4 }
  const control = await ControlSocket.open({
    folder: data,
    clock: systemClock,
    version: '0',
    answer: ({ operation }) => Promise.resolve(operation === 'prune' ? removed : 'something else'),
    report: assert.fail,
  })
  const done = await run('prune', '--config', config, '--json')
  assert.deepEqual(JSON.parse(done.out), { dry_run: false, ...removed })
  await control.close()
  const none = await run('prune', '--config', config, '--data', join(data, 'none'))
  assert.equal(none.code, 5)
  assert.match(none.messages, /There is no mail data in .*none/)
})

test('verify-store says yes of a whole store, and no with what is wrong', async (t) => {
  const { config, data, long } = await filled(t)
  const run = runner(t)
  const whole = await run('verify-store', '--config', config)
  assert.equal(whole.code, 0)
  assert.match(whole.out, /2 messages, 5 journeys, 2 contents, 301000 octets\n {2}All is whole\.\n/)
  const orphan = join(dataFolder(data).content, 'ff')
  mkdirSync(orphan, { recursive: true })
  writeFileSync(join(orphan, 'notes'), 'somebody')
  truncateSync(contentPath(dataFolder(data), long), 5)
  const damaged = await run('verify-store', '--data', data)
  assert.equal(damaged.code, 1)
  assert.match(damaged.out, new RegExp(`damaged: the content ${long} .*of the messages long\n`))
  assert.match(damaged.out, /unexplained: .*\/ff\/notes, 8 octets/)
  const json: unknown = JSON.parse((await run('verify-store', '--data', data, '--json')).out)
  assert.ok(typeof json === 'object' && json !== null && 'whole' in json && 'findings' in json)
  assert.equal(json.whole, false)
  rmSync(dataFolder(data).database)
  const lost = await run('verify-store', '--data', data)
  assert.equal(lost.code, 1)
  assert.match(lost.messages, /waybill\.db is missing, but the folder has held mail/)
  const none = await run('verify-store', '--data', join(data, 'none'))
  assert.equal(none.code, 5)
})

test('backup copies beside a running server, once into a folder, and the copy is whole', async (t) => {
  const { data, config } = await filled(t)
  const run = runner(t)
  const store = await openSqliteStore({ folder: data })
  t.after(() => store.close())
  const heard: unknown[] = []
  const control = await ControlSocket.open({
    folder: data,
    clock: systemClock,
    version: '0',
    answer({ operation, input }) {
      heard.push([operation, input])
      return Promise.resolve(null)
    },
    report: assert.fail,
  })
  t.after(() => control.close())
  const to = join(data, '..', 'copy')
  const done = await run('backup', '--config', config, '--to', to)
  assert.deepEqual(
    [done.code, done.out, done.messages],
    [0, `${to}: 2 messages, 1 of their contents in files of their own\n`, ''],
  )
  assert.deepEqual(heard, [['backup', { to, messages: 2, contents: 1, missing: 0 }]])
  const whole = await run('verify-store', '--data', to)
  assert.equal(whole.code, 0, whole.out)
  const again = await run('backup', '--config', config, '--to', to)
  assert.equal(again.code, 2)
  assert.match(again.messages, /copy is not empty\./)
  const json = await run('backup', '--data', data, '--to', join(to, 'b'), '--json')
  const told = { folder: data, to: join(to, 'b'), messages: 2, contents: 1, missing: 0 }
  assert.deepEqual(JSON.parse(json.out), told)
  const none = await run('backup', '--data', join(data, 'none'), '--to', join(to, 'c'))
  assert.equal(none.code, 5)
})

test('backup of the lab copies each of its stores', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const lab = join(folder, 'lab')
  for (const house of ['north', 'south']) {
    await (await openSqliteStore({ folder: join(lab, house) })).close()
  }
  const run = runner(t)
  const done = await run('backup', '--data', lab, '--to', join(folder, 'copy'), '--json')
  const to = done.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).to)
  assert.deepEqual(to, [join(folder, 'copy', 'north'), join(folder, 'copy', 'south')])
})
