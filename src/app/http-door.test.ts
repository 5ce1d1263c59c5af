import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { test, type TestContext } from 'node:test'
import { silent } from '../base/log.ts'
import { parseConfig } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import { askServer } from '../control/ask.ts'
import { lasting } from '../desk/vital-signs.ts'
import type { ServerStatus } from '../desk/status.ts'
import { systemClock } from '../io/clock.ts'
import { appCode } from '../io/test-support/totp-app.ts'
import { testFolder } from '../store/test-folder.ts'
import { openServer, type OpenServerOptions } from './open-server.ts'
import { operatorToken } from './operator-token.ts'
import type { RunningServer } from './running-server.ts'

function settingsOf(folder: string, http = ''): Settings {
  const read = parseConfig(
    `hostname = "mx.south.example"
     domains = ["south.example"]
     [listen]
     address = "127.0.0.1"
     [dns]
     servers = ["127.0.0.1:1"]
     [http]
     ${http}`,
  )
  assert.ok(read.type === 'settings', JSON.stringify(read))
  return { ...read.settings, data: folder }
}

async function open(
  t: TestContext,
  settings: Settings,
  more: Partial<OpenServerOptions> = {},
): Promise<RunningServer> {
  const server = await openServer({
    settings,
    autoPorts: true,
    log: silent,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    broken: (problem) => assert.fail(String(problem)),
    ...more,
  })
  t.after(async () => {
    await server.close()
    rmSync(settings.data, { recursive: true })
  })
  return server
}

/** The status of what is asked there. */
async function asked(port: number, headers: Record<string, string>): Promise<number | undefined> {
  const asking = request({ host: '127.0.0.1', port, path: '/v1/messages', headers })
  asking.end()
  const [answer] = await once(asking, 'response')
  answer.resume()
  return answer.statusCode
}

test('a server of one’s own is looked at with the key in its data folder, and not without', async (t) => {
  const folder = testFolder().folder
  const server = await open(t, settingsOf(folder, 'hosts = ["mail.south.example"]'))
  const { http = 0 } = server.ports
  const { token, file, isNew } = server.token
  assert.ok(isNew)
  assert.equal(readFileSync(file, 'utf8'), `${token}\n`)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const authorization = `Bearer ${token}`
  assert.equal(await asked(http, { authorization }), 200)
  assert.equal(await asked(http, {}), 401)
  assert.equal(await asked(http, { authorization: 'Bearer wb_lab_local' }), 401)
  assert.equal(await asked(http, { authorization, host: 'mail.south.example' }), 200)
  assert.equal(await asked(http, { authorization, host: 'mx.south.example' }), 200)
  assert.equal(await asked(http, { authorization, host: 'rebound.example' }), 421)
})

test('what would be taken in is decided by the rules that hold now', async (t) => {
  const folder = testFolder().folder
  const allowing = settingsOf(folder, '[receive]\nallow = ["north.example"]')
  const server = await open(t, allowing)
  const result = async (): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${server.ports.http ?? 0}/v1/evaluations`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.token.token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        question: 'accept',
        ip: '198.51.100.66',
        from: 'ann@north.example',
        dns: ['_dmarc.north.example TXT "v=DMARC1; p=reject"', 'north.example TXT "v=spf1 -all"'],
      }),
    })
    assert.equal(answer.status, 200)
    return Object(await answer.json()).result
  }
  assert.equal(await result(), 'deliver')
  await server.reload(settingsOf(folder))
  assert.equal(await result(), 'refuse')
})

test('the key stays the same; an emptied file is none', () => {
  const folder = testFolder().folder
  const first = operatorToken(folder)
  assert.match(first.token, /^wb_live_[\w-]{43}$/)
  assert.deepEqual(operatorToken(folder), { ...first, isNew: false })
  writeFileSync(first.file, '\n')
  const second = operatorToken(folder)
  assert.ok(second.isNew && second.token !== first.token)
  rmSync(folder, { recursive: true })
})

test('settings that are read again close and open it', async (t) => {
  const folder = testFolder().folder
  const server = await open(t, settingsOf(folder, 'port = 0'))
  assert.equal(server.ports.http, undefined)
  const { changed } = await server.reload(settingsOf(folder))
  assert.deepEqual(changed, ['http.port'])
  const port = server.ports.http
  assert.ok(port !== undefined)
  assert.equal(await asked(port, {}), 401)
  await server.reload(settingsOf(folder, 'port = 0'))
  assert.equal(server.ports.http, undefined)
  await assert.rejects(asked(port, {}))
})

test('a port that is taken is told, mail goes on, and the next try opens it', async (t) => {
  const folder = testFolder().folder
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const place = other.address()
  assert.ok(typeof place === 'object' && place !== null)
  const told: string[] = []
  const settings = settingsOf(folder, `port = ${place.port}`)
  const server = await open(
    t,
    { ...settings, listen: { ...settings.listen, smtp: 0, submission: 0, submissions: 0 } },
    { autoPorts: false, report: (problem, where) => told.push(`${where}: ${String(problem)}`) },
  )
  assert.equal(server.ports.http, undefined)
  assert.ok(server.ports.smtp > 0)
  assert.match(told.join(), /page and the HTTP API.*taken/)
  const desk = { folder, clock: systemClock, timeoutMs: 20_000 }
  const faults = async (): Promise<number> => {
    const answer = await askServer(
      { operation: 'status', by: 'a test', input: undefined, why: '' },
      desk,
    )
    assert.ok(answer.type === 'answered')
    return (answer.value as ServerStatus).faults.length
  }
  assert.equal(await faults(), 1)
  other.close()
  await once(other, 'close')
  await server.reload(settings)
  assert.equal(server.ports.http, place.port)
  assert.equal(await faults(), 0)
  server.tellFault(new Error('a mistake'), `${lasting.settings}, waybill.toml`)
  assert.equal(await faults(), 1)
  await server.reload(settings)
  assert.equal(await faults(), 0)
})

test('a key that was made by HTTP opens what it is for, and nothing once it was taken away', async (t) => {
  const server = await open(t, settingsOf(testFolder().folder))
  const port = server.ports.http ?? 0
  const ask = async (key: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    return await fetch(`http://127.0.0.1:${port}${path}`, { headers, ...init })
  }
  const operator = server.token.token
  const body = JSON.stringify({ name: 'shop', scopes: ['read'], reason: 'a test' })
  const made = (await (await ask(operator, '/v1/keys', { method: 'POST', body })).json()) as {
    readonly id: string
    readonly secret: string
  }
  assert.equal((await ask(made.secret, '/v1/messages')).status, 200)
  assert.equal((await ask(made.secret, '/v1/keys')).status, 403)
  const listed = await (await ask(operator, '/v1/keys')).text()
  assert.match(listed, /"name":"shop"/)
  assert.doesNotMatch(listed, /wb_live_|sha256/)
  assert.equal((await ask(operator, `/v1/keys/${made.id}`, { method: 'DELETE' })).status, 200)
  assert.equal((await ask(made.secret, '/v1/messages')).status, 401)
  assert.equal((await ask(made.secret, '/v1/session')).status, 401)
})

test('with a second factor the page is entered with a code, and by the token alone nothing is', async (t) => {
  const { folder } = testFolder()
  const server = await open(t, settingsOf(folder))
  const { token } = server.token
  const http = async (path: string, init: RequestInit = {}): Promise<Response> => {
    return await fetch(`http://127.0.0.1:${server.ports.http ?? 0}${path}`, init)
  }
  const logIn = async (more: object): Promise<Response> => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ token, ...more })
    return await http('/v1/session', { method: 'POST', headers, body })
  }
  const bearer = { headers: { authorization: `Bearer ${token}` } }
  const desk = async (operation: string, input: object): Promise<unknown> => {
    const asked = { operation, input: { who: 'operator', ...input }, by: 'root', why: '' }
    const place = { folder, clock: systemClock, timeoutMs: 10_000 }
    const answer = await askServer(asked, place)
    assert.ok(answer.type === 'answered')
    return answer.value
  }
  const { secret } = (await desk('totp add', {})) as { readonly secret: string }
  assert.equal((await logIn({})).status, 200, 'none is asked for before it is confirmed')
  const code = appCode(secret)
  const { codes } = (await desk('totp confirm', { code })) as { readonly codes: readonly string[] }

  const alone = await http('/v1/messages', bearer)
  assert.equal(alone.status, 401)
  assert.match(await alone.text(), /problems\/second-factor.*waybill key add/)
  for (const wrong of [{}, { code }, { code: 'x' }]) {
    const refused = await logIn(wrong)
    assert.equal(refused.status, 401)
    assert.match(await refused.text(), /problems\/second-factor/)
    assert.equal(refused.headers.get('set-cookie'), null)
  }
  const entered = await logIn({ code: codes[0] })
  assert.equal(entered.status, 200)
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? ''
  assert.equal((await http('/v1/messages', { headers: { cookie } })).status, 200)
  assert.equal((await logIn({ code: codes[0] })).status, 401, 'it stood once for a code')

  await desk('totp remove', {})
  assert.equal((await http('/v1/messages', bearer)).status, 200)
})
