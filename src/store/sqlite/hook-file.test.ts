import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { hookContract } from '../contract-hooks.ts'
import { openHookFile } from './hook-file.ts'

hookContract('sqlite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-hooks-'))
  const hooks = openHookFile(folder)
  const dispose = (): void => {
    hooks.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { hooks, dispose }
})

test('webhooks are there again after a restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-hooks-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const first = openHookFile(folder)
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
  await first.putEndpoint(endpoint)
  await first.advance({ feed: 'north', through: 7, deliveries: [] })
  first.close()
  const second = openHookFile(folder)
  assert.deepEqual(await second.endpoints(), [endpoint])
  assert.equal(await second.cursor('north'), 7)
  second.close()
})
