import assert from 'node:assert/strict'
import { account } from './contract-accounts.ts'
import {
  acceptance,
  journey,
  lease,
  mailboxItem,
  message,
  minuteMs,
  now,
  outgoing,
  queueItem,
  settlement,
} from './contract-cases.ts'
import type { ChangeFact } from './ports/changes.ts'
import type { DkimKeyRow } from './ports/keys.ts'
import type { Store } from './ports/store.ts'

/** Whose mailbox it is mostly. */
const bob = 'bob@south.example'
/** A key that the store has not. */
export const key: DkimKeyRow = {
  domain: 'north.example',
  selector: 's1',
  algorithm: 'rsa',
  privateKey: 'PEM',
  createdAt: now,
  active: true,
}

/** What is asked of a store in turn, and what is told of each. */
export const toldDeeds: readonly (readonly [
  deed: string,
  run: (store: Store) => Promise<unknown>,
  facts: readonly ChangeFact[],
])[] = [
  [
    'a letter for elsewhere and for a mailbox here',
    ({ post }) => post.accept({ ...outgoing(), mailbox: [mailboxItem()] }),
    [
      { type: 'journey', id: 'JOURNEY1' },
      { type: 'queue', dueAt: now },
      { type: 'mailbox', account: bob },
    ],
  ],
  [
    'each thing once in a commit, and of the queue what is due first',
    ({ post }) => {
      return post.accept(
        acceptance({
          message: message('m2', 'x'),
          queue: [3, 2, 4].map((at) => {
            return queueItem(`q${at}`, { messageId: 'm2', nextAttemptAt: now + at * minuteMs })
          }),
          mailbox: [1, 2].map(() => mailboxItem({ messageId: 'm2' })),
          journeys: [journey('JOURNEY2', { messageId: 'm2' })],
        }),
      )
    },
    [
      { type: 'journey', id: 'JOURNEY2' },
      { type: 'queue', dueAt: now + 2 * minuteMs },
      { type: 'mailbox', account: bob },
    ],
  ],
  ["leasing is nobody else's business", ({ queue }) => queue.lease(lease()), []],
  [
    'a step of a journey alone',
    ({ post }) => {
      const step = { journeyId: 'journey2', steps: '[1]', shared: [] }
      return post.accept(acceptance({ laterSteps: [step, { ...step, journeyId: 'GONE' }] }))
    },
    [{ type: 'journey', id: 'JOURNEY2' }],
  ],
  [
    'steps about several recipients of a journey',
    ({ post }) => {
      const back = { status: 'failed', summary: 'came back' }
      const recipients = ['a', 'b', 'c'].map((name) => ({ address: `${name}@x.example`, ...back }))
      const later = { journeyId: 'JOURNEY1', steps: '[1,2,3]', shared: [], recipients }
      return post.accept(acceptance({ laterSteps: [later] }))
    },
    [{ type: 'journey', id: 'JOURNEY1' }],
  ],
  [
    'a deferral',
    ({ queue }) => {
      const outcome = { type: 'deferred', nextAttemptAt: now + 1, problem: '451' } as const
      return queue.settle([settlement({ outcome, status: 'deferred' })])
    },
    [
      { type: 'queue', dueAt: now + 1 },
      { type: 'journey', id: 'JOURNEY1' },
    ],
  ],
  ['a hold', ({ queue }) => queue.hold(['q1', 'q2']), [{ type: 'queue' }]],
  ['a hold of what is held', ({ queue }) => queue.hold(['q1', 'gone']), []],
  [
    'a hold for another reason, with an end',
    ({ queue }) => queue.hold(['q1', 'q2'], { reason: 'wait', until: now + 9 }),
    [{ type: 'queue', dueAt: now + 9 }],
  ],
  ['the same hold', ({ queue }) => queue.hold(['q1'], { reason: 'wait', until: now + 9 }), []],
  [
    'a release',
    ({ queue }) => queue.release(['q1', 'q2'], now + 5),
    [{ type: 'queue', dueAt: now + 5 }],
  ],
  ['a release of nothing', ({ queue }) => queue.release(['gone'], now), []],
  [
    'the end of all leases',
    async ({ queue }) => {
      await queue.lease(lease({ now: now + 5, limit: 1 }))
      await queue.releaseLeases()
    },
    [{ type: 'queue', dueAt: now + 5 }],
  ],
  ['the end of no leases', ({ queue }) => queue.releaseLeases(), []],
  [
    'a delivery, and a failure with its notification',
    async ({ queue }) => {
      const queueIds = ['q1', 'q3']
      await queue.take({ queueIds, owner: 'one', now, leaseUntil: now + 1 })
      const notification = acceptance({
        message: message('m3', 'not delivered'),
        mailbox: [mailboxItem({ account: 'anna@north.example', messageId: 'm3' })],
        journeys: [journey('JOURNEY3', { messageId: 'm3' })],
      })
      const failed = { queueId: 'q3', outcome: { type: 'failed' }, status: 'failed' } as const
      await queue.settle([settlement(), settlement({ ...failed, notification })])
    },
    [
      { type: 'queue' },
      { type: 'journey', id: 'JOURNEY1' },
      { type: 'journey', id: 'JOURNEY3' },
      { type: 'mailbox', account: 'anna@north.example' },
    ],
  ],
  ['flags', (store) => setSeen(store, [1, 2]), [{ type: 'mailbox', account: bob }]],
  ['flags that were there', (store) => setSeen(store, [1, 2]), []],
  [
    'letters that are taken out of a mailbox',
    ({ mailboxes }) => {
      const items = [1, 2, 7].map((uid) => ({ account: bob, mailbox: 'Inbox', uid }))
      return mailboxes.remove({ items, at: now })
    },
    [
      { type: 'mailbox', account: bob },
      { type: 'journey', id: 'JOURNEY1' },
    ],
  ],
  ['a key', ({ keys }) => keys.put(key), [{ type: 'key', domain: 'north.example' }]],
  [
    'an account',
    ({ accounts }) => accounts.putAccount(account('eve@south.example')),
    [{ type: 'account', address: 'eve@south.example' }],
  ],
  [
    'an alias',
    ({ accounts }) => {
      const alias = { address: 'all@south.example', to: [bob], send: false, createdAt: now }
      return accounts.putAlias(alias)
    },
    [{ type: 'account', address: 'all@south.example' }],
  ],
  [
    'a domain',
    ({ accounts }) => accounts.putDomain({ name: 'south.example', createdAt: now }),
    [{ type: 'account', address: 'south.example' }],
  ],
  [
    'what goes of them',
    ({ accounts }) => accounts.removeAlias('all@south.example'),
    [{ type: 'account', address: 'all@south.example' }],
  ],
  ['what was not there', ({ accounts }) => accounts.removeAlias('all@south.example'), []],
  [
    'what is remembered',
    ({ register }) => {
      const one = { kind: 'pause', key: 'a', json: '1', changedAt: now }
      return register.put([one, { ...one, key: 'b' }, { ...one, kind: 'suppression' }])
    },
    [
      { type: 'register', kind: 'pause' },
      { type: 'register', kind: 'suppression' },
    ],
  ],
  [
    'what is not remembered any more',
    ({ register }) => register.remove('pause', ['a', 'b']),
    [{ type: 'register', kind: 'pause' }],
  ],
  ['what never was', ({ register }) => register.remove('pause', ['a']), []],
  [
    'retention',
    async ({ queue, retention }) => {
      await retention.prune({ journeysBefore: now + 1 })
      assert.equal((await queue.list({ limit: 9 })).length, 2)
    },
    [
      { type: 'journey', id: 'JOURNEY2' },
      { type: 'journey', id: 'JOURNEY3' },
    ],
  ],
]

async function setSeen({ mailboxes }: Store, uids: readonly number[]): Promise<unknown> {
  const [mailbox] = await mailboxes.list(bob)
  const flags = ['\\Seen']
  return mailboxes.setFlags({ mailbox: mailbox?.id ?? -1, uids, how: 'add', flags })
}
