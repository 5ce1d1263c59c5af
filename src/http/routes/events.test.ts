import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenAPIHono } from '@hono/zod-openapi'
import { Archives } from '../../desk/archives.ts'
import { acceptance, journey } from '../../store/contract-cases.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Api, ApiEnv } from '../api-types.ts'
import { eventRoutes } from './events.ts'

function apiOver(stores: Readonly<Record<string, Store>>): Api {
  const api: Api = new OpenAPIHono<ApiEnv>()
  const archives = Object.entries(stores).map(([name, reads]) => {
    return {
      name,
      reads,
      changes: (query: Parameters<Store['changes']>[0]) => reads.changes(query),
    }
  })
  eventRoutes(api, new Archives(archives))
  return api
}

/** Reads whole events of a stream. */
async function* eventsOf(answer: Response): AsyncGenerator<{ id: string; data: unknown }> {
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.ok(answer.body !== null)
  let text = ''
  const decoder = new TextDecoder()
  for await (const octets of answer.body) {
    text += decoder.decode(octets, { stream: true })
    const whole = text.split('\n\n')
    text = whole.pop() ?? ''
    for (const event of whole) {
      const [, id = '', data = ''] = /^id: (.*)\nevent: .*\ndata: (.*)$/.exec(event) ?? []
      if (id !== '') yield { id, data: JSON.parse(data) as unknown }
    }
  }
}

async function put(store: Store, id: string, status: string): Promise<void> {
  await store.post.accept(acceptance({ journeys: [journey(id, { status })] }))
}

test('what is committed in each archive is told, and the stream goes on where it broke', async () => {
  const north = openMemoryStore()
  const south = openMemoryStore()
  const api = apiOver({ north, south })
  const first = eventsOf(await api.request('/v1/events/stream'))
  const coming = first.next()
  await put(north, 'JOURNEY1', 'delivered')
  const told = (await coming).value as { readonly id: string; readonly data: object }
  assert.deepEqual(
    { ...told.data, at: '' },
    { ...told.data, at: '', type: 'message.delivered', id: 'JOURNEY1', site: 'north' },
  )
  await first.return(undefined)
  // Nobody listens while these happen.
  await put(south, 'JOURNEY2', 'refused')
  await put(north, 'JOURNEY3', 'failed')
  const headers = { 'last-event-id': told.id }
  const again = eventsOf(await api.request('/v1/events/stream', { headers }))
  const missed: unknown[] = []
  for (let count = 0; count < 2; count++) missed.push((await again.next()).value?.data)
  const [gap, one] = missed as readonly { readonly type: string; readonly id?: string }[]
  // Of south nothing had been heard yet: that all of it may be other is told.
  assert.deepEqual(gap, { type: 'gap', site: 'south' })
  assert.equal(one?.id, 'JOURNEY3')
  await again.return(undefined)
})

test('a cursor that nobody gave is refused', async () => {
  const api = apiOver({ '': openMemoryStore() })
  api.onError((thrown, c) => c.text(thrown.message, 400))
  const answer = await api.request('/v1/events/stream?after=nonsense')
  assert.equal(answer.status, 400)
  assert.match(await answer.text(), /no cursor/)
})
