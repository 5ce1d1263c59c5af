import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import type { OpenUnderTest, StoreUnderTest } from './contract-cases.ts'
import { acceptance, journey, mailboxItem, message, readable, snapshot } from './contract-cases.ts'
import { factsOf, heardSoFar } from './contract-changes.ts'
import { type Deed, deeds } from './contract-deeds.ts'

const tooMany = 500

/** Registers, for each deed, a fault at its n-th change for every n until it gets through. */
export function registerFaultTests(name: string, open: OpenUnderTest): void {
  for (const deed of deeds) {
    test(`${name}: ${deed.name} is all or nothing, wherever the disk fills up`, async () => {
      const wanted = await withStore(open, async ({ store }) => {
        await deed.prepare(store)
        const changes = store.changes()
        await deed.run(store)
        const there = await snapshot(readable(store))
        return { there, told: factsOf(await heardSoFar(store, changes)) }
      })
      let step = 1
      for (; step < tooMany; step++) {
        const hit = await withStore(open, (tested) => faultAt(tested, deed, step, wanted))
        if (!hit) break
      }
      assert.ok(step > 1 && step < tooMany, `the fault was placed ${step - 1} times`)
    })
  }

  test(`${name}: of two operations at once, a fault never leaves half of one`, async () => {
    for (let step = 1; step < tooMany; step++) {
      const hit = await withStore(open, async ({ store, failOnce, heal }) => {
        const changes = store.changes({ only: ['journey', 'key'] })
        failOnce(step)
        const outcomes = await Promise.allSettled(
          [1, 2, 3].map((n) =>
            store.post.accept(
              acceptance({
                message: message(`m${n}`, `letter ${n}`),
                mailbox: [mailboxItem({ messageId: `m${n}` })],
                journeys: [journey(`JOURNEY${n}`, { messageId: `m${n}` })],
              }),
            ),
          ),
        )
        const failed = heal()
        const stands = [1, 2, 3].filter((_, i) => outcomes[i]?.status === 'fulfilled')
        assert.deepEqual(
          (await store.mailboxes.items({})).map(({ messageId }) => messageId),
          stands.map((n) => `m${n}`),
        )
        const { messages, journeys } = await store.counts()
        assert.deepEqual([messages, journeys], [stands.length, stands.length])
        assert.deepEqual(
          factsOf(await heardSoFar(store, changes)),
          stands.map((n) => ({ type: 'journey', id: `JOURNEY${n}` })),
        )
        return failed
      })
      if (!hit) return
    }
    assert.fail('the faults never came to an end')
  })
}

async function faultAt(
  { store, failFrom, heal }: StoreUnderTest,
  deed: Deed,
  step: number,
  wanted: { readonly there: unknown; readonly told: readonly unknown[] },
): Promise<boolean> {
  await deed.prepare(store)
  const before = await snapshot(readable(store))
  const changes = store.changes()
  failFrom(step)
  const error = await deed.run(store).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const hit = heal()
  if (error === undefined) {
    // What is done after the commit (removing a file) may fail without being seen.
    assert.deepEqual(await snapshot(readable(store)), wanted.there)
    assert.deepEqual(factsOf(await heardSoFar(store, changes)), wanted.told)
    return hit
  }
  assert.ok(error instanceof WaybillError, 'the error says what the world did')
  assert.equal(error.code, 'store-full')
  if (deed.inSteps !== true) {
    assert.deepEqual(await snapshot(readable(store)), before)
    assert.deepEqual(await heardSoFar(store, changes), [], 'nothing is told of what was not done')
  }
  // The disk has room again: the same deed gets through and nothing stands in its way.
  await deed.run(store)
  assert.deepEqual(await snapshot(readable(store)), wanted.there)
  const heard = factsOf(await heardSoFar(store, changes))
  if (deed.inSteps !== true) assert.deepEqual(heard, wanted.told)
  return hit
}

async function withStore<T>(
  open: OpenUnderTest,
  run: (tested: StoreUnderTest) => Promise<T>,
): Promise<T> {
  const tested = await open()
  try {
    return await run(tested)
  } finally {
    await tested.dispose()
  }
}
