import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { live, onEvents } from '../api/stream.ts'
import { Empty } from '../parts/notice.tsx'
import { clock, count, plainly } from '../parts/plain.ts'
import { query, stay, withQuery } from '../shell/route.ts'
import type { ServerEvent } from '../types.ts'

/** So many lines are kept: who needs older ones asks the list. */
const mostLines = 150

interface Line {
  readonly key: number
  readonly event: ServerEvent
}

let lastKey = 0

/** What happens, one line each, the newest first. */
export function LogPage() {
  const wanted = query.value.get('filter') ?? ''
  const [paused, setPaused] = useState(false)
  const [lines, setLines] = useState<readonly Line[]>([])
  const waiting = useRef<Line[]>([])
  const [held, setHeld] = useState(0)
  useEffect(() => {
    document.title = 'Live log · Waybill'
  }, [])
  useEffect(() => {
    return onEvents((events) => {
      const fresh = events
        .filter(({ type }) => !type.startsWith('page.'))
        .slice(-mostLines)
        .map((event) => ({ key: ++lastKey, event }))
        .toReversed()
      if (paused) {
        waiting.current = [...fresh, ...waiting.current].slice(0, mostLines)
        setHeld(waiting.current.length)
      } else setLines((present) => [...fresh, ...present].slice(0, mostLines))
    })
  }, [paused])
  const goOn = (): void => {
    setLines((present) => [...waiting.current, ...present].slice(0, mostLines))
    waiting.current = []
    setHeld(0)
    setPaused(false)
  }
  const shown = lines.filter(({ event }) => fits(event, wanted))
  return (
    <>
      <h1>Live log</h1>
      <div class="query">
        <input
          type="search"
          aria-label="Only lines with"
          placeholder="Only lines with …"
          value={wanted}
          onInput={(event) => stay(withQuery({ filter: event.currentTarget.value }))}
        />
        <button
          type="button"
          aria-pressed={paused}
          onClick={() => (paused ? goOn() : setPaused(true))}
        >
          {paused ? `Go on${held === 0 ? '' : `: ${count(held, 'new line')}`}` : 'Pause'}
        </button>
      </div>
      {shown.length === 0 ? (
        <Empty>
          {live.value.state === 'live'
            ? 'Listening. What happens from now on appears here.'
            : 'Not connected yet.'}
        </Empty>
      ) : (
        <ol class="log">
          {shown.map(({ key, event }) => (
            <LogLine key={key} event={event} />
          ))}
        </ol>
      )}
    </>
  )
}

function fits(event: ServerEvent, wanted: string): boolean {
  return wanted === '' || lineText(event).toLowerCase().includes(wanted.toLowerCase())
}

function detailsOf(event: ServerEvent): string {
  return Object.entries(event)
    .filter(([name]) => !['type', 'id', 'at', 'site', 'event'].includes(name))
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}

function lineText(event: ServerEvent): string {
  return `${event.type} ${event.id ?? ''} ${event.site ?? ''} ${detailsOf(event)}`
}

/** A line never changes, so it is made once, however many come before it. */
function LogLine({ event }: { readonly event: ServerEvent }) {
  return useMemo(() => lineOf(event), [event])
}

function lineOf(event: ServerEvent) {
  const { at, type, id, site } = event
  return (
    <li>
      {at === undefined ? null : (
        <time class="muted" dateTime={at}>
          {clock(at)}
        </time>
      )}{' '}
      <strong>{plainly(type)}</strong>{' '}
      {id === undefined ? null : (
        <a href={`/messages/${encodeURIComponent(id)}`} data-row={id}>
          <code>{plainly(id)}</code>
        </a>
      )}{' '}
      <span class="muted">{plainly(site ?? '')}</span> {plainly(detailsOf(event)).slice(0, 400)}
    </li>
  )
}
