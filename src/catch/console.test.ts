import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from '../base/log.ts'
import { testFolder } from '../store/test-folder.ts'
import { openCatcher } from './catcher.ts'
import { openCatcherConsole } from './console.ts'

test('the API of a catcher says what it is, and sets its faults', async (t) => {
  const { folder, remove } = testFolder()
  const report = (problem: unknown, where: string): never =>
    assert.fail(`${where}: ${String(problem)}`)
  const taken = 'strict'
  const ports = { smtp: 0, submission: 0, submissions: 0 }
  const catcher = await openCatcher({ folder, ports, taken, faults: [], log: silent, report })
  const options = { folder, port: 0, version: '1', page: folder, taken, report } as const
  const http = await openCatcherConsole(catcher, options)
  t.after(async () => {
    await http.close()
    await catcher.close()
    remove()
  })
  const ask = async (path: string, body?: unknown): Promise<{ status: number; json: unknown }> => {
    const answer = await fetch(`http://127.0.0.1:${http.http}${path}`, {
      ...(body === undefined ? {} : { method: 'PUT', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json', connection: 'close' },
    })
    return { status: answer.status, json: await answer.json() }
  }
  const { json: session } = await ask('/v1/session')
  assert.deepEqual(session, {
    mode: 'catch',
    who: 'lab',
    scopes: ['read', 'send', 'manage'],
    version: '1',
    account: null,
  })
  const path = '/v1/catch/faults'
  assert.deepEqual(await ask(path), { status: 200, json: { data: [] } })
  const effect = { what: null, code: 451, delay_ms: 0, drop: false }
  const fault = { stage: 'recipient', ...effect, probability: 50 }
  const asked = { data: [{ stage: 'recipient', code: 451, probability: 50 }] }
  assert.deepEqual(await ask(path, asked), { status: 200, json: { data: [fault] } })
  assert.deepEqual(await ask(path), { status: 200, json: { data: [fault] } })
  assert.deepEqual(catcher.faults.list[0]?.code, 451)
  for (const data of [[{ stage: 'rcpt', code: 451 }], [{ stage: 'data', code: 250 }], 'x', [{}]]) {
    assert.equal((await ask(path, { data })).status, 400, JSON.stringify(data))
  }
  const [act] = await catcher.store.acts.list({ limit: 1 })
  assert.deepEqual([act?.what, act?.door], ['faults set', 'http'])
})
