import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import { suppressionEntry } from '../../suppression/suppression.ts'
import { testApi } from '../test-support/test-api.ts'
import { testSuppressions } from '../test-support/test-suppressions.ts'

const now = 1_800_000_000_000

function open() {
  const store = openMemoryStore()
  const api = testApi({ now: () => now, suppressions: testSuppressions(store, () => now) })
  const list = async (query: string) => {
    const { json, status } = await api.ask(`/v1/suppressions${query}`)
    const data = (json['data'] ?? []) as readonly { readonly address: string }[]
    return { status, json, addresses: data.map(({ address }) => address) }
  }
  return { store, ask: api.ask, list }
}

test('the list is told in pages, each going on behind the one before', async () => {
  const { store, list } = open()
  const names = Array.from({ length: 2500 }, (_, at) => `a${String(at).padStart(4, '0')}`)
  const some = names.flatMap((name) => {
    const reason = name.endsWith('7') ? 'complaint' : 'hard-bounce'
    const address = `${name}@${name.endsWith('00') ? 'East' : 'north'}.example`
    return suppressionEntry({ address, reason, since: now, why: '' }) ?? []
  })
  await store.register.put(some)
  for (const [filter, fitting] of [
    ['', 2500],
    ['q=EAST.example', 25],
    ['reason=complaint', 250],
    ['reason=complaint&q=a00', 10],
    ['reason=by-hand', 0],
  ] as const) {
    const whole = await list(`?${filter}`)
    assert.equal(whole.addresses.length, fitting, filter)
    assert.deepEqual([whole.json['has_more'], whole.json['next']], [false, null])
    const told: string[] = []
    let after = ''
    do {
      const page = await list(`?${filter}&limit=10${after}`)
      assert.ok(page.addresses.length <= 10)
      assert.equal(page.json['has_more'], page.json['next'] !== null)
      told.push(...page.addresses)
      after =
        typeof page.json['next'] === 'string'
          ? `&after=${encodeURIComponent(page.json['next'])}`
          : ''
    } while (after !== '')
    assert.deepEqual(told, whole.addresses, filter)
  }
  assert.equal((await list('?reason=else')).status, 400)
  assert.equal((await list('?limit=0')).status, 400)
})

test('of a list in which nothing fits, a part is looked at, and the answer goes on behind it', async () => {
  const { store, list } = open()
  const names = Array.from({ length: 50_010 }, (_, at) => `a${String(at).padStart(5, '0')}`)
  await store.register.put(
    names.flatMap((name) => {
      const one = { address: `${name}@north.example`, reason: 'complaint', since: now } as const
      return suppressionEntry({ ...one, why: '' }) ?? []
    }),
  )
  const first = await list('?q=a5000&limit=50')
  assert.deepEqual(first.addresses, [])
  assert.equal(first.json['next'], 'a49999@north.example')
  const next = await list(`?q=a5000&limit=50&after=${String(first.json['next'])}`)
  assert.equal(next.addresses.length, 10)
  assert.equal(next.json['next'], null)
})

test('an address is put on the list with its end, and taken off it', async () => {
  const { ask, list } = open()
  const post = (json: unknown) => ask('/v1/suppressions', { method: 'POST', json })
  const put = await post({ address: 'Ann@north.example', why: 'left', until: '3d' })
  assert.deepEqual(put.json, { added: 1 })
  const { json } = await list('')
  assert.deepEqual(json['data'], [
    {
      address: 'Ann@north.example',
      reason: 'by-hand',
      since: new Date(now).toISOString(),
      until: new Date(now + 3 * 86_400_000).toISOString(),
      why: 'left',
      journey: null,
      created_at: new Date(now).toISOString(),
    },
  ])
  for (const wrong of [
    { address: 'ann' },
    { address: 'ben@north.example', until: 'soon' },
    { address: 'ben@north.example', until: '2001-01-01' },
  ]) {
    assert.equal((await post(wrong)).status, 400, JSON.stringify(wrong))
  }
  const remove = () => ask('/v1/suppressions/ann%40north.example', { method: 'DELETE' })
  assert.deepEqual((await remove()).json, { removed: 1 })
  assert.deepEqual((await remove()).json, { removed: 0 })
  assert.deepEqual((await list('')).addresses, [])
})
