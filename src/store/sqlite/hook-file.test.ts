import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { WaybillError } from '../../base/error.ts'
import { hookContract } from '../contract-hooks.ts'
import { dataFolder } from '../data-folder.ts'
import type { HookEndpoint } from '../ports/hooks.ts'
import { backUpStore } from './backup.ts'
import { inOurWords, openDatabase } from './database.ts'
import { openHookFile } from './hook-file.ts'
import { Restoration } from './restore.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { verifyStore } from './verify-store.ts'

const endpoint = {
  id: 'e1',
  url: 'https://e.example/',
  description: '',
  events: [],
  secrets: ['whsec_x'],
  createdAt: 1,
  since: 1,
  off: '',
}

hookContract('sqlite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-hooks-'))
  const hooks = openHookFile(folder)
  const dispose = (): void => {
    hooks.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { hooks, dispose }
})

test('secrets of webhooks are for the user of the server alone', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-hooks-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const hooks = openHookFile(folder)
  const { hooks: path } = dataFolder(folder)
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    assert.equal(statSync(file).mode & 0o777, 0o600, file)
  }
  hooks.close()
})

test('webhooks are there again after a restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-hooks-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const first = openHookFile(folder)
  await first.putEndpoint(endpoint)
  await first.advance({ feed: 'north', through: 7, deliveries: [] })
  first.close()
  const second = openHookFile(folder)
  assert.deepEqual(await second.endpoints(), [endpoint])
  assert.equal(await second.cursor('north'), 7)
  second.close()
})

test('webhooks go with a backup, come back with it, and a damaged file of them is told', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'waybill-hooks-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const [data, copy] = [join(root, 'data'), join(root, 'copy')]
  await (await openSqliteStore({ folder: data })).close()
  const hooks = openHookFile(data)
  await hooks.putEndpoint(endpoint)
  // While the server has them open.
  backUpStore({ folder: data, to: copy })
  await hooks.removeEndpoint(endpoint.id)
  hooks.close()
  assert.deepEqual(await endpointsIn(copy), [endpoint])

  const restoration = Restoration.begin({ from: copy, folder: data, replace: true })
  const aside = restoration.putInPlace('aside') ?? ''
  assert.deepEqual(await endpointsIn(data), [endpoint])
  assert.deepEqual(await endpointsIn(aside), [])
  assert.deepEqual((await verifyStore({ folder: data })).findings, [])

  const file = dataFolder(data).hooks
  const octets = readFileSync(file)
  octets.fill(0xff, octets.length / 2)
  writeFileSync(file, octets)
  const { findings } = await verifyStore({ folder: data })
  assert.ok(findings.some((one) => one.type === 'database' && one.detail.startsWith('hooks.db')))
})

async function endpointsIn(folder: string): Promise<readonly HookEndpoint[]> {
  const hooks = openHookFile(folder)
  try {
    return await hooks.endpoints()
  } finally {
    hooks.close()
  }
}

test('what the disk says of it is told in the words of the store', (t) => {
  const database = inOurWords(openDatabase(':memory:', { readOnly: false, busyTimeoutMs: 0 }))
  t.after(() => database.close())
  database.exec('CREATE TABLE one (text TEXT); PRAGMA max_page_count = 2')
  assert.throws(
    () => database.run('INSERT INTO one VALUES (?)', 'x'.repeat(100_000)),
    (problem) => problem instanceof WaybillError && problem.code === 'store-full',
  )
})
