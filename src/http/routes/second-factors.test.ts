import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scopes } from '../../desk/api-keys.ts'
import { InTurn } from '../../desk/in-turn.ts'
import { SecondFactorDesk } from '../../desk/second-factors.ts'
import { appCode } from '../../io/test-support/totp-app.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Access, Visitor } from '../access.ts'
import { sessionCookie } from '../cookie.ts'
import { type TestAnswer, testApi } from '../test-support/test-api.ts'

const account = { origin: 'store', mayLogIn: true, aliases: [] } as const
const ann = 'ann@south.example'
const residents = {
  domains: [{ name: 'south.example', origin: 'settings' }],
  accounts: [
    { ...account, address: ann },
    { ...account, address: 'ben@south.example' },
  ],
  aliases: [],
} as const

const visitors: Readonly<Record<string, Visitor>> = {
  operator: { who: 'operator', scopes },
  reader: { who: 'key reader', scopes: ['read'] },
  ann: { who: ann, account: ann, scopes },
  shop: { who: 'key shop', account: ann, scopes },
}
const find = (name: string): Promise<Visitor | undefined> => Promise.resolve(visitors[name])
const access: Access = { byKey: find, bySession: find, anybody: undefined }

/** The paths, as somebody who has logged in on the page asks them. */
function open() {
  const { secondFactors: port, acts } = openMemoryStore()
  const clock = { step: 1000 }
  const now = (): number => clock.step * 30_000
  const secondFactors = new SecondFactorDesk({
    port,
    residents: () => Promise.resolve(residents),
    now,
    turn: new InTurn(),
  })
  const place = { desk: { secondFactors }, acts, now, hostname: 'mx.south.example' }
  const { ask } = testApi({ mode: 'live', access, secondFactors: place, now })
  const path = '/v1/second-factors'
  return {
    acts,
    clock,
    as: (who: string, more = '', json?: object): Promise<TestAnswer> => {
      const cookie = sessionCookie(who, false).split(';')[0] ?? ''
      const headers = { cookie, 'sec-fetch-site': 'same-origin' }
      return ask(path + more, { headers, ...(json === undefined ? {} : { method: 'POST', json }) })
    },
  }
}

/** Sets one up to its end; gives its secret and the codes to fall back on. */
async function setUp({ as, clock }: ReturnType<typeof open>, who: string) {
  const begun = (await as(who, '', {})).json
  const code = appCode(String(begun['secret']), clock.step)
  const confirmed = (await as(who, `/${String(begun['who'])}/confirm`, { code })).json
  clock.step++
  return {
    name: String(begun['who']),
    secret: String(begun['secret']),
    codes: confirmed['recovery_codes'] as readonly string[],
  }
}

test('the operator sets one up, sees it without its secret, and takes it away', async () => {
  const opened = open()
  const { as, acts } = opened
  const begun = await as('operator', '', { reason: 'a new phone' })
  assert.equal(begun.status, 200)
  const { who, secret, address } = begun.json
  assert.equal(who, 'operator')
  assert.match(String(address), /^otpauth:\/\/totp\/Waybill%20mx\.south\.example:operator\?secret=/)
  const listed = (await as('operator')).json['data']
  const begunOnly = { who, confirmed: false, confirmed_at: null, recovery_codes_left: 0 }
  assert.deepEqual(listed, [begunOnly])
  assert.equal((await as('operator', '/operator/confirm', { code: '000000' })).status, 400)
  const { codes } = await setUp(opened, 'operator')
  assert.equal(codes.length, 8)
  const text = JSON.stringify([(await as('operator')).json, await acts.list({ limit: 9 })])
  assert.match(text, /"confirmed":true,"confirmed_at":"1970-.*"recovery_codes_left":8/)
  assert.doesNotMatch(text, new RegExp([String(secret), ...codes].join('|')))
  assert.deepEqual((await as('operator', '/operator/remove', {})).json, { who: 'operator' })
  assert.deepEqual((await as('operator')).json['data'], [])
  assert.deepEqual(
    (await acts.list({ limit: 9 })).map(({ who: by, door, what, why }) => [by, door, what, why]),
    [
      ['operator', 'http', 'totp remove', ''],
      ['operator', 'http', 'totp confirm', ''],
      ['operator', 'http', 'totp add', ''],
      ['operator', 'http', 'totp add', 'a new phone'],
    ],
  )
})

test('an account sees and changes its own and nobody else’s, and takes it away with a code', async () => {
  const opened = open()
  const { as, clock } = opened
  await setUp(opened, 'operator')
  const { name, codes, secret } = await setUp(opened, 'ann')
  assert.equal(name, ann)
  const own = (await as('ann')).json['data'] as readonly { readonly who: string }[]
  assert.deepEqual(
    own.map(({ who }) => who),
    [ann],
  )
  for (const other of ['operator', 'ben@south.example']) {
    assert.equal((await as('ann', '', { who: other })).status, 403)
    assert.equal((await as('ann', `/${other}/confirm`, { code: '000000' })).status, 403)
    assert.equal((await as('ann', `/${other}/remove`, { code: codes[0] })).status, 403)
  }
  for (const json of [{}, { code: '000000' }]) {
    const refused = await as('ann', `/${ann}/remove`, json)
    assert.equal(refused.status, 403)
    assert.match(String(refused.json['type']), /second-factor$/)
  }
  const code = appCode(secret, clock.step)
  assert.equal((await as('ann', '/ANN@south.example/remove', { code })).status, 200)
  assert.deepEqual((await as('ann')).json['data'], [])
  assert.equal(((await as('operator')).json['data'] as readonly unknown[]).length, 1)
})

test('what an account has only begun is taken away without a code', async () => {
  const { as } = open()
  await as('ann', '', {})
  assert.equal((await as('ann', `/${ann}/remove`, {})).status, 200)
})

test('wrong codes are not tried on and on', async () => {
  const opened = open()
  const { as, clock } = opened
  const { secret } = await setUp(opened, 'ann')
  const statuses: number[] = []
  for (let n = 0; n < 5; n++) {
    statuses.push((await as('ann', `/${ann}/remove`, { code: '000000' })).status)
  }
  const code = appCode(secret, clock.step)
  statuses.push((await as('ann', `/${ann}/remove`, { code })).status)
  assert.deepEqual(statuses, [403, 403, 403, 403, 403, 429])
})

test('a key of an account, and one that only reads, are kept out', async () => {
  // A key opens a session, too: whose it is counts, and not by what it came.
  const { as } = open()
  for (const key of ['shop', 'reader']) {
    assert.equal((await as(key)).status, 403, key)
    assert.equal((await as(key, '', {})).status, 403, key)
    assert.equal((await as(key, `/${ann}/remove`, {})).status, 403, key)
  }
})
