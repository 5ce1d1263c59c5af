import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HookDelivery, HookEndpoint, HookPort } from './ports/hooks.ts'

/** The contract of the port of webhooks, for every adapter. */
export function hookContract(
  adapter: string,
  open: () => { readonly hooks: HookPort; readonly dispose: () => void },
): void {
  const hookTest = (title: string, run: (hooks: HookPort) => Promise<void>): void => {
    test(`${adapter}: ${title}`, async () => {
      const { hooks, dispose } = open()
      try {
        await run(hooks)
      } finally {
        dispose()
      }
    })
  }

  hookTest('endpoints come in the order of their making, and each can change', async (hooks) => {
    await hooks.putEndpoint(endpoint('e1'))
    await hooks.putEndpoint(endpoint('e2'))
    const off = { ...endpoint('e1'), off: 'it is gone', failingSince: 5 }
    await hooks.putEndpoint(off)
    assert.deepEqual(await hooks.endpoints(), [off, endpoint('e2')])
    assert.equal(await hooks.removeEndpoint('e1'), true)
    assert.equal(await hooks.removeEndpoint('e1'), false)
    assert.deepEqual(await hooks.endpoints(), [endpoint('e2')])
  })

  hookTest('a feed goes on where its events were written down, each once', async (hooks) => {
    await hooks.putEndpoint(endpoint('e1'))
    assert.equal(await hooks.cursor('north'), undefined)
    await hooks.advance({ feed: 'north', through: 7, deliveries: [delivery('d1')] })
    await hooks.advance({ feed: 'north', through: 9, deliveries: [delivery('d1'), delivery('d2')] })
    await hooks.advance({ feed: 'south', through: 2, deliveries: [delivery('d3', 'gone')] })
    assert.deepEqual([await hooks.cursor('north'), await hooks.cursor('south')], [9, 2])
    assert.deepEqual(await hooks.due({ endpointId: 'e1', now: 100, limit: 10 }), [
      delivery('d1'),
      delivery('d2'),
    ])
    assert.equal(await hooks.waiting('e1'), 2)
    assert.equal(await hooks.waiting('gone'), 0)
  })

  hookTest('what is due comes in its order, by endpoint', async (hooks) => {
    await hooks.putEndpoint(endpoint('e1'))
    await hooks.putEndpoint(endpoint('e2'))
    assert.equal(await hooks.nextDueAt(0), undefined)
    const late = { ...delivery('d1'), nextAt: 300 }
    const deliveries = [late, delivery('d2', 'e2'), { ...delivery('d3'), nextAt: 200 }]
    await hooks.advance({ feed: '', through: 1, deliveries })
    assert.deepEqual(await idsDue(hooks, 250), ['d3'])
    assert.deepEqual(await idsDue(hooks, 300), ['d3', 'd1'])
    assert.deepEqual(await idsDue(hooks, 300, 1), ['d3'])
    assert.deepEqual([await hooks.nextDueAt(0), await hooks.nextDueAt(100)], [100, 200])
    await hooks.putEndpoint({ ...endpoint('e2'), off: 'it is gone' })
    assert.equal(await hooks.nextDueAt(0), 200, 'who is off is not waited for')
    assert.equal(await hooks.nextDueAt(300), undefined)
  })

  hookTest('each try is kept, until its event is forgotten', async (hooks) => {
    await hooks.putEndpoint(endpoint('e1'))
    await hooks.advance({ feed: '', through: 1, deliveries: [delivery('d1'), delivery('d2')] })
    const failed = { deliveryId: 'd1', at: 110, tookMs: 3, status: 500, text: 'no' }
    await hooks.settle({ attempt: failed, state: 'waiting', nextAt: 500 })
    assert.deepEqual(await idsDue(hooks, 499), ['d2'])
    const arrived = { deliveryId: 'd1', at: 510, tookMs: 4.4, status: 204, text: '' }
    await hooks.settle({ attempt: arrived, state: 'arrived' })
    const [last, first, ...none] = await hooks.attempts({ endpointId: 'e1', limit: 10 })
    const about = { eventId: 'evt_d1', type: 'message.delivered', state: 'arrived' } as const
    const number = first?.number ?? 0
    assert.deepEqual(first, { ...failed, ...about, number })
    assert.deepEqual(last, { ...arrived, tookMs: 4, ...about, number: last?.number })
    assert.deepEqual(none, [])
    const older = { endpointId: 'e1', limit: 10, before: last?.number ?? 0 }
    assert.deepEqual(await hooks.attempts(older), [first])
    assert.deepEqual(await hooks.attempts({ endpointId: 'e2', limit: 10 }), [])
    assert.equal(await hooks.replay({ endpointId: 'e1', number, now: 900 }), true)
    assert.deepEqual(await idsDue(hooks, 900), ['d2', 'd1'])
    assert.equal(await hooks.replay({ endpointId: 'e1', number: 999, now: 900 }), false)
    assert.equal(await hooks.replay({ endpointId: 'e2', number, now: 900 }), false)
    await hooks.settle({ attempt: arrived, state: 'arrived' })
    assert.equal(await hooks.prune(1000), 1)
    assert.deepEqual(await hooks.attempts({ endpointId: 'e1', limit: 10 }), [])
    assert.deepEqual(await idsDue(hooks, 900), ['d2'], 'what waits is not forgotten')
  })

  hookTest('a try whose endpoint has gone is passed over', async (hooks) => {
    await hooks.putEndpoint(endpoint('e1'))
    await hooks.advance({ feed: '', through: 1, deliveries: [delivery('d1')] })
    await hooks.removeEndpoint('e1')
    const attempt = { deliveryId: 'd1', at: 1, tookMs: 1, status: 200, text: '' }
    await hooks.settle({ attempt, state: 'arrived' })
    assert.deepEqual(await hooks.attempts({ endpointId: 'e1', limit: 10 }), [])
    assert.equal(await hooks.nextDueAt(0), undefined)
  })
}

async function idsDue(hooks: HookPort, now: number, limit = 10): Promise<readonly string[]> {
  return (await hooks.due({ endpointId: 'e1', now, limit })).map(({ id }) => id)
}

function endpoint(id: string): HookEndpoint {
  const url = `https://${id}.example/hook`
  const told = { description: '', events: ['message.'], secrets: ['whsec_x'] }
  return { id, url, ...told, createdAt: 1, since: 1, off: '' }
}

function delivery(id: string, endpointId = 'e1'): HookDelivery {
  return {
    id,
    endpointId,
    eventId: `evt_${id}`,
    type: 'message.delivered',
    body: '{"type":"message.delivered"}',
    createdAt: 50,
    attempts: 0,
    nextAt: 100,
    state: 'waiting',
  }
}
