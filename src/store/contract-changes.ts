import assert from 'node:assert/strict'
import { act } from './contract-accounts.ts'
import { mailboxItem, type OpenUnderTest, outgoing, storeTests } from './contract-cases.ts'
import { key, toldDeeds } from './contract-told.ts'
import type { Change, Changes, Gap } from './ports/changes.ts'
import type { Store } from './ports/store.ts'

/** The next so many. */
export async function next(changes: Changes, count: number): Promise<readonly (Change | Gap)[]> {
  const told: (Change | Gap)[] = []
  while (told.length < count) {
    const result = await changes.next()
    assert.ok(result.done !== true, `it ended after ${told.length}`)
    told.push(result.value)
  }
  return told
}

/** What a reader has heard until now: a key is put behind it, so that there is an end to wait for. */
export async function heardSoFar(
  store: Store,
  changes: Changes,
): Promise<readonly (Change | Gap)[]> {
  await store.keys.put({ ...key, domain: 'end.example' })
  const heard: (Change | Gap)[] = []
  for (;;) {
    const [change] = await next(changes, 1)
    if (change === undefined || (change.type === 'key' && change.domain === 'end.example')) break
    heard.push(change)
  }
  return heard
}

/** Their numbers alone. */
export function numbers(told: readonly (Change | Gap)[]): readonly number[] {
  return told.map(({ number }) => number)
}

/** Without their numbers. */
export function factsOf(told: readonly (Change | Gap)[]): readonly unknown[] {
  return told.map(({ number: _number, ...fact }) => fact)
}

/** The numbers of acts, up to one. */
async function actsUntil(changes: Changes, last?: number): Promise<readonly number[]> {
  const told: number[] = []
  while (told.at(-1) !== last) {
    const [change] = await next(changes, 1)
    if (change?.type === 'act') told.push(change.act)
  }
  return told
}

async function putActs({ acts }: Store, count: number): Promise<readonly number[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => acts.put(act(`act ${i}`))))
}

export function registerChangeTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('what is committed is told, numbered in the order of the commits', async (store) => {
    const changes = store.changes()
    const ends: number[] = []
    for (const [deed, run, facts] of toldDeeds) {
      await run(store)
      const end = await store.acts.put(act('the end'))
      const heard = await next(changes, facts.length + 1)
      assert.deepEqual(factsOf(heard), [...facts, { type: 'act', act: end }], deed)
      ends.push(...numbers(heard))
    }
    assert.deepEqual(
      ends,
      ends.map((_, i) => i + 1),
    )
    const again = await next(store.changes({ after: 0 }), ends.length)
    assert.deepEqual(numbers(again), ends, 'and can be read again')
  })

  storeTest('what is told can be read already', async (store) => {
    const changes = store.changes({ only: ['journey'] })
    const accepted = store.post.accept(outgoing())
    const [change] = await next(changes, 1)
    assert.equal(change?.type, 'journey')
    assert.equal((await store.journeys.find('JOURNEY1')).type, 'found')
    await accepted
  })

  storeTest('what is on its way to the disk when a reader begins is told', async (store) => {
    const always = store.changes({ only: ['act'] })
    for (let n = 0; n < 20; n++) {
      // From here on nobody else wants to hear of it.
      if (n === 10) await always.return?.()
      const putting = store.acts.put(act('on its way'))
      // What is asked for in one turn goes over to the writer at its end.
      if (n % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
      const changes = store.changes({ only: n % 3 === 0 ? ['act', 'journey'] : ['act'] })
      const seen = (await store.acts.list({ limit: 1 }))[0]?.number
      const wanted = [await putting, await store.acts.put(act('the end'))]
      const told = await actsUntil(changes, wanted[1])
      if (told.length === 1) assert.equal(seen, wanted[0], `round ${n}: neither seen nor told`)
      else assert.deepEqual(told, wanted)
      await changes.return?.()
    }
  })

  storeTest('a change that failed is not told, and has no number', async (store) => {
    await store.post.accept(outgoing())
    const changes = store.changes()
    const deeds = [
      store.acts.put(act('one')),
      store.post.accept({ ...outgoing(), mailbox: [mailboxItem()] }),
      store.acts.put(act('two')),
    ]
    const ends = await Promise.allSettled(deeds)
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    const heard = await heardSoFar(store, changes)
    assert.deepEqual(
      heard.map(({ type, number }) => [type, number]),
      [
        ['act', 3],
        ['act', 4],
      ],
    )
  })

  storeTest('each reader hears all that it asked for, from where it began', async (store) => {
    const all = store.changes()
    const queue = store.changes({ only: ['queue'] })
    await store.post.accept(outgoing())
    const later = store.changes({ after: 1 })
    const nothing = store.changes({ only: [] })
    await store.keys.put(key)
    await store.queue.hold(['q1'])
    const kinds = async (changes: Changes, count: number): Promise<readonly string[]> => {
      return (await next(changes, count)).map(({ type, number }) => `${number} ${type}`)
    }
    assert.deepEqual(await kinds(all, 4), ['1 journey', '2 queue', '3 key', '4 queue'])
    assert.deepEqual(await kinds(queue, 2), ['2 queue', '4 queue'])
    assert.deepEqual(await kinds(later, 3), ['2 queue', '3 key', '4 queue'])
    await nothing.return?.()
    await queue.return?.()
    await store.acts.put(act('x'))
    assert.deepEqual(await kinds(all, 1), ['5 act'])
    assert.deepEqual(await kinds(later, 1), ['5 act'])
  })

  storeTest('a reader that is slow, and one that is far behind, miss nothing', async (store) => {
    const slow = store.changes({ only: ['act'] })
    const [begun] = await Promise.all([next(slow, 1), putActs(store, 1)])
    await store.keys.put(key)
    await putActs(store, 1200)
    const behind = store.changes({ after: 0 })
    const first = await next(behind, 700)
    await putActs(store, 800)
    const rest = numbers([...begun, ...(await next(slow, 2000))])
    assert.deepEqual(
      rest,
      Array.from({ length: 2001 }, (_, i) => (i === 0 ? 1 : i + 2)),
    )
    assert.deepEqual(
      numbers([...first, ...(await next(behind, 1302))]),
      Array.from({ length: 2002 }, (_, i) => i + 1),
    )
    const heard = next(slow, 1)
    await putActs(store, 1)
    assert.deepEqual(numbers(await heard), [2003], 'and are told at once again')
  })

  storeTest(
    'of changes that are forgotten a gap is told',
    async (store) => {
      const slow = store.changes({ after: 0 })
      for (let n = 0; n < 20; n++) await store.acts.put(act(`${n}`))
      const heard = await next(slow, 2)
      const [gap, ...more] = heard
      assert.equal(gap?.type, 'gap')
      const forgotten = gap?.number ?? 0
      assert.ok(forgotten >= 8 && forgotten <= 15, `${forgotten} of 20 with 5 to be kept`)
      assert.deepEqual(numbers(more), [forgotten + 1])
      const rest = await next(slow, 20 - forgotten - 1)
      assert.ok(rest.every(({ type }) => type === 'act'))
      const whole = await next(store.changes({ after: forgotten }), 1)
      assert.deepEqual(numbers(whole), [forgotten + 1], 'nothing is missing')
    },
    { changesKept: 5 },
  )

  storeTest('a number that never was is a gap: the store is an older one', async (store) => {
    const empty = await next(store.changes({ after: 7 }), 1)
    assert.deepEqual(empty, [{ type: 'gap', number: 0 }])
    await putActs(store, 3)
    const changes = store.changes({ after: 7 })
    assert.deepEqual(await next(changes, 1), [{ type: 'gap', number: 3 }])
    await putActs(store, 1)
    assert.deepEqual(numbers(await next(changes, 1)), [4])
  })

  storeTest('return ends a reader, also one that waits', async (store) => {
    const changes = store.changes()
    const waiting = changes.next()
    await changes.return?.()
    assert.equal((await waiting).done, true)
    await store.acts.put(act('x'))
    assert.equal((await changes.next()).done, true)
    const unread = store.changes({ after: 0 })
    await unread.return?.()
    assert.equal((await unread.next()).done, true)
  })

  storeTest('closing the store ends every reader when it has heard all', async (store) => {
    const [waits, heard, behind] = [store.changes(), store.changes(), store.changes({ after: 0 })]
    const waiting = (async () => {
      const all: (Change | Gap)[] = []
      for await (const change of waits) all.push(change)
      return all
    })()
    const put = store.acts.put(act('x'))
    await store.close()
    await put
    assert.deepEqual(numbers(await waiting), [1])
    assert.deepEqual(numbers(await next(heard, 1)), [1])
    for (const changes of [heard, behind, store.changes(), store.changes({ after: 0 })]) {
      assert.equal((await changes.next()).done, true)
    }
  })
}
