import { account, act } from './contract-accounts.ts'
import { apiKey, secondFactor } from './contract-credentials.ts'
import {
  acceptance,
  journey,
  lease,
  mailboxItem,
  message,
  minuteMs,
  now,
  octetsFor,
  queueItem,
  settlement,
} from './contract-cases.ts'
import { fileLetters } from './contract-mailboxes.ts'
import { entry } from './contract-register.ts'
import { contentOf } from './ports/contents.ts'
import type { Store } from './ports/store.ts'

/** Something a store is asked, after `prepare` has put it into the state for it. */
export interface Deed {
  readonly name: string
  readonly prepare: (store: Store) => Promise<unknown>
  readonly run: (store: Store) => Promise<unknown>
  /** Done in several transactions, so that a part of it may stand after a fault. */
  readonly inSteps?: boolean
}

const shared = [{ hash: 'fact-1', json: '{"n":1}' }]
const long = new Uint8Array(300_000).fill(120)

async function prepareQueued(store: Store): Promise<void> {
  const accepted = acceptance({
    message: message('m1', 'letter', { prefix: octetsFor('Received: us\r\n') }),
    queue: [queueItem('q1'), queueItem('q2')],
    mailbox: [mailboxItem()],
    journeys: [journey('JOURNEY1', { messageId: 'm1', shared })],
  })
  await store.post.accept(accepted)
}

async function prepareLeased(store: Store): Promise<void> {
  await prepareQueued(store)
  await store.queue.lease(lease())
}

const notification = acceptance({
  message: message('m2', 'could not be delivered'),
  queue: [queueItem('q3', { messageId: 'm2', journeyId: 'JOURNEY2', reversePath: '' })],
  journeys: [journey('JOURNEY2', { messageId: 'm2', shared: [{ hash: 'fact-2', json: '2' }] })],
})

async function changeFirst(
  { mailboxes }: Store,
  change: (mailbox: number) => Promise<unknown>,
): Promise<unknown> {
  const [mailbox] = await mailboxes.list()
  return change(mailbox?.id ?? -1)
}

const alias = {
  address: 'sales@south.example',
  to: ['bob@south.example'],
  send: false,
  createdAt: now,
}

/** All that a store is asked, at least once. */
export const deeds: readonly Deed[] = [
  {
    name: 'accepting a message with everything',
    prepare: () => Promise.resolve(),
    run: prepareQueued,
  },
  {
    name: 'accepting a message with something to remember',
    prepare: ({ register }) => register.put([entry('a', { json: '1' })]),
    run: (store) => store.post.accept({ ...notification, register: [entry('a'), entry('b')] }),
  },
  {
    name: 'accepting long content',
    prepare: () => Promise.resolve(),
    run: (store) => {
      const stored = message('m1', '', { content: contentOf(long) })
      return store.post.accept(acceptance({ message: stored, mailbox: [mailboxItem()] }))
    },
  },
  {
    name: 'accepting two messages over one content',
    prepare: () => Promise.resolve(),
    run: (store) => {
      const content = contentOf(long)
      return store.post.accept(
        acceptance({
          message: message('m1', '', { content }),
          moreMessages: [message('m2', '', { content, prefix: octetsFor('Return-Path: <>\r\n') })],
          queue: [queueItem('q1')],
          mailbox: [mailboxItem({ messageId: 'm2' })],
        }),
      )
    },
  },
  {
    name: 'accepting long content that is there',
    prepare: (store) =>
      store.post.accept(acceptance({ message: message('m0', '', { content: contentOf(long) }) })),
    run: (store) => {
      const stored = message('m1', '', { content: contentOf(long) })
      return store.post.accept(acceptance({ message: stored, mailbox: [mailboxItem()] }))
    },
  },
  {
    name: 'accepting a message and telling of it in another journey',
    prepare: prepareQueued,
    run: (store) => {
      const later = { journeyId: 'JOURNEY1', steps: '[1]', shared: [{ hash: 'fact-3', json: '3' }] }
      const back = { status: 'failed', summary: 'came back' }
      const recipients = ['bob', 'ann'].map((name) => ({
        address: `${name}@south.example`,
        ...back,
      }))
      const laterSteps = [later, { ...later, recipients }]
      return store.post.accept({ ...notification, laterSteps })
    },
  },
  { name: 'leasing', prepare: prepareQueued, run: (store) => store.queue.lease(lease()) },
  {
    name: 'settling a delivery and a deferral',
    prepare: prepareLeased,
    run: (store) => {
      const nextAttemptAt = now + minuteMs
      const outcome = { type: 'deferred' as const, nextAttemptAt, problem: '451' }
      return store.queue.settle([settlement(), settlement({ queueId: 'q2', outcome })])
    },
  },
  {
    name: 'settling a failure with its notification',
    prepare: prepareLeased,
    run: (store) => {
      const outcome = { type: 'failed' as const }
      return store.queue.settle([settlement({ outcome, status: 'failed', notification })])
    },
  },
  {
    name: 'settling a failure that is remembered',
    prepare: prepareLeased,
    run: (store) => {
      const failed = { outcome: { type: 'failed' }, status: 'failed' } as const
      return store.queue.settle([settlement({ ...failed, register: [entry('a')] })])
    },
  },
  {
    name: 'putting something into the register',
    prepare: ({ register }) => register.put([entry('a', { json: '1' })]),
    run: ({ register }) => register.put([entry('a'), entry('b', { expiresAt: now + 1 })]),
  },
  {
    name: 'removing something from the register',
    prepare: ({ register }) => register.put([entry('a'), entry('b'), entry('c')]),
    run: ({ register }) => register.remove('suppression', ['a', 'c']),
  },
  {
    name: 'pruning the register',
    inSteps: true,
    prepare: ({ register }) => {
      const many = Array.from({ length: 120 }, (_, n) => entry(`${n}`, { expiresAt: now + n }))
      return register.put(many)
    },
    run: ({ retention }) => retention.prune({ journeysBefore: 0, expiredBy: now + 115 }),
  },
  {
    name: 'settling the last of a message',
    prepare: async (store) => {
      const stored = message('m1', '', { content: contentOf(long) })
      await store.post.accept(acceptance({ message: stored, queue: [queueItem('q1')] }))
      await store.queue.lease(lease())
    },
    run: (store) => store.queue.settle([settlement()]),
  },
  { name: 'releasing leases', prepare: prepareLeased, run: (store) => store.queue.releaseLeases() },
  { name: 'holding', prepare: prepareQueued, run: (store) => store.queue.hold(['q1', 'q2']) },
  {
    name: 'holding for another reason, until a time',
    prepare: async (store) => {
      await prepareQueued(store)
      await store.queue.hold(['q1'], { reason: 'look' })
    },
    run: ({ queue }) => queue.hold(['q1', 'q2'], { reason: 'wait', until: now + minuteMs }),
  },
  {
    name: 'leasing what was held until now',
    prepare: async (store) => {
      await prepareQueued(store)
      await store.queue.hold(['q1'], { reason: 'wait', until: now })
    },
    run: (store) => store.queue.lease(lease()),
  },
  {
    name: 'releasing what was held',
    prepare: async (store) => {
      await prepareQueued(store)
      await store.queue.hold(['q1'])
    },
    run: (store) => store.queue.release(['q1', 'q2'], now + minuteMs),
  },
  {
    name: 'holding and releasing what is told in journeys',
    inSteps: true,
    prepare: async (store) => {
      await prepareQueued(store)
      await store.queue.hold(['q2'])
    },
    async run({ queue }) {
      const told = [{ queueId: 'q1', steps: '[{"type":"held"}]' }]
      await queue.hold(['q1'], { reason: 'look', told })
      await queue.release(['q1', 'q2'], now + 1, [{ queueId: 'q2', steps: '[{"type":"x"}]' }])
    },
  },
  {
    name: 'keeping a DKIM key',
    prepare: () => Promise.resolve(),
    run: (store) =>
      store.keys.put({
        domain: 'north.example',
        selector: 's1',
        algorithm: 'rsa',
        privateKey: 'PEM',
        createdAt: now,
        active: true,
      }),
  },
  {
    name: 'making an account, an alias and a domain, and saying who did it',
    prepare: (store) => store.accounts.putAlias(alias),
    run: async ({ accounts, acts }) => {
      await Promise.all([
        accounts.putAccount(account('eve@south.example')),
        accounts.putAlias({ ...alias, to: ['eve@south.example'] }),
        accounts.putDomain({ name: 'south.example', createdAt: now }),
      ])
      await acts.put(act('account add'))
    },
    inSteps: true,
  },
  {
    name: 'making a key for the HTTP API',
    prepare: () => Promise.resolve(),
    run: ({ apiKeys }) => apiKeys.add(apiKey('k1', { domains: ['south.example'] })),
  },
  {
    name: 'coming with a key and removing another one',
    prepare: ({ apiKeys }) => Promise.all(['k0', 'k1'].map((id) => apiKeys.add(apiKey(id)))),
    run: ({ apiKeys }) => Promise.all([apiKeys.used('k1', now), apiKeys.remove('k0')]),
    inSteps: true,
  },
  {
    name: 'using a recovery code of a second factor',
    prepare: ({ secondFactors }) => secondFactors.put(secondFactor('operator')),
    run: ({ secondFactors }) => secondFactors.spend('operator', { recovery: 'b' }),
  },
  {
    name: 'removing an account that has a key and a second factor',
    prepare: async ({ accounts, apiKeys, secondFactors }) => {
      await accounts.putAccount(account('bob@south.example'))
      await apiKeys.add(apiKey('k1', { account: 'Bob@south.example' }))
      await secondFactors.put(secondFactor('bob@south.example'))
    },
    run: ({ accounts }) => accounts.removeAccount('bob@south.example'),
  },
  {
    name: 'changing flags',
    prepare: (store) => fileLetters(store, 3),
    run: (store) =>
      changeFirst(store, (mailbox) => {
        return store.mailboxes.setFlags({ mailbox, uids: [1, 3], how: 'add', flags: ['\\Seen'] })
      }),
  },
  {
    name: 'removing letters',
    prepare: (store) => fileLetters(store, 3),
    run: (store) => {
      const place = { account: 'bob@south.example', mailbox: 'Inbox' }
      const items = [3, 1].map((uid) => ({ ...place, uid }))
      return store.mailboxes.remove({ items, at: now })
    },
  },
  {
    name: 'taking items',
    prepare: prepareQueued,
    run: (store) => {
      const queueIds = ['q1', 'q2']
      return store.queue.take({ queueIds, owner: 'one', now, leaseUntil: now + minuteMs })
    },
  },
  {
    name: 'removing an account that has mail',
    prepare: async (store) => {
      await store.accounts.putAccount(account('bob@south.example'))
      await prepareQueued(store)
    },
    run: (store) => store.accounts.removeAccount('bob@south.example'),
  },
  {
    name: 'pruning',
    inSteps: true,
    prepare: async (store) => {
      for (const n of [1, 2, 3]) {
        const messageId = `m${n}`
        const stored = message(messageId, `letter ${n}`)
        const one = journey(`JOURNEY${n}`, { messageId, startedAt: now + n, shared })
        await store.post.accept(acceptance({ message: stored, journeys: [one] }))
      }
    },
    run: (store) => store.retention.prune({ journeysBefore: now + 3 }),
  },
]
