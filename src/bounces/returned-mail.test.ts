import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { reportInKind } from '../post/report-mark.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { OpenMessage } from '../store/ports/contents.ts'
import type { StoredJourney } from '../store/ports/journeys.ts'
import type { RegisterEntry } from '../store/ports/register.ts'
import { ReturnedMail } from './returned-mail.ts'

const unused = (): never => {
  throw new Error('No letter of ours is about these.')
}

/** Reports in a store of memory. No record stands behind their marks, so nothing is told of them. */
function opened({ unreadable = [] }: { readonly unreadable?: readonly string[] } = {}) {
  const store = openMemoryStore()
  const clock = new ManualClock(1_000_000)
  const problems: string[] = []
  const read: string[] = []
  const waiting = new Map<string, () => void>()
  const returned = new ReturnedMail({
    directory: { marks: undefined },
    store: {
      ...store,
      changes: (options) => store.changes(options),
      journeys: {
        ...store.journeys,
        find: (id) => {
          if (unreadable.includes(id)) return Promise.reject(new Error(`${id} is broken`))
          return store.journeys.find(id)
        },
      },
      post: {
        accept: async (acceptance) => {
          await store.post.accept(acceptance)
          const key = acceptance.register?.[0]?.key ?? ''
          read.push(key)
          waiting.get(key)?.()
        },
      },
    },
    suppressions: { refused: unused, complained: unused },
    clock,
    log: unused,
    report: (problem, where) => problems.push(`${where}: ${String(problem)}`),
  })
  const mark = (key: string, kind = reportInKind): RegisterEntry => {
    const changedAt = clock.now()
    return { kind, key, json: '{}', changedAt, expiresAt: changedAt + 60_000 }
  }
  const left = async (): Promise<readonly string[]> => {
    const query = { kind: reportInKind, now: clock.now(), limit: 1000 }
    return (await store.register.list(query)).map(({ key }) => key)
  }
  const whenRead = (key: string): Promise<void> => {
    return new Promise((resolve) => waiting.set(key, resolve))
  }
  return { store, returned, problems, read, mark, left, whenRead }
}

test('what came in before the start is read, each once, however much it is', async () => {
  const { store, returned, problems, read, mark, left } = opened()
  const keys = Array.from({ length: 250 }, (_, n) => `J${1000 + n}`)
  await store.register.put(keys.map((key) => mark(key)))
  returned.start()
  await returned.stop()
  assert.deepEqual(read, keys)
  assert.deepEqual(await left(), [])
  assert.deepEqual(problems, [])
})

test('one that cannot be read keeps its mark, is told, and keeps no other from being read', async () => {
  const { store, returned, problems, read, mark, left } = opened({ unreadable: ['J2'] })
  await store.register.put(['J1', 'J2', 'J3'].map((key) => mark(key)))
  returned.start()
  await returned.stop()
  assert.deepEqual(read, ['J1', 'J3'])
  assert.deepEqual(await left(), ['J2'])
  assert.deepEqual(problems, ['J2: Error: J2 is broken'])
})

test('what comes later is read as it comes, and what else the register keeps is not', async () => {
  const { store, returned, read, mark, whenRead } = opened()
  returned.start()
  const first = whenRead('J1')
  await store.register.put([mark('J1')])
  await first
  await store.register.put([mark('other', 'another-kind')])
  const second = whenRead('J2')
  await store.register.put([mark('J2')])
  await second
  await returned.stop()
  assert.deepEqual(read, ['J1', 'J2'])
})

test('a store whose changes break off is told, and can be stopped all the same', async () => {
  const { store } = opened()
  const told = Promise.withResolvers<string>()
  const changes = Object.assign(store.changes(), {
    next: () => Promise.reject(new Error('the disk is gone')),
  })
  const returned = new ReturnedMail({
    directory: { marks: undefined },
    store: { ...store, changes: () => changes },
    suppressions: { refused: unused, complained: unused },
    clock: new ManualClock(0),
    log: unused,
    report: (problem, where) => told.resolve(`${where}: ${String(problem)}`),
  })
  returned.start()
  assert.equal(await told.promise, 'delivery reports that came in: Error: the disk is gone')
  await returned.stop()
})

test('a report of a mebibyte is read, and a longer one is not', async () => {
  for (const [size, wanted] of [
    [1_048_576, ['J1: Error: It was read.']],
    [1_048_577, []],
  ] as const) {
    const { store, mark } = opened()
    const problems: string[] = []
    const chunks = (): never => {
      throw new Error('It was read.')
    }
    const message = { size, chunks } as unknown
    const journey = { id: 'J1', json: '', appended: [], messageId: 'M1' } as unknown
    const returned = new ReturnedMail({
      directory: { marks: undefined },
      store: {
        ...store,
        changes: (options) => store.changes(options),
        journeys: {
          ...store.journeys,
          find: () => Promise.resolve({ type: 'found', journey: journey as StoredJourney }),
        },
        messages: {
          ...store.messages,
          open: () => Promise.resolve(message as OpenMessage),
        },
      },
      suppressions: { refused: unused, complained: unused },
      clock: new ManualClock(1_000_000),
      log: unused,
      report: (problem, where) => problems.push(`${where}: ${String(problem)}`),
    })
    await store.register.put([mark('J1')])
    returned.start()
    await returned.stop()
    assert.deepEqual(problems, wanted, `${size}`)
  }
})
