import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { Settlement } from '../store/ports/queue.ts'
import type { Settling } from '../post/batch.ts'
import { Settler } from './settler.ts'

function settlement(queueId: string): Settlement {
  const words = { steps: '[]', shared: [], status: 'delivered', summary: '' }
  return { queueId, owner: 'me', outcome: { type: 'delivered' }, ...words }
}

/** A store that answers each settling with the next of `answers`; without one nothing is lost. */
function open(answers: readonly (readonly string[] | Error)[]): {
  readonly settler: Settler
  readonly clock: ManualClock
  readonly asked: string[][]
  readonly problems: string[]
} {
  const clock = new ManualClock()
  const asked: string[][] = []
  const problems: string[] = []
  const left = Array.from(answers)
  const settle = async (settlements: readonly Settlement[]): Promise<readonly string[]> => {
    asked.push(settlements.map(({ queueId }) => queueId))
    const answer = left.shift() ?? []
    if (answer instanceof Error) throw answer
    return answer
  }
  const settler = new Settler({ settle }, clock, (ids, error) => {
    problems.push(`${ids.join()}: ${String(error)}`)
  })
  return { settler, clock, asked, problems }
}

/** All of these stand together. */
function together(ids: readonly string[]): Settling {
  return {
    settlements: ids.map(settlement),
    again: async (lost) => together(ids.filter((id) => !lost.includes(id))),
  }
}

test('what stood with a lost lease is settled without it, until nothing more is lost', async () => {
  const { settler, asked, problems } = open([['b'], ['a', 'd']])
  await settler.settle(together(['a', 'b', 'c', 'd']))
  assert.deepEqual(asked, [['a', 'b', 'c', 'd'], ['a', 'c', 'd'], ['c']])
  assert.deepEqual(problems, [])
})

test('when all leases were lost there is nothing more to settle', async () => {
  const { settler, asked } = open([['a', 'b']])
  await settler.settle(together(['a', 'b']))
  assert.deepEqual(asked, [['a', 'b']])
})

test('what stands alone is not made again', async () => {
  const { settler, asked } = open([['a']])
  await settler.settle({ settlements: [settlement('a'), settlement('b')] })
  assert.deepEqual(asked, [['a', 'b']])
})

test('a store that fails in between is tried again with the same', async () => {
  const { settler, clock, asked, problems } = open([['a'], new Error('busy'), []])
  const done = settler.settle(together(['a', 'b']))
  while (!settler.failing) await new Promise((turn) => setImmediate(turn))
  clock.advance(1000)
  await done
  assert.equal(settler.failing, false)
  assert.deepEqual(asked, [['a', 'b'], ['b'], ['b']])
  assert.deepEqual(problems, ['b: Error: busy'])
})

test('what cannot be made again is told, and keeps nobody', async () => {
  const { settler, asked, problems } = open([['a']])
  const again = (): Promise<Settling> => Promise.reject(new Error('no directory'))
  await settler.settle({ settlements: [settlement('a'), settlement('b')], again })
  assert.deepEqual(asked, [['a', 'b']])
  assert.deepEqual(problems, ['a,b: Error: no directory'])
})
