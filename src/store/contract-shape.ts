import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import {
  acceptance,
  journey,
  lease,
  message,
  minuteMs,
  now,
  queueItem,
  settlement,
  storeTests,
} from './contract-cases.ts'
import type { QueueFilter } from './ports/queue-filter.ts'
import type { QueueQuery } from './ports/queue.ts'
import type { ShapeQuery } from './ports/queue-shape.ts'
import type { Store } from './ports/store.ts'

const [south, west, deep] = ['south.example', 'west.example', 'mx.south.example']

/** Five that wait: three for one destination, of which one was tried and one is held. */
async function fill(store: Store): Promise<void> {
  const ago = (minutes: number): object => ({ createdAt: now - minutes * minuteMs })
  const queue = [
    queueItem('q1', { ...ago(4), journeyId: 'JAAAA', account: 'anna@north.example' }),
    queueItem('q2', { ...ago(5), journeyId: 'JAABB', nextAttemptAt: now + 1 }),
    queueItem('q3', { ...ago(500), journeyId: 'JCCAA', nextAttemptAt: now + 2, reversePath: '' }),
    queueItem('q4', { ...ago(0), destination: west, recipient: 'x@west.example', journeyId: 'JD' }),
    queueItem('q5', { ...ago(-9), destination: deep, nextAttemptAt: now + 9, journeyId: 'JE' }),
  ]
  const journeys = [journey('JAAAA', { direction: 'out', subject: 'The Meeting' })]
  await store.post.accept(acceptance({ message: message('m1', 'x'), queue, journeys }))
  await store.queue.lease(lease({ limit: 1 }))
  const problem = 'Mailbox FULL'
  const outcome = {
    type: 'deferred',
    nextAttemptAt: now + 3,
    problem,
    kind: 'mailbox-full',
  } as const
  await store.queue.settle([settlement({ outcome, status: 'deferred' })])
  await store.queue.hold(['q3'], { reason: 'Look at it' })
}

const ages = [5 * minuteMs, 10 * minuteMs]
const asked: ShapeQuery = { by: 'destination', now, ages, limit: 10 }

export function registerShapeTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('an empty queue has an empty shape', async (store) => {
    const empty = { total: 0, held: 0, ages: [0, 0, 0], count: 0, groups: [] }
    assert.deepEqual(await store.queue.shape(asked), empty)
  })

  storeTest('what waits is counted by age and destination, the most first', async (store) => {
    await fill(store)
    assert.deepEqual(await store.queue.shape(asked), {
      total: 5,
      held: 1,
      ages: [3, 1, 1],
      oldestAt: now - 500 * minuteMs,
      nextAttemptAt: now,
      count: 3,
      groups: [
        {
          name: south,
          total: 3,
          held: 1,
          ages: [1, 1, 1],
          oldestAt: now - 500 * minuteMs,
          nextAttemptAt: now + 1,
          problem: 'Mailbox FULL',
        },
        {
          name: deep,
          total: 1,
          held: 0,
          ages: [1, 0, 0],
          oldestAt: now + 9 * minuteMs,
          nextAttemptAt: now + 9,
          problem: '',
        },
        {
          name: west,
          total: 1,
          held: 0,
          ages: [1, 0, 0],
          oldestAt: now,
          nextAttemptAt: now,
          problem: '',
        },
      ],
    })
  })

  storeTest('groups that only hold what is held have no next attempt', async (store) => {
    await fill(store)
    const { groups } = await store.queue.shape({ ...asked, filter: { held: true } })
    assert.deepEqual(groups, [
      {
        name: south,
        total: 1,
        held: 1,
        ages: [0, 0, 1],
        oldestAt: now - 500 * minuteMs,
        problem: '',
      },
    ])
  })

  storeTest(
    'it is counted by sender or reason too, and no more groups than wanted',
    async (store) => {
      await fill(store)
      const groupsOf = async (query: Partial<ShapeQuery>): Promise<unknown> => {
        const { count, groups } = await store.queue.shape({ ...asked, ...query })
        return [count, groups.map((one) => [one.name, one.total])]
      }
      const anna = 'anna@north.example'
      assert.deepEqual(await groupsOf({ by: 'sender' }), [
        2,
        [
          [anna, 4],
          ['', 1],
        ],
      ])
      assert.deepEqual(await groupsOf({ by: 'reason' }), [
        2,
        [
          ['', 4],
          ['Mailbox FULL', 1],
        ],
      ])
      assert.deepEqual(await groupsOf({ by: 'kind' }), [
        2,
        [
          ['', 4],
          ['mailbox-full', 1],
        ],
      ])
      assert.deepEqual(await groupsOf({ by: 'account' }), [
        2,
        [
          ['', 4],
          [anna, 1],
        ],
      ])
      assert.deepEqual(await groupsOf({ limit: 1 }), [3, [[south, 3]]])
      assert.deepEqual(await groupsOf({ filter: { subject: 'meeting' } }), [1, [[south, 1]]])
      assert.deepEqual(await groupsOf({ ages: [] }), await groupsOf({}))
    },
  )

  storeTest('what waits is found by where it goes, why, whether held, and not', async (store) => {
    await fill(store)
    const at = (domain: string, match: 'whole' | 'below' | 'both'): QueueFilter => {
      return { destination: { domain, match } }
    }
    const table: readonly (readonly [filter: QueueFilter, ids: string])[] = [
      [at(south, 'whole'), 'q1 q2 q3'],
      [at(south, 'below'), 'q5'],
      [at(south, 'both'), 'q1 q2 q3 q5'],
      [at('uth.example', 'both'), ''],
      [{ reason: 'mailbox full' }, 'q1'],
      [{ held: true }, 'q3'],
      [{ reason: 'look' }, 'q3'],
      [{ holdReason: 'LOOK' }, 'q3'],
      [{ holdReason: 'full' }, ''],
      [{ kind: 'mailbox-full' }, 'q1'],
      [{ not: [{ kind: 'mailbox-full' }] }, 'q2 q3 q4 q5'],
      [{ held: false, ...at(south, 'whole') }, 'q1 q2'],
      [{ account: 'ANNA@north.example' }, 'q1'],
      [{ account: 'bob@south.example' }, ''],
      [{ journeyPart: 'jaa' }, 'q1 q2'],
      [{ journeyPart: 'AA' }, 'q1 q3'],
      [{ journeys: ['jaaaa', 'JD'] }, 'q1 q4'],
      [{ journeys: [] }, ''],
      [{ not: [at(south, 'whole')] }, 'q4 q5'],
      // Of what no journey is left no subject is known: it has none that fits.
      [{ not: [{ subject: 'meeting' }] }, 'q2 q3 q4 q5'],
      [{ not: [{ held: true }, at(west, 'whole')] }, 'q1 q2 q5'],
      [{ not: [{}] }, ''],
    ]
    for (const [filter, ids] of table) {
      const found = await store.queue.list({ filter, limit: 10, after: '' })
      assert.equal(found.map(({ id }) => id).join(' '), ids, JSON.stringify(filter))
      const { total } = await store.queue.shape({ ...asked, filter })
      assert.equal(total, found.length, JSON.stringify(filter))
    }
  })

  storeTest(
    'a queue is gone through in pages by id, and some are asked for by theirs',
    async (store) => {
      await fill(store)
      const list = async (query: Partial<QueueQuery>): Promise<string> => {
        const found = await store.queue.list({ limit: 2, ...query })
        return found.map(({ id }) => id).join(' ')
      }
      assert.equal(await list({ after: '' }), 'q1 q2')
      assert.equal(await list({ after: 'q2' }), 'q3 q4')
      assert.equal(await list({ after: 'q4' }), 'q5')
      assert.equal(await list({ after: 'q2gone', filter: { held: false } }), 'q4 q5')
      assert.equal(await list({ ids: ['q5', 'q1', 'none'] }), 'q1 q5')
      assert.equal(await list({ ids: ['q5', 'q1'], filter: { reason: 'full' } }), 'q1')
      assert.equal(await list({ ids: [] }), '')
    },
  )
}
