import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Access } from '../access.ts'
import type { LoginAsked, LoginOutcome } from '../login.ts'
import { Sessions } from '../sessions.ts'
import { testApi } from '../test-support/test-api.ts'

const operator = { who: 'operator', scopes: ['read', 'manage'] } as const
const right: LoginOutcome = { type: 'right', whose: async () => operator }

function open(outcome: LoginOutcome = right): {
  readonly ask: ReturnType<typeof testApi>['ask']
  readonly asked: LoginAsked[]
} {
  const sessions = new Sessions(() => 0)
  const access: Access = {
    byKey: async () => undefined,
    bySession: (token) => sessions.visitor(token),
    anybody: undefined,
  }
  const asked: LoginAsked[] = []
  const login = async (one: LoginAsked): Promise<LoginOutcome> => {
    asked.push(one)
    return outcome
  }
  return { ...testApi({ mode: 'live', access, sessions, logins: { login } }), asked }
}

const own = { 'sec-fetch-site': 'same-origin' }

test('who logs in is known by the cookie until they log out', async () => {
  const { ask, asked } = open()
  assert.equal((await ask('/v1/session')).json['who'], null)
  const json = { token: 'wb_live_right', code: '123456' }
  const entered = await ask('/v1/session', { method: 'POST', json, headers: own })
  assert.equal(entered.status, 200)
  assert.deepEqual(asked, [{ ip: '0.0.0.0', ...json }])
  const set = entered.headers.get('set-cookie') ?? ''
  assert.match(set, /^waybill_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  const headers = { ...own, cookie: set.split(';')[0] ?? '' }
  const seen = await ask('/v1/session', { headers })
  assert.deepEqual(
    [seen.json['who'], seen.json['scopes'], seen.json['account']],
    ['operator', ['read', 'manage'], null],
  )
  assert.equal((await ask('/v1/messages', { headers })).status, 200)
  const left = await ask('/v1/session', { method: 'DELETE', headers })
  assert.equal(left.status, 204)
  assert.match(left.headers.get('set-cookie') ?? '', /waybill_session=; .*Max-Age=0/)
  assert.equal((await ask('/v1/messages', { headers })).status, 401)
})

test('behind a proxy with HTTPS the cookie is for HTTPS alone', async () => {
  const sessions = new Sessions(() => 0)
  const { ask } = testApi({
    sessions,
    logins: { login: async () => right },
    proxies: ['0.0.0.0'],
  })
  const headers = { 'x-forwarded-proto': 'https' }
  const { headers: got } = await ask('/v1/session', {
    method: 'POST',
    json: { token: 'x' },
    headers,
  })
  assert.match(got.get('set-cookie') ?? '', /^__Host-waybill=\S+; Path=\/; .*Secure/)
})

test('each refusal of a login says what it was, and opens nothing', async () => {
  const cases: readonly (readonly [LoginOutcome, number, string])[] = [
    [{ type: 'wrong' }, 401, 'wrong-login'],
    [{ type: 'closed' }, 429, 'logins-closed'],
    [{ type: 'full' }, 503, 'logins-full'],
    [{ type: 'second-factor', given: false }, 401, 'second-factor'],
    [{ type: 'right', whose: async () => undefined }, 401, 'wrong-login'],
  ]
  const json = { account: 'ann@south.example', password: ' with spaces ' }
  for (const [outcome, status, kind] of cases) {
    const { ask, asked } = open(outcome)
    const answer = await ask('/v1/session', { method: 'POST', json })
    assert.equal(answer.status, status)
    assert.match(String(answer.json['type']), new RegExp(`/${kind}$`))
    assert.equal(answer.headers.get('set-cookie'), null)
    assert.deepEqual(asked, [{ ip: '0.0.0.0', ...json }])
  }
})

test('what is no login is refused unread', async () => {
  const { ask, asked } = open()
  const post = async (json: unknown): Promise<number> => {
    return (await ask('/v1/session', { method: 'POST', json })).status
  }
  assert.equal(await post({}), 400)
  assert.equal(await post({ account: 'ann@south.example' }), 400)
  assert.equal(await post({ token: 'x', account: 'ann@south.example', password: 'x' }), 400)
  assert.equal(await post({ token: ['x'] }), 400)
  assert.equal(await post({ token: 'x'.repeat(20_000) }), 413)
  const headers = { 'sec-fetch-site': 'cross-site' }
  const stranger = { method: 'POST', json: { token: 'x' }, headers }
  assert.equal((await ask('/v1/session', stranger)).status, 403)
  assert.deepEqual(asked, [])
})

test('where nobody needs to log in, that is said', async () => {
  const { ask } = testApi()
  const answer = await ask('/v1/session', { method: 'POST', json: { token: 'x' } })
  assert.equal(answer.status, 409)
})

test('a login that cannot be read is no fault of ours, whatever a stranger sends', async () => {
  const { ask } = open()
  const bodies = [
    ['application/json', '{bad', 400],
    ['application/json', '', 400],
    ['application/json', `${'['.repeat(300)}${']'.repeat(300)}`, 400],
    ['text/plain', '{"token":"x"}', 415],
    ['multipart/form-data', 'x', 415],
  ] as const
  for (const [type, octets, status] of bodies) {
    const headers = { ...own, 'content-type': type }
    // A fault that is reported throws here.
    const answer = await ask('/v1/session', { method: 'POST', octets, headers })
    assert.deepEqual([answer.status, answer.json['status']], [status, status], octets.slice(0, 20))
    const kind = status === 415 ? /\/media-type$/ : /\/usage$/
    assert.match(String(answer.json['type']), kind)
  }
})
