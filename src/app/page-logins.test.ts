import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../base/log.ts'
import type { CodeVerdict } from '../desk/second-factors.ts'
import type { Login } from '../directory/directory.ts'
import type { Visitor } from '../http/access.ts'
import type { GuardedLogin } from '../receive/guard.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { PageLogins } from './page-logins.ts'

const ann: Login = { id: 'a', address: 'ann@south.example', passwordMark: 'first' }
const operator: Visitor = { who: 'operator', scopes: ['read', 'send', 'manage'] }

/** A house in which Ann's password and the operator's key can become others. */
function house(met?: GuardedLogin<never>): {
  readonly logins: PageLogins
  readonly store: Store
  readonly lines: LogLine[]
  readonly asked: string[]
  readonly told: readonly string[]
  readonly now: { mark: string; key: string }
  /** Who has a second factor, and what comes of a code. */
  readonly second: { who: string; since?: number; verdict: (code?: string) => CodeVerdict }
} {
  const store = openMemoryStore()
  const lines: LogLine[] = []
  const told: string[] = []
  const asked: string[] = []
  const now = { mark: 'first', key: 'key' }
  const second: ReturnType<typeof house>['second'] = { who: '', verdict: () => 'none' }
  const logins = new PageLogins({
    keys: { byKey: async (key) => (key === now.key ? operator : undefined) },
    directory: {
      login: async (name, password) => {
        return name === 'ANN@south.example' && password === 'secret' ? ann : undefined
      },
      identities: ({ passwordMark }) => {
        if (passwordMark !== now.mark) return undefined
        return { covers: () => true, signingKeys: () => [] }
      },
    },
    guard: {
      async login({ ip, name }, check) {
        asked.push(`${ip} ${name}`)
        if (met !== undefined) return met
        const user = await check()
        return user === undefined ? { type: 'wrong' } : { type: 'right', user }
      },
    },
    secondFactors: {
      check: async (who, code) => (who === second.who ? second.verdict(code) : 'none'),
      wantedSince: async (who) => (who === second.who ? second.since : undefined),
    },
    acts: store.acts,
    log: (line) => lines.push(line),
    now: () => 7,
    report: (problem) => told.push(String(problem)),
  })
  return { logins, store, lines, asked, now, second, told }
}

const ip = '192.0.2.1'
const good = { ip, account: 'ANN@south.example', password: 'secret' }

test('an account sees what is its own, as long as its password is the same', async () => {
  const { logins, store, lines, now } = house()
  const outcome = await logins.login(good)
  assert.ok(outcome.type === 'right')
  const visitor = await outcome.whose()
  assert.equal(visitor?.account, ann.address)
  assert.equal(visitor?.who, ann.address)
  const [act] = await store.acts.list({ limit: 1 })
  assert.deepEqual([act?.who, act?.door, act?.what], [ann.address, 'http', 'session begin'])
  assert.deepEqual(
    lines.map(({ level, event }) => `${level} ${event}`),
    ['info login'],
  )
  now.mark = 'second'
  assert.equal(await outcome.whose(), undefined)
})

test('who logs in when the disk is full gets in, and what could not be written down is told', async () => {
  const { logins, store, told } = house()
  store.acts.put = () => Promise.reject(new Error('full'))
  const outcome = await logins.login(good)
  assert.equal(outcome.type, 'right')
  assert.deepEqual(told, ['Error: full'])
})

test('who comes with a key is whose the key is, as long as it holds', async () => {
  const { logins, asked, now } = house()
  const outcome = await logins.login({ ip, token: 'key' })
  assert.ok(outcome.type === 'right')
  assert.deepEqual(await outcome.whose(), operator)
  assert.deepEqual(asked, [`${ip} operator`])
  now.key = 'another'
  assert.equal(await outcome.whose(), undefined)
})

test('a wrong login is told to the log without its secret, and is no act', async () => {
  const { logins, lines, store } = house()
  assert.deepEqual(await logins.login({ ...good, password: 'guessed' }), { type: 'wrong' })
  assert.deepEqual(await logins.login({ ip, token: 'guessed' }), { type: 'wrong' })
  assert.deepEqual(lines, [
    {
      level: 'warning',
      event: 'login-failed',
      fields: {
        client: ip,
        port: 'http',
        account: good.account,
        mechanism: 'password',
        why: 'wrong',
      },
    },
    {
      level: 'warning',
      event: 'login-failed',
      fields: { client: ip, port: 'http', account: 'operator', mechanism: 'token', why: 'wrong' },
    },
  ])
  assert.deepEqual(await store.acts.list({ limit: 1 }), [])
})

test('nobody looks at a login where there were too many wrong ones', async () => {
  const met = { type: 'closed', limit: 'limits.wrong_passwords', of: 'address' } as const
  const { logins } = house(met)
  assert.deepEqual(await logins.login(good), { type: 'closed' })
})

test('where there is a second factor its code is wanted too, after the password', async () => {
  for (const [who, asked] of [
    [ann.address, good],
    ['operator', { ip, token: 'key' }],
  ] as const) {
    const { logins, second, lines, store } = house()
    second.who = who
    second.verdict = (code) => {
      if (code === undefined) return 'missing'
      return code === '123456' ? 'right' : code === 'closed' ? 'closed' : 'wrong'
    }
    const missing = await logins.login(asked)
    assert.deepEqual(missing, { type: 'second-factor', given: false })
    assert.deepEqual(lines, [], 'nobody is in, and nobody has guessed')
    const wrong = await logins.login({ ...asked, code: '000000' })
    assert.deepEqual(wrong, { type: 'second-factor', given: true })
    assert.deepEqual(await logins.login({ ...asked, code: 'closed' }), { type: 'closed' })
    assert.deepEqual(
      lines.map(({ event, fields }) => [event, fields['why']]),
      [
        ['login-failed', 'wrong'],
        ['login-failed', 'wrong'],
      ],
    )
    assert.deepEqual(await store.acts.list({ limit: 1 }), [])
    assert.equal((await logins.login({ ...asked, code: '123456' })).type, 'right')
    const [act] = await store.acts.list({ limit: 1 })
    assert.equal(act?.what, 'session begin')
  }
})

test('who has the wrong password learns nothing of a second factor', async () => {
  const { logins, second } = house()
  second.who = ann.address
  second.verdict = () => assert.fail('it was asked')
  assert.deepEqual(await logins.login({ ...good, password: 'x' }), { type: 'wrong' })
})

test('a session that began without a second factor ends when there is one', async () => {
  for (const [asked, who] of [
    [{ ip, token: 'key' }, 'operator'],
    [good, ann.address],
  ] as const) {
    const { logins, second } = house()
    const before = await logins.login(asked)
    assert.ok(before.type === 'right')
    assert.equal((await before.whose())?.who, who)
    Object.assign(second, { who, since: 5, verdict: () => 'right' })
    assert.equal(await before.whose(), undefined)
    const shown = await logins.login({ ...asked, code: '123456' })
    assert.ok(shown.type === 'right')
    assert.equal((await shown.whose())?.who, who)
    // Another one was not shown either.
    second.since = 6
    assert.equal(await shown.whose(), undefined)
  }
})
