/** When a reader is told by whom, with a writer that hears of wishes late. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChangeFeed } from './change-feed.ts'
import type { Change, Changes, ChangeType } from './ports/changes.ts'

const key = (number: number): Change => ({ type: 'key', number, domain: 'north.example' })
const act = (number: number): Change => ({ type: 'act', number, act: number })

/** A feed over a log; each wish is heard when the test says so. */
class Bench {
  readonly log: Change[] = []
  readonly wanted: (readonly ChangeType[])[] = []
  readonly #wishes: (() => void)[] = []
  reads = 0
  readonly feed: ChangeFeed = new ChangeFeed({
    last: () => this.log.length,
    want: (types, heard) => {
      this.wanted.push(types)
      this.#wishes.push(() => heard(this.log.length))
    },
    read: ({ after }) => {
      this.reads++
      const changes = this.log.filter(({ number }) => number > after)
      const through = this.log.length
      return Promise.resolve({ forgotten: undefined, changes, through, more: false })
    },
  })

  hear(): void {
    this.#wishes.shift()?.()
  }

  commit(change: Change, how: 'pushed' | 'unwatched' = 'pushed'): void {
    this.log.push(change)
    if (how === 'pushed') this.feed.push([change])
  }
}

async function next(changes: Changes, count: number): Promise<readonly number[]> {
  const numbers: number[] = []
  while (numbers.length < count) {
    const { value } = await changes.next()
    numbers.push(value?.number ?? -1)
  }
  return numbers
}

test('what is committed before the writer has heard is read from the store, in order', async () => {
  const bench = new Bench()
  const keys = bench.feed.changes({ only: ['key'] })
  bench.hear()
  bench.commit(key(1))
  const both = bench.feed.changes({ only: ['key', 'act'] })
  const told = next(both, 4)
  bench.commit(act(2), 'unwatched')
  bench.commit(key(3))
  await Promise.resolve()
  bench.hear()
  bench.commit(act(4))
  bench.commit(key(5))
  assert.deepEqual(await told, [2, 3, 4, 5])
  assert.deepEqual(await next(keys, 3), [1, 3, 5])
  assert.equal(bench.reads, 1)
})

test('when nothing was committed meanwhile, the store is not asked', async () => {
  const bench = new Bench()
  bench.commit(act(1), 'unwatched')
  const first = bench.feed.changes({ only: ['act'] })
  const second = bench.feed.changes({ only: ['act'] })
  bench.hear()
  const third = bench.feed.changes({ only: ['act'] })
  bench.commit(act(2))
  for (const changes of [first, second, third]) assert.deepEqual(await next(changes, 1), [2])
  assert.deepEqual([bench.wanted, bench.reads], [[['act']], 0])
})

test('nobody is told what was committed before it began, however late it is pushed', async () => {
  const bench = new Bench()
  const early = bench.feed.changes()
  bench.hear()
  bench.log.push(act(1))
  const late = bench.feed.changes()
  bench.feed.push([act(1)])
  bench.commit(act(2))
  assert.deepEqual(await next(early, 2), [1, 2])
  assert.deepEqual(await next(late, 1), [2])
})

test('a wish that was heard before others came does not count', async () => {
  const bench = new Bench()
  await bench.feed.changes({ only: ['act'] }).return?.()
  const changes = bench.feed.changes({ only: ['act'] })
  assert.deepEqual(bench.wanted, [['act'], [], ['act']])
  bench.hear()
  bench.hear()
  bench.commit(act(1), 'unwatched')
  bench.hear()
  bench.commit(act(2))
  assert.deepEqual(await next(changes, 2), [1, 2])
})
