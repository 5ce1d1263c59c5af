import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { WorkThread } from './work-thread.ts'

const loop = new URL('./work-loop.ts', import.meta.url).href

/** A thread that doubles numbers, says what it was given, and does other things when told. */
const code = `
  import { doTasks } from ${JSON.stringify(loop)}
  doTasks(async (task) => {
    if (task === 'die') process.exit(3)
    if (task === 'fail') throw new Error('that cannot be done')
    if (task instanceof Uint8Array) return { answer: task, given: [task.buffer] }
    if (task === 1) await new Promise((resolve) => setImmediate(resolve))
    return { answer: task * 2 }
  })
`

/** With how many threads were started, and how many have ended. */
function thread(t: TestContext) {
  const count = { started: 0, ended: 0 }
  const work = new WorkThread<unknown, unknown>(
    () => {
      count.started++
      return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`))
    },
    () => count.ended++,
  )
  t.after(() => work.end())
  return { work, count }
}

test('tasks are done one after the other by one thread, and octets are handed over', async (t) => {
  const { work, count } = thread(t)
  const order: unknown[] = []
  await Promise.all([1, 2, 3].map(async (n) => order.push(await work.do(n))))
  assert.deepEqual(order, [2, 4, 6])
  const octets = new Uint8Array([7])
  assert.deepEqual(await work.do(octets, [octets.buffer]), new Uint8Array([7]))
  assert.equal(octets.length, 0)
  assert.deepEqual(count, { started: 1, ended: 0 })
})

test('a task that fails says so, and the next one is done', async (t) => {
  const { work, count } = thread(t)
  const [failed, done] = await Promise.allSettled([work.do('fail'), work.do(2)])
  assert.match(String(failed.status === 'rejected' && failed.reason), /that cannot be done/)
  assert.equal(done.status === 'fulfilled' && done.value, 4)
  assert.deepEqual(count, { started: 1, ended: 0 })
})

test('a thread that dies fails what it was asked, is told, and the next task begins another', async (t) => {
  const { work, count } = thread(t)
  const asked = await Promise.allSettled([work.do('die'), work.do(2)])
  assert.deepEqual(
    asked.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.equal(await work.do(4), 8)
  assert.deepEqual(count, { started: 2, ended: 1 })
})

test('a thread without work for a minute ends', async (t) => {
  const { work, count } = thread(t)
  await work.do(2)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  await work.do(3)
  t.mock.timers.tick(59_999)
  assert.equal(count.ended, 0)
  await work.do(4)
  t.mock.timers.tick(59_999)
  assert.equal(count.ended, 0)
  t.mock.timers.tick(1)
  assert.equal(count.ended, 1)
  assert.equal(await work.do(5), 10)
  assert.equal(count.started, 2)
})

test('a task that no thread can be given fails, and nothing waits for it', async (t) => {
  const { work } = thread(t)
  await assert.rejects(
    work.do(() => 1),
    { name: 'DataCloneError' },
  )
  assert.equal(await work.do(2), 4)
})
