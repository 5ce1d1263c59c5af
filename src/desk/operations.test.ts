import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { AccountDesk } from './accounts.ts'
import { ApiKeyDesk } from './api-keys.ts'
import { testWebhooks } from '../hooks/test-support/webhooks.ts'
import { HoldRules } from './hold-rules.ts'
import { InTurn } from './in-turn.ts'
import { KeyDesk } from './keys.ts'
import { type Desk, performNamed } from './operations.ts'
import { PersonPauses } from './pauses.ts'
import { QueueDesk } from './queue.ts'
import { SecondFactorDesk } from './second-factors.ts'
import { defaultSuppressionRules } from '../suppression/strikes.ts'
import { SuppressionList } from '../suppression/suppression-list.ts'

const now = (): number => 5
const actor = { by: 'ann', door: 'control socket', why: 'a test' } as const

function open(): { desk: Desk; store: ReturnType<typeof openMemoryStore> } {
  const store = openMemoryStore()
  const turn = new InTurn()
  const removed = { journeys: 1, messages: 2, contents: 3, facts: 4 }
  const settled = { domains: ['south.example'], accounts: [], aliases: [] }
  const parts = { port: store.accounts, settled: () => settled, now, turn }
  const residents = new AccountDesk({ ...parts, publish: () => Promise.resolve([]) })
  const nobody = (): never => assert.fail('it was asked')
  return {
    store,
    desk: {
      queue: new QueueDesk({
        queue: store.queue,
        rules: new HoldRules({ register: store.register, queue: store.queue, now }),
        pauses: new PersonPauses({ register: store.register, now }),
        now,
        canTell: false,
        withdraw: () => Promise.resolve([]),
        giveUp: () => Promise.resolve([]),
      }),
      keys: new KeyDesk({ store, openResolver: nobody, now, turn }),
      residents,
      secondFactors: new SecondFactorDesk({
        port: store.secondFactors,
        residents: () => residents.residents(),
        now,
        turn,
      }),
      apiKeys: new ApiKeyDesk({
        port: store.apiKeys,
        residents: () => residents.residents(),
        now,
        turn,
      }),
      imports: { store, linesOf: () => assert.fail('nothing is imported here') },
      suppressions: {
        list: new SuppressionList({
          register: store.register,
          now,
          rules: () => defaultSuppressionRules,
        }),
        register: store.register,
        clock: { now },
      },
      mail: { mailboxes: store.mailboxes, now },
      prune: () => Promise.resolve(removed),
      status: nobody,
      submit: nobody,
      standing: nobody,
      turns: nobody,
      sites: nobody,
      webhooks: testWebhooks(store),
    },
  }
}

/** Each with what it needs at least, and the acts that it leaves. */
const cases: readonly (readonly [operation: string, input: unknown, detail: unknown])[] = [
  ['prune', undefined, { journeys: 1, messages: 2, contents: 3, facts: 4 }],
  ['account add', { address: 'a@south.example' }, { address: 'a@south.example', password: false }],
  ['domain add', { domain: 'west.example' }, { domain: 'west.example' }],
  [
    'backup',
    { to: '/x', messages: 1, contents: 0, missing: 0 },
    { to: '/x', messages: 1, contents: 0, missing: 0 },
  ],
  ['queue retry', { items: [] }, undefined],
  ['queue hold', { items: [] }, undefined],
  ['queue release', { items: [] }, undefined],
  ['queue drop', { items: [], tellSender: false }, undefined],
  ['mail delete', { items: [] }, undefined],
  [
    'suppress add',
    { addresses: [{ address: 'a@b.example' }] },
    { added: 1, first: ['a@b.example'] },
  ],
  ['suppress remove', { addresses: ['a@b.example'] }, undefined],
]
for (const [operation, input, detail] of cases) {
  test(`${operation} is done by its name, and leaves ${detail === undefined ? 'no' : 'an'} act`, async () => {
    const { desk, store } = open()
    const context = { desk, acts: store.acts, now }

    await performNamed(context, { operation, input, actor })
    const acts = await store.acts.list({ limit: 5 })
    const act = { at: 5, who: 'ann', door: 'control socket', what: operation, why: 'a test' }
    assert.deepEqual(
      acts,
      detail === undefined ? [] : [{ ...act, detail, number: acts[0]?.number }],
    )
  })
}

test('what has no such name is refused, whatever it is', async () => {
  const { desk, store } = open()
  const context = { desk, acts: store.acts, now }
  for (const operation of ['', 'queue', 'toString', 'restore']) {
    assert.throws(
      () => performNamed(context, { operation, input: {}, actor }),
      (problem) =>
        problem instanceof WaybillError &&
        problem.code === 'usage' &&
        problem.message === `The server does not know "${operation}".`,
    )
  }
  await store.close()
})
