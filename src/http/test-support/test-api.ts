import { Archives } from '../../desk/archives.ts'
import { HoldRules } from '../../desk/hold-rules.ts'
import { PersonPauses } from '../../desk/pauses.ts'
import { QueueDesk } from '../../desk/queue.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import { acceptance, journey, message } from '../../store/contract-cases.ts'
import type { Store } from '../../store/ports/store.ts'
import { labAccess } from '../access.ts'
import { type ApiParts, makeApi } from '../api.ts'

/** An answer of the API, its JSON unread. */
export interface TestAnswer {
  readonly status: number
  readonly headers: Headers
  readonly json: Readonly<Record<string, unknown>>
}

/** How a test asks the API. */
export type TestAsk = (
  path: string,
  init?: {
    readonly method?: string
    readonly json?: unknown
    /** In place of JSON. */
    readonly octets?: string | Uint8Array<ArrayBuffer>
    readonly headers?: Readonly<Record<string, string>>
  },
) => Promise<TestAnswer>

/** The API over a store in memory, without a port. */
export function testApi(parts: Partial<ApiParts> = {}): {
  readonly store: Store
  readonly ask: TestAsk
} {
  const store = openMemoryStore()
  const changes: Store['changes'] = (query) => store.changes(query)
  const now = parts.now ?? (() => 1_000_000)
  const queue = new QueueDesk({
    queue: store.queue,
    rules: new HoldRules({ register: store.register, queue: store.queue, now }),
    pauses: new PersonPauses({ register: store.register, now }),
    now,
    canTell: false,
    withdraw: () => Promise.resolve([]),
    giveUp: () => Promise.resolve([]),
  })
  const desk = { desk: { queue }, acts: store.acts, now }
  const api = makeApi({
    mode: 'lab',
    version: '1.2.3',
    archives: new Archives([{ name: '', reads: store, changes, desk }]),
    access: labAccess,
    now,
    newId: () => 'request1',
    report(fault) {
      throw fault
    },
    ...parts,
  })
  return {
    store,
    async ask(path, { method = 'GET', json, octets, headers = {} } = {}) {
      const all = new Headers(headers)
      if (!all.has('host')) all.set('host', 'localhost')
      if (json !== undefined) all.set('content-type', 'application/json')
      const sent = json === undefined ? octets : JSON.stringify(json)
      const body = sent === undefined ? {} : { body: sent }
      const answer = await api.request(path, { method, headers: all, ...body })
      const text = await answer.text()
      const isJson = /json/.test(answer.headers.get('content-type') ?? '')
      const read = isJson ? (JSON.parse(text) as TestAnswer['json']) : { text }
      return { status: answer.status, headers: answer.headers, json: read }
    },
  }
}

/** A letter comes, is filed, and has its account. */
export async function arrive(
  store: Store,
  id: string,
  letter: { readonly subject: string; readonly text?: string },
): Promise<void> {
  const { subject, text = `Subject: ${subject}\r\n\r\nHello\r\n` } = letter
  const messageId = `m-${id}`
  const startedAt = 2_000_000
  const record = {
    schema: 'waybill.record/1',
    id,
    direction: 'in',
    mode: 'lab',
    host: 'mx.south.example',
    startedAt,
    envelope: {
      ip: '192.0.2.1',
      helo: 'x.example',
      mailFrom: 'a@x.example',
      rcptTo: ['b@y.example'],
    },
    outcome: { status: 'dropped', because: ['decision'] },
    steps: [],
    conversation: [{ from: 'client', text: 'EHLO x.example', at: startedAt }],
    subject,
    messageId: '',
  }
  const kept = journey(id, { messageId, subject, startedAt, json: JSON.stringify(record) })
  await store.post.accept(acceptance({ message: message(messageId, text), journeys: [kept] }))
}
