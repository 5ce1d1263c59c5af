import { signal } from '@preact/signals'
import type { ServerEvent } from '../types.ts'
import { loginWanted } from './ask.ts'
import { EventText } from './event-text.ts'
import { Heaps } from './heaps.ts'

/** Whether the page hears what happens; and since when it does not. */
export interface Live {
  readonly state: 'connecting' | 'live' | 'stale'
  readonly since: number
}

export const live = signal<Live>({ state: 'connecting', since: Date.now() })

type Listener = (events: readonly ServerEvent[]) => void

const listeners = new Set<Listener>()
const longestPauseMs = 15_000
/** More than that nobody reads, and the server does not spend time on it. */
const perSecond = 200

const heaps = new Heaps({
  later: (ms, run) => void window.setTimeout(run, ms),
  handOn(events) {
    for (const listener of listeners) listener(events)
  },
})
let started = false
let cursor = ''

/** Hears what happens from now on; gives what ends that. */
export function onEvents(listener: Listener): () => void {
  listeners.add(listener)
  if (!started) {
    started = true
    void follow()
  }
  return () => {
    listeners.delete(listener)
  }
}

/** Reads the stream, and goes on after it broke where it was. */
async function follow(): Promise<void> {
  for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    if (await read()) pauseMs = 500
    if (live.value.state !== 'stale') live.value = { state: 'stale', since: Date.now() }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** Whether it was open for a while. */
async function read(): Promise<boolean> {
  try {
    const answer = await fetch(`/v1/events/stream?per_second=${perSecond}`, {
      credentials: 'same-origin',
      headers: {
        accept: 'text/event-stream',
        ...(cursor === '' ? {} : { 'last-event-id': cursor }),
      },
    })
    if (answer.status === 401) loginWanted.value = true
    if (!answer.ok || answer.body === null) return false
    // What was missed meanwhile comes first; who listens looks again.
    const wasStale = live.value.state === 'stale'
    live.value = { state: 'live', since: Date.now() }
    if (wasStale) heaps.add([{ type: 'page.resumed' }])
    await readEvents(answer.body)
    return true
  } catch {
    return live.value.state === 'live'
  }
}

async function readEvents(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const text = new EventText()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const events = text.read(decoder.decode(value, { stream: true }))
    if (events.length > 0) {
      cursor = events.at(-1)?.id ?? cursor
      heaps.add(events.flatMap(({ event, data }) => parse(event, data)))
    }
  }
}

function parse(type: string, data: string): readonly ServerEvent[] {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? [{ type, ...value }] : []
  } catch {
    return []
  }
}
