import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { checkPassword } from '../../io/password.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/ports/store.ts'
import { type TestAsk, testApi } from '../test-support/test-api.ts'
import { testManagement } from '../test-support/test-management.ts'

function open(t: TestContext): { readonly ask: TestAsk; readonly store: Store } {
  const store = openMemoryStore()
  const { ask } = testApi({ mode: 'live', management: testManagement(t, store) })
  return { ask, store }
}

test('an account is made, shown, given another password, and taken away', async (t) => {
  const { ask, store } = open(t)
  const json = { address: 'Ben@south.example', password: 'secret', reason: 'a new colleague' }
  const added = await ask('/v1/accounts', { method: 'POST', json })
  assert.deepEqual(added.json, { added: 'Ben@south.example', login: true, messages: 0 })
  const { data } = (await ask('/v1/accounts')).json
  const ann = {
    site: '',
    address: 'ann@south.example',
    from: 'settings',
    login: true,
    aliases: ['info@south.example'],
    forward: ['ann@elsewhere.example'],
  }
  const none = { aliases: [], forward: [] }
  const ben = { site: '', address: 'Ben@south.example', from: 'store', login: true, ...none }
  assert.deepEqual(data, [ann, ben])
  const hash = (await store.accounts.account('Ben@south.example'))?.passwordHash ?? ''
  assert.ok(await checkPassword('secret', hash))
  const place = '/v1/accounts/ben%40south.example'
  const changed = await ask(`${place}/password`, { method: 'POST', json: { password: 'other' } })
  assert.deepEqual(changed.json, { changed: 'Ben@south.example', login: true })
  const without = await ask(`${place}/password`, { method: 'POST', json: {} })
  assert.deepEqual(without.json, { changed: 'Ben@south.example', login: false })
  const removed = await ask(`${place}?reason=left`, { method: 'DELETE' })
  assert.deepEqual(removed.json, { removed: 'Ben@south.example' })
  const acts = await store.acts.list({ limit: 10 })
  assert.deepEqual(
    acts.map(({ what, door, who, why }) => [what, door, who, why]),
    [
      ['account remove', 'http', 'lab', 'left'],
      ['account password', 'http', 'lab', ''],
      ['account password', 'http', 'lab', ''],
      ['account add', 'http', 'lab', 'a new colleague'],
    ],
  )
  assert.doesNotMatch(JSON.stringify(acts), /secret|argon2/)
})

test('an account is handed on to other servers as well, and no longer, and keeps its password', async (t) => {
  const { ask, store } = open(t)
  await ask('/v1/accounts', {
    method: 'POST',
    json: { address: 'ben@south.example', password: 'secret' },
  })
  const hash = (await store.accounts.account('ben@south.example'))?.passwordHash
  const path = '/v1/accounts/BEN%40south.example'
  const hand = (forward: unknown, at = path) => {
    return ask(at, { method: 'PATCH', json: { forward, reason: 'he moves' } })
  }
  const to = ['ben@elsewhere.example', 'b@other.example']
  const done = await hand([...to, 'Ben@ELSEWHERE.example'])
  assert.deepEqual(done.json, { changed: 'ben@south.example', forward: to })
  const forwardOf = async (): Promise<unknown> => {
    const { data } = (await ask('/v1/accounts')).json
    const all = data as readonly { readonly address: string; readonly forward: unknown }[]
    return all.find(({ address }) => address === 'ben@south.example')?.forward
  }
  assert.deepEqual(await forwardOf(), to)
  for (const [wrong, detail] of [
    [['ann@south.example'], /"ann@south\.example" is in one of your domains/],
    [['*@elsewhere.example'], /is no one address|is not a mail address/],
    [['nobody'], /"nobody" is not a mail address/],
  ] as const) {
    const { status, json } = await hand(wrong)
    assert.equal(status, 400, String(wrong))
    assert.match(String(json['detail']), detail)
  }
  assert.equal((await hand('x')).status, 400)
  assert.equal((await hand(to, '/v1/accounts/eve@south.example')).status, 404)
  await ask(`${path}/password`, { method: 'POST', json: { password: 'other' } })
  assert.deepEqual(await forwardOf(), to, 'a new password changes nothing of it')
  assert.deepEqual((await hand([])).json, { changed: 'ben@south.example', forward: [] })
  assert.deepEqual(await forwardOf(), [])
  assert.notEqual((await store.accounts.account('ben@south.example'))?.passwordHash, hash)
  const [none, , first] = await store.acts.list({ limit: 3 })
  assert.deepEqual([none?.what, none?.why], ['account forward', 'he moves'])
  assert.deepEqual(none?.detail, { address: 'ben@south.example', to: [] })
  assert.deepEqual(first?.detail, { address: 'ben@south.example', to })
})

test('what stands in the settings is changed there, and the answer says so', async (t) => {
  const { ask } = open(t)
  for (const [path, method, sent] of [
    ['/v1/accounts/ann@south.example', 'DELETE'],
    ['/v1/accounts/ann@south.example', 'PATCH', { forward: [] }],
    ['/v1/aliases/all@south.example', 'DELETE'],
    ['/v1/domains/south.example', 'DELETE'],
  ] as const) {
    const { status, json } = await ask(path, { method, json: sent })
    assert.equal(status, 400, path)
    assert.match(String(json['detail']), /stands in the settings file/)
    assert.match(String(json['hint']), /Change it there/)
  }
})

test('an address that is none, is taken, or is in no domain of ours is refused with the reason', async (t) => {
  const { ask, store } = open(t)
  for (const [address, detail] of [
    ['nobody', /is not a mail address/],
    ['ann@south.example', /is there already/],
    ['ben@elsewhere.example', /elsewhere\.example/],
  ] as const) {
    const { status, json } = await ask('/v1/accounts', { method: 'POST', json: { address } })
    assert.equal(status, 400, address)
    assert.match(String(json['detail']), detail)
  }
  const empty = { address: 'ben@south.example', password: '' }
  assert.equal((await ask('/v1/accounts', { method: 'POST', json: empty })).status, 400)
  assert.deepEqual(await store.accounts.accounts(), [])
  const unknown = await ask('/v1/accounts/bem@south.example', { method: 'DELETE' })
  assert.equal(unknown.status, 404)
})

test('an alias leads on, and goes again', async (t) => {
  const { ask, store } = open(t)
  const json = { address: 'sales@south.example', to: ['ann@south.example'], send: true }
  const added = await ask('/v1/aliases', { method: 'POST', json: { ...json, reason: 'shop' } })
  assert.deepEqual(added.json, { added: json.address, to: json.to, send: true })
  const { data } = (await ask('/v1/aliases')).json
  assert.deepEqual(data, [
    { site: '', address: 'all@south.example', from: 'settings', to: json.to, send: false },
    { site: '', address: 'sales@south.example', from: 'store', to: json.to, send: true },
  ])
  assert.equal((await ask('/v1/aliases/sales@south.example', { method: 'DELETE' })).status, 200)
  const nowhere = { address: 'x@south.example', to: ['nobody@south.example'] }
  assert.equal((await ask('/v1/aliases', { method: 'POST', json: nowhere })).status, 400)
  const acts = await store.acts.list({ limit: 10 })
  assert.deepEqual(
    acts.map(({ what, why }) => [what, why]),
    [
      ['alias remove', ''],
      ['alias add', 'shop'],
    ],
  )
})
