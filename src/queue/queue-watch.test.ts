import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  acceptance,
  lease,
  message,
  now,
  outgoing,
  queueItem,
  settlement,
} from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Changes, ChangesQuery } from '../store/ports/changes.ts'
import { QueueWatch } from './queue-watch.ts'

/** All that can go on has gone on. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('who brings letters wakes, who takes them out does not', async () => {
  const store = openMemoryStore()
  const woken: (number | undefined)[] = []
  const watch = new QueueWatch({
    changes: (query) => store.changes(query),
    wake: (dueAt) => woken.push(dueAt),
    onProblem: (problem) => assert.fail(String(problem)),
  })
  await store.post.accept(
    acceptance({ message: message('m0', 'x'), queue: [queueItem('q0', { messageId: 'm0' })] }),
  )
  watch.start()
  await store.post.accept(outgoing())
  await quiet()
  assert.deepEqual(woken.splice(0), [now])
  await store.queue.lease(lease())
  await store.queue.settle([settlement()])
  await store.queue.hold(['q0'])
  await store.accounts.putDomain({ name: 'south.example', createdAt: now })
  await quiet()
  assert.deepEqual(woken.splice(0), [])
  await store.queue.release(['q0'], now + 9)
  await quiet()
  assert.deepEqual(woken.splice(0), [now + 9])
  await watch.stop()
  await store.queue.release(['q0'], now)
  await quiet()
  assert.deepEqual(woken, [])
  await store.close()
})

test('a gap wakes, and a feed that fails is told, wakes, and is begun again', async () => {
  const asked: (ChangesQuery | undefined)[] = []
  const fault = new Error('no reading today')
  async function* first(): Changes {
    yield { type: 'gap', number: 7 }
    throw fault
  }
  async function* second(): Changes {
    yield { type: 'queue', dueAt: 5, number: 8 }
  }
  const feeds = [first, second]
  const woken: (number | undefined)[] = []
  const problems: unknown[] = []
  const watch = new QueueWatch({
    changes(query) {
      asked.push(query)
      const feed = feeds.shift()
      assert.ok(feed !== undefined, 'at its end it is not begun again')
      return feed()
    },
    wake: (dueAt) => woken.push(dueAt),
    onProblem: (problem) => problems.push(problem),
  })
  watch.start()
  await quiet()
  assert.deepEqual([woken, problems], [[undefined, undefined, 5], [fault]])
  assert.deepEqual(asked, [{ only: ['queue'] }, { only: ['queue'] }])
  await watch.stop()
})
