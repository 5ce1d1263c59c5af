/** Accounts, domains and reports over HTTP in a lab, a catcher and a server of one's own. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openServer } from '../app/open-server.ts'
import { openCatcher } from '../catch/catcher.ts'
import { openCatcherConsole } from '../catch/console.ts'
import { silent } from '../base/log.ts'
import { parseConfig } from '../config/config.ts'
import { testFolder } from '../store/test-folder.ts'
import { openLabConsole } from './console.ts'
import { openLab } from './lab.ts'

interface Asked {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Asked>

const report = (problem: unknown, where: string): never => {
  return assert.fail(`${where}: ${String(problem)}`)
}
const taken = 'strict'
const version = '1.2.3'

function asker(port: number, key: string): Ask {
  return async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${key}`,
        connection: 'close',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, json: (await answer.json()) as Asked['json'] }
  }
}

async function lab(t: TestContext): Promise<Ask> {
  const { folder, remove } = testFolder()
  const ports = { smtp: 0, submission: 0, submissions: 0, dns: 0 }
  const opened = await openLab({ folder, log: silent, report, ports, taken })
  const doors = await openLabConsole(opened, {
    folder,
    port: 0,
    version,
    page: folder,
    report,
    taken,
  })
  t.after(async () => {
    await doors.close()
    await opened.close()
    remove()
  })
  return asker(doors.http, 'wb_lab_local')
}

async function catcher(t: TestContext): Promise<Ask> {
  const { folder, remove } = testFolder()
  const ports = { smtp: 0, submission: 0, submissions: 0 }
  const opened = await openCatcher({ folder, ports, taken, faults: [], log: silent, report })
  const doors = await openCatcherConsole(opened, {
    folder,
    port: 0,
    version,
    page: folder,
    report,
    taken,
  })
  t.after(async () => {
    await doors.close()
    await opened.close()
    remove()
  })
  return asker(doors.http, 'wb_lab_local')
}

async function own(t: TestContext): Promise<Ask> {
  const { folder, remove } = testFolder()
  const read = parseConfig(
    `hostname = "mx.south.example"
     domains = ["south.example"]
     [listen]
     address = "127.0.0.1"
     [dns]
     servers = ["127.0.0.1:1"]
     [http]
     port = 8025`,
  )
  assert.ok(read.type === 'settings')
  const server = await openServer({
    settings: { ...read.settings, data: folder },
    autoPorts: true,
    log: silent,
    report,
    broken: (problem) => assert.fail(String(problem)),
  })
  t.after(async () => {
    await server.close()
    remove()
  })
  return asker(server.ports.http ?? 0, server.token.token)
}

const modes = { lab, catch: catcher, live: own }

/** What each path answers in the lab, in a catcher, and in a server of one's own. */
const table: readonly (readonly [string, string, unknown, number, number, number])[] = [
  ['GET', '/v1/accounts', undefined, 200, 200, 200],
  ['GET', '/v1/aliases', undefined, 200, 200, 200],
  ['GET', '/v1/domains', undefined, 200, 200, 200],
  ['GET', '/v1/suppressions', undefined, 200, 200, 200],
  ['GET', '/v1/route?address=x@[192.0.2.1]', undefined, 409, 409, 200],
  ['GET', '/v1/route?address=x', undefined, 409, 409, 400],
  ['GET', '/v1/route', undefined, 400, 400, 400],
  ['GET', '/v1/reports/dmarc', undefined, 200, 200, 200],
  ['GET', '/v1/reports/tls', undefined, 200, 200, 200],
  ['GET', '/v1/reports/south.example/summary', undefined, 200, 200, 200],
  ['GET', '/v1/reports/dmarc/6b81d46c', undefined, 404, 404, 404],
  ['GET', '/v1/domains/south.example/records', undefined, 200, 404, 200],
  ['GET', '/v1/domains/south.example/records?check=true', undefined, 200, 404, 200],
  ['GET', '/v1/domains/nowhere.example/records', undefined, 404, 404, 404],
  ['POST', '/v1/domains', { domain: 'shop.example' }, 409, 409, 200],
  ['POST', '/v1/domains/shop.example/dkim/rotate', {}, 409, 409, 200],
  ['GET', '/v1/domains/shop.example/dkim', undefined, 404, 404, 200],
  ['POST', '/v1/accounts', { address: 'ben@shop.example', password: 'x' }, 409, 409, 200],
  ['POST', '/v1/aliases', { address: 'a@shop.example', to: ['ben@shop.example'] }, 409, 409, 200],
  ['POST', '/v1/accounts/ben@shop.example/password', { password: 'y' }, 409, 409, 200],
  ['DELETE', '/v1/aliases/a@shop.example', undefined, 409, 409, 200],
  ['PATCH', '/v1/accounts/ben@shop.example', { forward: ['b@else.example'] }, 409, 409, 200],
  ['DELETE', '/v1/accounts/ben@shop.example', undefined, 409, 409, 200],
  ['DELETE', '/v1/domains/shop.example', undefined, 409, 409, 200],
  ['POST', '/v1/reports/dmarc', { no: 'report' }, 422, 422, 422],
  ['POST', '/v1/messages/delete', { ids: ['NOBODY12'] }, 404, 404, 404],
  ['POST', '/v1/messages/delete', { ids: [] }, 400, 400, 400],
]

for (const [index, [mode, open]] of Object.entries(modes).entries()) {
  test(`each path of management answers sensibly in mode ${mode}`, async (t) => {
    const ask = await open(t)
    for (const [method, path, body, ...wanted] of table) {
      const { status, json } = await ask(method, path, body)
      assert.equal(status, wanted[index], `${method} ${path}: ${JSON.stringify(json)}`)
      if (status >= 400) assert.ok(String(json['detail']).length > 10, path)
    }
  })
}

test('the lab shows who lives in it, and what its zones have of their records', async (t) => {
  const ask = await lab(t)
  const { json } = await ask('GET', '/v1/accounts')
  const accounts = json['data'] as readonly Readonly<Record<string, unknown>>[]
  assert.deepEqual(
    accounts.map(({ site, address, from }) => [site, address, from]),
    [
      ['north', 'sender@north.example', 'lab'],
      ['south', 'receiver@south.example', 'lab'],
    ],
  )
  assert.match(String(json['note']), /as the lab has made them/)
  const records = (await ask('GET', '/v1/domains/north.example/records?check=true')).json['data']
  assert.deepEqual(
    (records as readonly Readonly<Record<string, unknown>>[]).map(({ purpose, status }) => [
      purpose,
      status,
    ]),
    [
      ['mail', 'published'],
      ['spf', 'fits'],
      ['dmarc', 'fits'],
      ['tls-reports', 'missing'],
      ['mta-sts', 'missing'],
      ['dkim', 'published'],
      ['dkim', 'published'],
      ['address', 'published'],
      ['reverse', 'published'],
      ['address', 'missing'],
      ['spf', 'published'],
    ],
  )
})

test('a catcher says why it has nobody', async (t) => {
  const ask = await catcher(t)
  for (const path of ['/v1/accounts', '/v1/aliases', '/v1/domains']) {
    const { json } = await ask('GET', path)
    assert.deepEqual(json['data'], [])
    assert.match(String(json['note']), /catches mail for anybody/)
  }
})
