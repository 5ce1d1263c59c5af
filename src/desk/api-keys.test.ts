import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { newSecret, secretHash } from '../io/secret.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { perform } from './act.ts'
import { keyAdd, keyRemove } from './api-key-operations.ts'
import { ApiKeyDesk, type WantedKey } from './api-keys.ts'
import { InTurn } from './in-turn.ts'

const residents = {
  domains: [{ name: 'south.example', origin: 'settings' }],
  accounts: [
    { address: 'ann@south.example', origin: 'settings', mayLogIn: true, aliases: [] },
    { address: 'Bob@south.example', origin: 'store', mayLogIn: true, aliases: [] },
  ],
  aliases: [],
} as const

const now = Date.parse('2026-09-01T12:00:00Z')

function open() {
  const store = openMemoryStore()
  const desk = new ApiKeyDesk({
    port: store.apiKeys,
    residents: () => Promise.resolve(residents),
    now: () => now,
    turn: new InTurn(),
  })
  const place = { desk: { apiKeys: desk }, acts: store.acts, now: () => now }
  return { store, desk, place }
}

function wanted(changes: Partial<WantedKey> = {}): WantedKey {
  return { name: 'shop', scopes: ['read'], sha256: secretHash(newSecret()), ...changes }
}

test('a key is made in one form, and its act has no secret in it', async () => {
  const { store, desk, place } = open()
  const input = wanted({
    name: ' shop ',
    scopes: ['send', 'read', 'send'],
    account: 'bob@SOUTH.example',
    endsAt: now + 1000,
  })
  const actor = { by: 'ann', door: 'http', why: 'for the shop' } as const
  const key = await perform(keyAdd, place, { input, actor })
  assert.match(key.id, /^[0-9a-hjkmnp-tv-z]{16}$/)
  const shown = {
    id: key.id,
    name: 'shop',
    scopes: ['read', 'send'],
    domains: null,
    account: 'Bob@south.example',
    ends_at: '2026-09-01T12:00:01.000Z',
  }
  const times = { created_at: '2026-09-01T12:00:00.000Z', last_used_at: null }
  assert.deepEqual(key, { ...shown, ...times })
  const [kept] = await desk.list()
  assert.equal(kept?.sha256, input.sha256)
  const [act] = await store.acts.list({ limit: 1 })
  assert.deepEqual(act, {
    number: act?.number,
    at: now,
    who: 'ann',
    door: 'http',
    what: 'key add',
    why: 'for the shop',
    detail: shown,
  })
})

test('a key that sends from some domains has them in one form', async () => {
  const { desk } = open()
  const key = await desk.add(wanted({ domains: ['SOUTH.example.'] }))
  assert.deepEqual(key.domains, ['south.example'])
})

test('a key is taken away by its id or by its name in any case', async () => {
  const { store, desk, place } = open()
  const actor = { by: 'ann', door: 'http', why: '' } as const
  const { id } = await desk.add(wanted())
  await desk.add(wanted({ name: 'other' }))
  await perform(keyRemove, place, { input: { key: id }, actor })
  await desk.remove('OTHER')
  assert.deepEqual(await desk.list(), [])
  const [act] = await store.acts.list({ limit: 1 })
  assert.deepEqual(act?.detail, { id, name: 'shop', account: null })
})

/** Each with what is said of it, and what is hinted at. */
const refused: readonly (readonly [Partial<WantedKey>, RegExp, RegExp?])[] = [
  [{ name: 'SHOP' }, /is a key "SHOP" already/, /waybill key remove/],
  [{ name: '  ' }, /wants a name of 1 to 100/],
  [{ name: 'a\nb' }, /wants a name/],
  [{ name: 'x'.repeat(101) }, /wants a name/],
  [{ scopes: [] }, /may do nothing/, /read, send, manage/],
  [{ endsAt: now }, /over already/],
  [{ domains: ['north.example'] }, /"north.example" is none of your/, /south\.example/],
  [{ domains: ['not a domain'] }, /none of your domains/],
  [{ account: 'ann@south.example', domains: ['south.example'] }, /its own names/],
  [{ account: 'bop@south.example' }, /no account bop@/, /Did you mean "Bob@south.example"/],
]
for (const [changes, said, hinted] of refused) {
  test(`a key is refused that wants ${JSON.stringify(changes).slice(0, 60)}`, async () => {
    const { desk } = open()
    await desk.add(wanted())
    await assert.rejects(desk.add(wanted({ name: 'new', ...changes })), (problem) => {
      assert.ok(problem instanceof WaybillError)
      assert.equal(problem.code, 'usage')
      assert.match(problem.message, said)
      if (hinted !== undefined) assert.match(problem.hint ?? '', hinted)
      return true
    })
    assert.equal((await desk.list()).length, 1)
  })
}

test('input that is none is refused, and one that is not there cannot go', async () => {
  const { desk } = open()
  for (const input of [{}, { name: 'x' }, { ...wanted(), scopes: ['all'] }]) {
    assert.throws(() => keyAdd.read(input), /"key add" wants/)
  }
  assert.throws(() => keyAdd.read({ ...wanted(), sha256: 'abc' }), /"sha256", 64 digits/)
  await desk.add(wanted())
  await assert.rejects(desk.remove('shoq'), { code: 'not-found', hint: 'Did you mean "shop"?' })
})
