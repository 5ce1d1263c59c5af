import assert from 'node:assert/strict'
import {
  acceptance,
  journey,
  lease,
  now,
  outgoing,
  settlement,
  storeTests,
  type OpenUnderTest,
} from './contract-cases.ts'
import type { RegisterEntry } from './ports/register.ts'
import type { Store } from './ports/store.ts'

/** Something that is remembered. */
export function entry(key: string, changes: Partial<RegisterEntry> = {}): RegisterEntry {
  return { kind: 'suppression', key, json: `{"of":"${key}"}`, changedAt: now, ...changes }
}

async function keysOf({ register }: Store, at: number, kind = 'suppression'): Promise<string[]> {
  return (await register.list({ kind, now: at, limit: 1000 })).map(({ key }) => key)
}

/** What the server remembers by name. */
export function registerRegisterTests(name: string, open: OpenUnderTest): void {
  const test = storeTests(name, open)

  test('an entry is found by its kind and key, as it was put', async (store) => {
    const whole = entry('a@b.example', { expiresAt: now + 10 })
    await store.register.put([whole, entry('a@b.example', { kind: 'pause' })])
    assert.deepEqual(await store.register.find('suppression', 'a@b.example', now), whole)
    const pause = entry('a@b.example', { kind: 'pause' })
    assert.deepEqual(await store.register.find('pause', 'a@b.example', now), pause)
    assert.equal(await store.register.find('suppression', 'A@b.example', now), undefined)
    assert.equal(await store.register.find('mta-sts', 'a@b.example', now), undefined)
  })

  test('a later entry with the same name stands in its place, its end too', async (store) => {
    await store.register.put([entry('a', { expiresAt: now + 1 })])
    const later = entry('a', { json: '2', changedAt: now + 5 })
    await store.register.put([entry('a', { json: '1' }), later])
    assert.deepEqual(await store.register.find('suppression', 'a', now + 100), later)
    assert.deepEqual(await keysOf(store, now), ['a'])
  })

  test('an entry is there until its time, and not at it', async (store) => {
    await store.register.put([entry('a', { expiresAt: now + 1 }), entry('b')])
    assert.notEqual(await store.register.find('suppression', 'a', now), undefined)
    assert.equal(await store.register.find('suppression', 'a', now + 1), undefined)
    assert.deepEqual(await keysOf(store, now), ['a', 'b'])
    assert.deepEqual(await keysOf(store, now + 1), ['b'])
  })

  test('a list goes in the order of the keys, from page to page', async (store) => {
    // U+FF21 stands before U+1F600 in UTF-8, and behind its first half in UTF-16.
    const keys = ['\u{1F600}', '\uFF21', 'b', 'a', 'B', '']
    await store.register.put(keys.map((key) => entry(key)))
    await store.register.put([entry('aa', { kind: 'pause' }), entry('aaa', { expiresAt: now })])
    const all = ['', 'B', 'a', 'b', '\uFF21', '\u{1F600}']
    assert.deepEqual(await keysOf(store, now), all)
    const query = { kind: 'suppression', now, limit: 2 }
    const pages: string[] = []
    let after: string | undefined
    for (;;) {
      const from = after === undefined ? {} : { after }
      const page = await store.register.list({ ...query, ...from })
      pages.push(...page.map(({ key }) => key))
      after = page.at(-1)?.key
      if (page.length < 2) break
    }
    assert.deepEqual(pages, all)
  })

  test('what is removed is counted, and what was not there is not', async (store) => {
    await store.register.put([entry('a'), entry('b'), entry('c'), entry('a', { kind: 'pause' })])
    assert.equal(await store.register.remove('suppression', ['a', 'x', 'c', 'a']), 2)
    assert.deepEqual(await keysOf(store, now), ['b'])
    assert.deepEqual(await keysOf(store, now, 'pause'), ['a'])
    assert.equal(await store.register.remove('suppression', []), 0)
  })

  test('an entry is put down with a letter, or not when the letter is not', async (store) => {
    await store.post.accept({ ...outgoing(), register: [entry('a')] })
    assert.deepEqual(await keysOf(store, now), ['a'])
    const taken = acceptance({ journeys: [journey('JOURNEY1')], register: [entry('b')] })
    await assert.rejects(store.post.accept(taken))
    assert.deepEqual(await keysOf(store, now), ['a'])
  })

  test('an entry is put down with a settlement, or not when its lease is lost', async (store) => {
    await store.post.accept(outgoing())
    await store.queue.lease(lease())
    const failed = { outcome: { type: 'failed' }, status: 'failed' } as const
    const other = settlement({ ...failed, owner: 'other', register: [entry('b')] })
    assert.deepEqual(await store.queue.settle([other]), ['q1'])
    await store.queue.settle([settlement({ ...failed, register: [entry('a')] })])
    assert.deepEqual(await keysOf(store, now), ['a'])
  })

  test('what is over goes with the retention, and is told of', async (store) => {
    const many = Array.from({ length: 250 }, (_, n) => entry(`old ${n}`, { expiresAt: now + n }))
    await store.register.put([...many, entry('stays'), entry('old', { kind: 'x', expiresAt: now })])
    const changes = store.changes({ only: ['register'] })
    await store.retention.prune({ journeysBefore: 0 })
    assert.equal((await keysOf(store, 0)).length, 251, 'where no time is said nothing goes')
    await store.retention.prune({ journeysBefore: 0, expiredBy: now + 248 })
    assert.deepEqual(await keysOf(store, 0), ['old 249', 'stays'])
    assert.deepEqual(await keysOf(store, 0, 'x'), [])
    const told = (await changes.next()).value
    assert.deepEqual(told, { type: 'register', kind: 'suppression', number: told?.number })
    await changes.return?.()
  })
}
