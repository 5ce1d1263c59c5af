import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoginQueue } from './login-queue.ts'

/** Jobs that end when the test says so, and the order in which they began. */
class Jobs {
  readonly begun: string[] = []
  readonly #ends = new Map<string, () => void>()
  readonly #queue: LoginQueue

  constructor(queue: LoginQueue) {
    this.#queue = queue
  }

  ask(name: string, weight = 0, client = name): Promise<string> {
    return this.#queue.run({ client, weight: () => weight }, () => {
      this.begun.push(name)
      return new Promise((resolve) => {
        this.#ends.set(name, () => resolve(name))
      })
    })
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('few run at once, and who came first goes first', async () => {
  const jobs = new Jobs(new LoginQueue({ atOnce: 2 }))
  const all = ['a', 'b', 'c', 'd'].map((name) => jobs.ask(name))
  assert.deepEqual(jobs.begun, ['a', 'b'])
  await jobs.end('b')
  assert.deepEqual(jobs.begun, ['a', 'b', 'c'])
  await jobs.end('a')
  assert.deepEqual(jobs.begun, ['a', 'b', 'c', 'd'])
  await jobs.end('c')
  await jobs.end('d')
  assert.deepEqual(await Promise.all(all), ['a', 'b', 'c', 'd'])
})

test('of one client one runs at a time, and does not keep others waiting', async () => {
  const jobs = new Jobs(new LoginQueue({ atOnce: 2 }))
  void jobs.ask('a1', 0, 'a')
  void jobs.ask('a2', 0, 'a')
  void jobs.ask('b1', 0, 'b')
  assert.deepEqual(jobs.begun, ['a1', 'b1'])
  await jobs.end('b1')
  assert.deepEqual(jobs.begun, ['a1', 'b1'])
  await jobs.end('a1')
  assert.deepEqual(jobs.begun, ['a1', 'b1', 'a2'])
})

test('the lighter goes first, by what it weighs when its turn comes', async () => {
  const jobs = new Jobs(new LoginQueue({ atOnce: 1 }))
  void jobs.ask('first')
  void jobs.ask('heavy', 5)
  void jobs.ask('light', 1)
  void jobs.ask('light too', 1)
  await jobs.end('first')
  await jobs.end('light')
  await jobs.end('light too')
  assert.deepEqual(jobs.begun, ['first', 'light', 'light too', 'heavy'])
})

test('when too many wait, the heaviest is given up, and of equals the last', async () => {
  const jobs = new Jobs(new LoginQueue({ atOnce: 1, maxWaiting: 2 }))
  void jobs.ask('running')
  const heavy = jobs.ask('heavy', 3)
  const light = jobs.ask('light', 1)
  assert.equal(await jobs.ask('heavier', 4), 'full')
  const last = jobs.ask('as heavy', 1)
  assert.equal(await heavy, 'full')
  assert.equal(await jobs.ask('as heavy again', 1), 'full')
  await jobs.end('running')
  await jobs.end('light')
  await jobs.end('as heavy')
  assert.deepEqual(await Promise.all([light, last]), ['light', 'as heavy'])
  assert.deepEqual(jobs.begun, ['running', 'light', 'as heavy'])
})

test('a job that fails tells who asked, and the next one begins', async () => {
  const queue = new LoginQueue({ atOnce: 1 })
  const one = { client: 'a', weight: () => 0 }
  await assert.rejects(
    queue.run(one, () => Promise.reject(new Error('broken'))),
    /broken/,
  )
  assert.equal(await queue.run(one, () => Promise.resolve('fine')), 'fine')
})
