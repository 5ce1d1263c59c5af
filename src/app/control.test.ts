/** A command asks the server that is running: nothing but the server writes to its store. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { silent } from '../base/log.ts'
import { parseConfig } from '../config/config.ts'
import type { Zone } from '../dns/zone-table.ts'
import { systemClock } from '../io/clock.ts'
import { openDnsServer } from '../io/dns-server.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { openReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'
import { testFolder } from '../store/test-folder.ts'
import { openServer } from './open-server.ts'
import { jsonLines, waybill, writeConfig } from './test-support/processes.ts'

function folderFor(t: TestContext): string {
  const { folder, remove } = testFolder()
  t.after(remove)
  return folder
}

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
  const server = await openServer({
    log: silent,
    settings: read.settings,
    autoPorts: true,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    broken: (problem) => assert.fail(String(problem)),
  })
  t.after(() => server.close())
  const signing = async (): Promise<readonly string[]> => {
    const keys = await server.directory.signingKeys('south.example')
    return keys.map(({ selector }) => selector)
  }
  assert.deepEqual(await signing(), ['wb1', 'wb1-ed'])

  const made = await rotate(config)
  assert.deepEqual([made.code, made.step], [3, 'made'])
  assert.deepEqual(Object.keys(made.waiting), [
    'wb2._domainkey.south.example',
    'wb2-ed._domainkey.south.example',
  ])
  const early = await rotate(config)
  assert.deepEqual([early.code, early.step, early.waiting], [3, 'waiting', made.waiting])
  assert.deepEqual(await signing(), ['wb1', 'wb1-ed'], 'nobody could look the new ones up')

  // "Not there" was heard a moment ago, and must not be believed for long.
  dns.setZone('', made.waiting)
  const done = await rotate(config)
  assert.deepEqual([done.code, done.step], [0, 'done'])
  assert.deepEqual(await signing(), ['wb2', 'wb2-ed'])
  const reader = openReadOnlyStore({ folder: read.settings.data })
  t.after(() => reader.close())
  assert.deepEqual(
    (await reader.keys.list('south.example')).map(({ selector, active }) => [selector, active]),
    [
      ['wb1', false],
      ['wb1-ed', false],
      ['wb2', true],
      ['wb2-ed', true],
    ],
  )

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
  assert.equal((await store.keys.list('south.example')).length, 4)
  await store.close()
})
