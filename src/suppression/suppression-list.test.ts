import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { afterRefusal, defaultSuppressionRules, type SuppressionRules } from './strikes.ts'
import { suppressionKey } from './suppression.ts'
import { SuppressionList } from './suppression-list.ts'

const dayMs = 86_400_000
const start = Date.UTC(2026, 10, 2, 10)
const gone = 'Gone@South.example'

function listOver(store: Store, rules: SuppressionRules = defaultSuppressionRules) {
  const clock = { now: start }
  const list = new SuppressionList({
    register: store.register,
    now: () => clock.now,
    rules: () => rules,
  })
  const refuse = async (address = gone, journey = 'J1'): Promise<number> => {
    const refused = { address, at: clock.now, journey, said: '550 5.1.1 No such user' }
    const entries = await list.refused(refused)
    await store.register.put(entries)
    return entries.length
  }
  return { clock, list, refuse }
}

test('an address has one name on the list, however it is written', () => {
  const same = ['gone@south.example', 'GONE@SOUTH.example', '"gone"@south.example']
  assert.deepEqual(new Set(same.map(suppressionKey)), new Set(['gone@south.example']))
  assert.notEqual(suppressionKey('gone+x@south.example'), suppressionKey('gone@south.example'))
  const accents = ['j\u00f6@south.example', 'jo\u0308@south.example', 'JO\u0308@south.example']
  assert.deepEqual(new Set(accents.map(suppressionKey)), new Set(['j\u00f6@south.example']))
  for (const none of ['', 'gone', '@south.example', 'a b@south.example']) {
    assert.equal(suppressionKey(none), undefined, none)
  }
})

test('refusals for good suppress on the second day, and not by several letters of one', async () => {
  const store = openMemoryStore()
  const { clock, list, refuse } = listOver(store)
  await list.start()
  await refuse()
  clock.now += dayMs / 2 - 1
  assert.equal(await refuse(gone, 'J2'), 0, 'the same day')
  assert.equal(await list.find(gone), undefined)
  clock.now += 1
  await refuse('GONE@south.example', 'J3')
  assert.deepEqual(await list.find(gone), {
    address: 'GONE@south.example',
    reason: 'hard-bounce',
    since: clock.now,
    until: clock.now + 180 * dayMs,
    why: '550 5.1.1 No such user',
    journey: 'J3',
  })
  assert.equal(await list.find('other@south.example'), undefined)
  clock.now += 180 * dayMs
  assert.equal(await list.find(gone), undefined, 'it ends by itself')
})

test('a delivery between, or sixty days, and it begins anew', async () => {
  const store = openMemoryStore()
  const { clock, list, refuse } = listOver(store)
  await list.start()
  assert.deepEqual(list.delivered(gone), [], 'of an address that was never refused')
  await refuse()
  clock.now += dayMs
  await store.register.put(list.delivered(gone))
  await refuse()
  assert.equal(await list.find(gone), undefined)
  clock.now += 60 * dayMs
  await refuse()
  assert.equal(await list.find(gone), undefined)
  clock.now += dayMs
  await refuse()
  assert.notEqual(await list.find(gone), undefined)
})

test('the rules say how many days, and none is never', () => {
  const refused = { address: gone, at: start, journey: 'J', said: '550' }
  const strikes = { count: 2, lastAt: start - dayMs, journey: 'I' }
  const rules = defaultSuppressionRules
  for (const [before, after, type] of [
    [undefined, 1, 'suppress'],
    [undefined, 2, 'remember'],
    [undefined, 3, 'remember'],
    [strikes, 3, 'suppress'],
    [strikes, 4, 'remember'],
    [strikes, 0, 'nothing'],
    [undefined, 0, 'nothing'],
  ] as const) {
    assert.equal(afterRefusal(before, refused, { ...rules, after }).type, type, `${after}`)
  }
})

test('one complaint suppresses, for good, unless the rules say that none does', async () => {
  const store = openMemoryStore()
  const complaint = { address: gone, at: start, journey: 'J1', said: 'abuse' }
  const { list } = listOver(store)
  await store.register.put(list.complained(complaint))
  const found = await list.find(gone)
  assert.deepEqual([found?.reason, found?.until], ['complaint', undefined])
  const deaf = listOver(store, { ...defaultSuppressionRules, complaints: false })
  assert.deepEqual(deaf.list.complained(complaint), [])
})

test('the list is there after a start, whether it was read yet or not', async () => {
  const store = openMemoryStore()
  const before = listOver(store)
  const many = Array.from({ length: 1500 }, (_, n) => ({
    address: `a${n}@south.example`,
    reason: 'by-hand' as const,
    since: start,
    why: '',
  }))
  await before.list.put(many)
  await before.refuse()
  const { list, clock, refuse } = listOver(store)
  assert.notEqual(await list.find('a7@south.example'), undefined, 'not read yet')
  await list.start()
  for (const n of [0, 999, 1000, 1499]) {
    assert.notEqual(await list.find(`A${n}@south.example`), undefined, `a${n}`)
  }
  clock.now += dayMs
  await refuse()
  assert.notEqual(await list.find(gone), undefined, 'a refusal before the start counts')
})

test('who is taken off the list must be refused as often again', async () => {
  const store = openMemoryStore()
  const { clock, list, refuse } = listOver(store)
  await list.start()
  await refuse()
  clock.now += dayMs
  await refuse()
  assert.equal(await list.remove([gone, 'never@south.example', 'no address']), 1)
  assert.equal(await list.find(gone), undefined)
  clock.now += dayMs
  await refuse()
  assert.equal(await list.find(gone), undefined)
})

test('after the start, an address that is not on the list costs no question', async () => {
  const store = openMemoryStore()
  const { list } = listOver(store)
  assert.ok(list.find('never@south.example') instanceof Promise, 'it cannot know yet')
  await list.start()
  assert.equal(list.find('never@south.example'), undefined)
  await list.put([{ address: gone, reason: 'by-hand', since: start, why: '' }])
  assert.equal((await list.find(gone))?.reason, 'by-hand')
})

test('of a delivery there is something to write only after a refusal, and once', async () => {
  const store = openMemoryStore()
  const { list, refuse } = listOver(store)
  assert.equal(list.delivered(gone).length, 1, 'it cannot know yet')
  assert.deepEqual(list.delivered('no address'), [])
  await list.start()
  assert.deepEqual(list.delivered(gone), [])
  await refuse()
  assert.equal(list.delivered('GONE@south.example').length, 1)
  assert.deepEqual(list.delivered(gone), [])
})

test('refusals of what is no address say nothing', async () => {
  const { list, refuse } = listOver(openMemoryStore())
  assert.equal(await refuse('no address'), 0)
  const complaint = { address: 'no address', at: start, journey: 'J1', said: 'abuse' }
  assert.deepEqual(list.complained(complaint), [])
})
