/** A command asks the server that is running: nothing but the server writes to its store. */
import assert from 'node:assert/strict'
import {
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { silent } from '../base/log.ts'
import { WaybillError } from '../base/error.ts'
import { parseConfig } from '../config/config.ts'
import type { Zone } from '../dns/zone.ts'
import { systemClock } from '../io/clock.ts'
import { openDnsServer } from '../io/dns-server.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import { openStoreReader } from '../store/sqlite-reader.ts'
import { testFolder } from '../store/test-folder.ts'
import { openLive } from './live.ts'
import { askServer, requestFolder, Requests } from './requests.ts'
import { jsonLines, waybill, writeConfig } from './test-support/processes.ts'

function folderFor(t: TestContext): string {
  const { folder, remove } = testFolder()
  t.after(remove)
  return folder
}

const patience = { clock: systemClock, timeoutMs: 20_000, everyMs: 2 }

function open(
  t: TestContext,
  folder: string,
  answer: (asked: unknown) => Promise<unknown>,
): Requests {
  const report = (problem: unknown): void => assert.fail(String(problem))
  const requests = new Requests({ folder, clock: systemClock, everyMs: 2, answer, report })
  requests.start()
  t.after(() => requests.stop())
  return requests
}

test('requests are answered one after the other, each its own, and nothing is left behind', async (t) => {
  const folder = join(folderFor(t), 'requests')
  let atOnce = 0
  open(t, folder, async (asked) => {
    atOnce++
    assert.equal(atOnce, 1)
    await new Promise((resolve) => setImmediate(resolve))
    atOnce--
    return { told: asked }
  })
  const asked = ['a', 'b', 'c']
  const answers = await Promise.all(asked.map((one) => askServer(one, { folder, ...patience })))
  assert.deepEqual(
    answers,
    asked.map((told) => ({ told })),
  )
  assert.deepEqual(readdirSync(folder), [])
  assert.equal(statSync(folder).mode & 0o777, 0o700)
})

test('what lies in the folder by mistake is removed, and never read when it is no file', async (t) => {
  const folder = join(folderFor(t), 'requests')
  mkdirSync(join(folder, 'a folder', 'in it'), { recursive: true })
  writeFileSync(join(folder, 'old.request'), '"nobody waits"')
  const asked: unknown[] = []
  open(t, folder, (one) => {
    asked.push(one)
    return Promise.resolve('told')
  })
  assert.deepEqual(readdirSync(folder), [])
  mkdirSync(join(folder, '1.request', 'in it'), { recursive: true })
  // To read it would never end.
  symlinkSync('/dev/zero', join(folder, '2.request'))
  assert.equal(await askServer('now', { folder, ...patience }), 'told')
  assert.deepEqual(asked, ['now'])
})

test('where the folder should be is a file: a sentence', async (t) => {
  const folder = join(folderFor(t), 'requests')
  writeFileSync(folder, '')
  assert.throws(
    () => open(t, folder, () => Promise.resolve('')),
    (problem) => problem instanceof WaybillError && /requests is a file/.test(problem.message),
  )
})

test('what root asks belongs to whom the folder belongs to', async (t) => {
  const folder = folderFor(t)
  const isRoot = process.getuid?.() === 0
  const owner = isRoot ? 65_534 : statSync(folder).uid
  if (isRoot) chownSync(folder, owner, owner)
  const asking = askServer('x', { folder, ...patience })
  const [asked = ''] = readdirSync(folder)
  assert.match(asked, /\.request$/)
  assert.equal(statSync(join(folder, asked)).uid, owner)
  assert.equal(statSync(join(folder, asked)).mode & 0o777, 0o600)
  writeFileSync(
    join(folder, asked.replace('.request', '.answer')),
    JSON.stringify({ type: 'answer', value: 'y' }),
  )
  assert.equal(await asking, 'y')
  assert.deepEqual(readdirSync(folder), [])
})

test('what goes wrong in the server is told with its code and its hint', async (t) => {
  const folder = folderFor(t)
  open(t, folder, () => {
    return Promise.reject(new WaybillError('not-found', 'It is not there.', { hint: 'Look.' }))
  })
  await assert.rejects(askServer('x', { folder, ...patience }), (problem) => {
    assert.ok(problem instanceof WaybillError)
    assert.deepEqual(
      [problem.code, problem.message, problem.hint],
      ['not-found', 'It is not there.', 'Look.'],
    )
    return true
  })
})

test('files that are no request are answered with a problem or left alone', async (t) => {
  const folder = folderFor(t)
  open(t, folder, () => Promise.resolve('never'))
  writeFileSync(join(folder, 'half.request.part'), '"x')
  writeFileSync(join(folder, 'broken.request'), '{')
  writeFileSync(join(folder, 'long.request'), JSON.stringify('x'.repeat(300_000)))
  // Behind these two, in the order of names.
  await askServer('y', { folder, ...patience })
  await askServer('y', { folder, ...patience })
  assert.deepEqual(readdirSync(folder).sort(), [
    'broken.answer',
    'half.request.part',
    'long.answer',
  ])
  assert.match(readFileSync(join(folder, 'long.answer'), 'utf8'), /"type":"problem"/)
})

test('without a server the command gives up and takes its request back', async (t) => {
  const folder = join(folderFor(t), 'requests')
  await assert.rejects(
    askServer('x', { ...patience, folder, timeoutMs: 20 }),
    (problem) => problem instanceof WaybillError && problem.code === 'data-in-use',
  )
  assert.deepEqual(readdirSync(folder), [])
})

test('what was asked before the start is forgotten', async (t) => {
  const folder = folderFor(t)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'old.request'), '"old"')
  const asked: unknown[] = []
  open(t, folder, (one) => {
    asked.push(one)
    return Promise.resolve(null)
  })
  await askServer('new', { folder, ...patience })
  assert.deepEqual(asked, ['new'])
})

/** The selectors that `waybill dkim rotate --json` names, and its exit code. */
async function rotate(config: string): Promise<{
  readonly code: number | null
  readonly step: string
  readonly waiting: Zone
}> {
  const ran = await waybill(['dkim', 'rotate', 'south.example', '--config', config, '--json'])
  assert.equal(ran.said, '')
  assert.doesNotMatch(ran.out, /PRIVATE/)
  const [line] = jsonLines(ran) as readonly {
    readonly step: string
    readonly waiting?: readonly {
      readonly record: { readonly name: string; readonly value: string }
    }[]
  }[]
  const waiting = (line?.waiting ?? []).map(({ record }) => [record.name, { TXT: [record.value] }])
  return { code: ran.code, step: line?.step ?? '', waiting: Object.fromEntries(waiting) as Zone }
}

test('keys are rotated while the server runs, and it signs with the new ones at once', async (t) => {
  const folder = folderFor(t)
  const dns = await openDnsServer({ port: 0, clock: systemClock, zones: { '': {} } })
  t.after(() => dns.close())
  const config = writeConfig(folder, { dnsPort: dns.endpoint.port })
  const read = parseConfig(readFileSync(config, 'utf8'))
  if (read.type !== 'settings') assert.fail(JSON.stringify(read))
  const live = await openLive({
    log: silent,
    settings: read.settings,
    autoPorts: true,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    broken: (problem) => assert.fail(String(problem)),
  })
  t.after(() => live.close())
  const signing = (): readonly string[] => {
    return live.site.ownMail.signingKeys('south.example').map(({ selector }) => selector)
  }
  assert.deepEqual(signing(), ['wb1', 'wb1-ed'])

  const made = await rotate(config)
  assert.deepEqual([made.code, made.step], [3, 'made'])
  assert.deepEqual(Object.keys(made.waiting), [
    'wb2._domainkey.south.example',
    'wb2-ed._domainkey.south.example',
  ])
  const early = await rotate(config)
  assert.deepEqual([early.code, early.step, early.waiting], [3, 'waiting', made.waiting])
  assert.deepEqual(signing(), ['wb1', 'wb1-ed'], 'nobody could look the new ones up')

  // "Not there" was heard a moment ago, and must not be believed for long.
  dns.setZone('', made.waiting)
  const done = await rotate(config)
  assert.deepEqual([done.code, done.step], [0, 'done'])
  assert.deepEqual(signing(), ['wb2', 'wb2-ed'])
  const reader = openStoreReader({ folder: read.settings.data })
  t.after(() => reader.close())
  assert.deepEqual(
    reader.dkimKeys('south.example').map(({ selector, active }) => [selector, active]),
    [
      ['wb1', false],
      ['wb1-ed', false],
      ['wb2', true],
      ['wb2-ed', true],
    ],
  )
  assert.deepEqual(readdirSync(requestFolder(read.settings.data)), [])

  const unknown = await waybill(['dkim', 'rotate', 'other.example', '--config', config])
  assert.equal(unknown.code, 5)
  assert.match(unknown.said, /There are no signing keys for other\.example/)
})

test('without a server the command rotates by itself', async (t) => {
  const folder = folderFor(t)
  const dns = await openDnsServer({ port: 0, clock: systemClock, zones: { '': {} } })
  t.after(() => dns.close())
  const config = writeConfig(folder, { dnsPort: dns.endpoint.port })
  await waybill(['config', 'dns', '--config', config])
  assert.equal((await rotate(config)).step, 'made')
  const store = await openSqliteStore({ folder: join(folder, 'data') })
  assert.equal(store.read.dkimKeys('south.example').length, 4)
  await store.close()
})
