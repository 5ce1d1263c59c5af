import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import { acceptance, journey, now, outgoing, storeTests } from './contract-cases.ts'
import type { FoundJourney } from './ports/journeys.ts'

/** Without the time of writing, which is the machine's; that it is there is checked. */
function whenWritten(found: FoundJourney): unknown {
  if (found.type !== 'found') return found
  const { writtenAt, ...journey } = found.journey
  assert.ok(writtenAt > 0)
  return { type: 'found', journey }
}

export function registerJourneyTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('a journey is found whole', async (store) => {
    await store.post.accept(outgoing())
    const { shared: _, ...expected } = outgoing().journeys[0] ?? journey('')
    assert.deepEqual(whenWritten(await store.journeys.find('JOURNEY1')), {
      type: 'found',
      journey: { ...expected, appended: [] },
    })
  })

  storeTest('a refused connection has a journey without a message', async (store) => {
    await store.post.accept(acceptance({ journeys: [journey('REFUSED1', { status: 'refused' })] }))
    const found = await store.journeys.find('REFUSED1')
    assert.equal(found.type === 'found' ? found.journey.messageId : 'no journey', undefined)
  })

  storeTest('steps are appended to a journey that was put down before', async (store) => {
    await store.post.accept(outgoing())
    const shared = [{ hash: 'fact-1', json: '{"n":1}' }]
    const later = { journeyId: 'journey1', steps: '[1]', shared }
    const gone = { journeyId: 'NOBODY', steps: '[2]', shared: [] }
    await store.post.accept(acceptance({ laterSteps: [later, gone] }))
    const journeys = [journey('JOURNEY2')]
    const second = { journeyId: 'JOURNEY2', steps: '[4]', shared: [] }
    await store.post.accept(
      acceptance({ journeys, laterSteps: [{ ...later, steps: '[3]' }, second] }),
    )
    const { shared: _, ...expected } = outgoing().journeys[0] ?? journey('')
    assert.deepEqual(whenWritten(await store.journeys.find('JOURNEY1')), {
      type: 'found',
      journey: { ...expected, appended: ['[1]', '[3]'] },
    })
    const other = await store.journeys.find('JOURNEY2')
    assert.deepEqual(other.type === 'found' ? other.journey.appended : undefined, ['[4]'])
    assert.deepEqual(Array.from(await store.journeys.sharedFacts(['fact-1'])), [
      ['fact-1', '{"n":1}'],
    ])
  })

  storeTest('journeys of a list are read at one go, with their next attempts', async (store) => {
    await store.post.accept(outgoing())
    await store.post.accept(acceptance({ journeys: [journey('REFUSED1', { status: 'refused' })] }))
    const listed = await store.journeys.listed(['refused1', 'GONE0001', 'JOURNEY1'])
    assert.deepEqual(
      listed.map(({ id, nextAttemptAt }) => [id, nextAttemptAt]),
      [
        ['REFUSED1', undefined],
        ['JOURNEY1', now],
      ],
    )
    const found = await store.journeys.find('JOURNEY1')
    assert.ok(found.type === 'found')
    assert.deepEqual(listed[1], { ...found.journey, nextAttemptAt: now })
    await store.queue.hold(['q1'])
    const [held] = await store.journeys.listed(['JOURNEY1'])
    assert.equal(held?.nextAttemptAt, undefined)
  })

  storeTest('journeys are listed newest first, in pages without gaps', async (store) => {
    for (let i = 0; i < 25; i++) {
      const direction = i % 2 === 0 ? 'in' : 'out'
      const status = i % 5 === 0 ? 'refused' : 'delivered'
      const startedAt = now + Math.floor(i / 4) // four at each instant
      const one = journey(`JOURNEY-${i}`, { direction, status, startedAt })
      await store.post.accept(acceptance({ journeys: [one] }))
    }
    const all = (await store.journeys.list({ limit: 100 })).map(({ id }) => id)
    assert.deepEqual(
      all,
      Array.from({ length: 25 }, (_, i) => `JOURNEY-${24 - i}`),
    )
    const paged: string[] = []
    for (;;) {
      const behind = paged.at(-1)
      const page = await store.journeys.list({
        limit: 3,
        ...(behind === undefined ? {} : { behind }),
      })
      if (page.length === 0) break
      paged.push(...page.map(({ id }) => id))
    }
    assert.deepEqual(paged, all)
    const count = async (query: object): Promise<number> =>
      (await store.journeys.list({ limit: 100, ...query })).length
    assert.equal(await count({ direction: 'out' }), 12)
    assert.equal(await count({ status: 'refused' }), 5)
    assert.equal(await count({ status: 'refused', direction: 'in' }), 3)
    assert.equal(await count({ before: now + 2 }), 8)
    assert.equal(await count({ before: now }), 0)
    assert.equal(await count({ behind: 'NOBODY' }), 0)
  })

  storeTest('a shared fact is stored once, the first word of it', async (store) => {
    const facts = ['{"a":1}', '{"a":2}'].map((json) => [{ hash: 'fact-1', json }])
    for (const [i, shared] of facts.entries()) {
      await store.post.accept(acceptance({ journeys: [journey(`JOURNEY${i}`, { shared })] }))
    }
    assert.deepEqual(Array.from(await store.journeys.sharedFacts(['fact-1', 'unknown'])), [
      ['fact-1', '{"a":1}'],
    ])
  })
}
