import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../base/log.ts'
import type { NewAct } from '../store/ports/acts.ts'
import type { HookEndpoint } from '../store/ports/hooks.ts'
import { HookEndpoints } from './hook-endpoints.ts'
import { endpoint } from './test-support/endpoint.ts'

interface Kept {
  readonly endpoints: HookEndpoints
  readonly stored: Map<string, HookEndpoint>
  readonly acts: NewAct[]
  readonly lines: LogLine[]
}

async function kept(...there: readonly HookEndpoint[]): Promise<Kept> {
  const stored = new Map(there.map((one) => [one.id, one]))
  const acts: NewAct[] = []
  const lines: LogLine[] = []
  const endpoints = new HookEndpoints({
    port: {
      endpoints: () => Promise.resolve(Array.from(stored.values())),
      putEndpoint(one) {
        stored.set(one.id, one)
        return Promise.resolve()
      },
      removeEndpoint(id) {
        return Promise.resolve(stored.delete(id))
      },
    },
    acts: {
      put(act) {
        return Promise.resolve(acts.push(act))
      },
    },
    log: (line) => void lines.push(line),
    now: () => 5_000,
  })
  await endpoints.open()
  return { endpoints, stored, acts, lines }
}

test('an endpoint is switched off once, and whoever runs the server is told once', async () => {
  const { endpoints, stored, acts, lines } = await kept(endpoint)
  await endpoints.switchOff('wh_1', 'It is gone.')
  // Up to four answers come at the same time.
  await endpoints.switchOff('wh_1', 'Nothing has arrived.')
  assert.equal(endpoints.find('wh_1')?.off, 'It is gone.')
  assert.equal(stored.get('wh_1')?.off, 'It is gone.')
  assert.deepEqual(
    acts.map(({ what, why, at }) => [what, why, at]),
    [['webhook off', 'It is gone.', 5_000]],
  )
  assert.equal(lines.length, 1)
})

test('one that has gone meanwhile is not switched off, and nothing is told of it', async () => {
  const { endpoints, acts, stored } = await kept(endpoint)
  await endpoints.remove('wh_1')
  await endpoints.switchOff('wh_1', 'It is gone.')
  assert.equal(stored.size, 0)
  assert.deepEqual(acts, [])
})

test('changes come one after the other: none is lost to another', async () => {
  const { endpoints, stored } = await kept(endpoint)
  await Promise.all([
    endpoints.change('wh_1', (one) => ({ ...one, description: 'orders' })),
    endpoints.change('wh_1', (one) => ({ ...one, events: ['delivery.'] })),
    endpoints.add({ ...endpoint, id: 'wh_2' }),
  ])
  assert.deepEqual(stored.get('wh_1'), {
    ...endpoint,
    description: 'orders',
    events: ['delivery.'],
  })
  assert.deepEqual(
    endpoints.list.map(({ id }) => id),
    ['wh_1', 'wh_2'],
  )
  assert.equal(await endpoints.change('wh_3', (one) => one), undefined)
})

test('what could not be written leaves the next change its turn', async () => {
  const { endpoints } = await kept(endpoint)
  const failed = endpoints.change('wh_1', () => {
    throw new Error('full')
  })
  const after = endpoints.change('wh_1', (one) => ({ ...one, description: 'orders' }))
  await assert.rejects(failed, /full/)
  assert.equal((await after)?.description, 'orders')
})
