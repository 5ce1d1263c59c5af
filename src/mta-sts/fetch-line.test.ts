import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { FetchLine } from './fetch-line.ts'

/** A line of two, and works that end when they are told to. */
function opened() {
  const clock = new ManualClock(0)
  const line = new FetchLine(clock, { most: 2, waitMs: 1000 })
  const begun: string[] = []
  const run = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const ran = line.run(() => {
      begun.push(name)
      return promise
    })
    return { ran, end: () => resolve(name), fail: () => reject(new Error(name)) }
  }
  return { clock, begun, run }
}

test('so many at once, and the places go on in the order of coming', async () => {
  const { begun, run } = opened()
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(run)
  await Promise.resolve()
  assert.deepEqual(begun, ['a', 'b'])
  b?.end()
  assert.equal(await b?.ran, 'b')
  c?.end()
  assert.equal(await c?.ran, 'c')
  for (const one of [a, d]) one?.end()
  assert.deepEqual([await a?.ran, await d?.ran], ['a', 'd'])
  assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
  // All places are free again, and no more than there were.
  for (const name of ['e', 'f', 'g']) run(name)
  await Promise.resolve()
  assert.deepEqual(begun.slice(4), ['e', 'f'])
})

test('who gets no place in time goes without, and takes none from those behind', async () => {
  const { clock, begun, run } = opened()
  const [a, , c] = ['a', 'b', 'c'].map(run)
  clock.advance(999)
  const d = run('d')
  clock.advance(1)
  assert.equal(await c?.ran, undefined)
  a?.end()
  d.end()
  assert.equal(await d.ran, 'd')
  assert.deepEqual(begun, ['a', 'b', 'd'])
})

test('a work that fails gives its place back', async () => {
  const { begun, run } = opened()
  const [a, , c] = ['a', 'b', 'c'].map(run)
  a?.fail()
  await assert.rejects(a?.ran ?? Promise.resolve(), /a/)
  c?.end()
  assert.equal(await c?.ran, 'c')
  assert.deepEqual(begun, ['a', 'b', 'c'])
})
