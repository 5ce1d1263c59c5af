import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../base/log.ts'
import type { SharedStore } from '../store/sqlite/sqlite-store.ts'
import type { MailSystemThreads } from './system-options.ts'
import { threadsFor } from './session-threads.ts'

interface Asked {
  readonly threads: MailSystemThreads | undefined
  readonly logged: readonly LogLine[]
  readonly tried: number
  readonly doors: readonly string[]
}

/** What comes of such a wish where sockets can be handed over, or cannot because of `why`. */
async function ask(wanted: number, why?: string): Promise<Asked> {
  const logged: LogLine[] = []
  const doors: string[] = []
  let tried = 0
  const store: Pick<SharedStore, 'door' | 'lost'> = {
    door(thread) {
      doors.push(`door ${thread}`)
      return JSON.parse('{}')
    },
    lost: (thread) => void doors.push(`lost ${thread}`),
  }
  const threads = await threadsFor(wanted, {
    store,
    people: () => ({ residents: { domains: [], accounts: [] }, keys: [] }),
    log: (line) => void logged.push(line),
    broken: () => assert.fail(),
    tried: () => {
      tried++
      return Promise.resolve(why)
    },
  })
  threads?.door(1)
  threads?.lost(1)
  return { threads, logged, tried, doors }
}

test('where sockets cannot be handed over sessions stay on the main thread, and the log says why', async () => {
  const { threads, logged } = await ask(4, 'no such thing here')
  assert.equal(threads, undefined)
  const fields = { limit: 'limits.threads', why: 'no such thing here' }
  assert.deepEqual(logged, [{ level: 'warning', event: 'limit', fields }])
})

test('who wants one thread has none, and nothing is tried', async () => {
  const { threads, logged, tried } = await ask(1, 'no such thing here')
  assert.deepEqual([threads, logged, tried], [undefined, [], 0])
})

test('as many as are wanted come, each with its door, and share the room of their caches', async () => {
  const { threads, logged, tried, doors } = await ask(3)
  assert.deepEqual([threads?.count, threads?.cacheBytes, tried], [3, 32 * 1024 * 1024, 1])
  assert.deepEqual([logged, doors], [[], ['door 1', 'lost 1']])
})
