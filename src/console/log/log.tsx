import { useEffect, useMemo } from 'preact/hooks'
import { live, onEvents } from '../api/stream.ts'
import { Empty } from '../parts/notice.tsx'
import { clock, count, plainly } from '../parts/plain.ts'
import { query, stay, withQuery } from '../shell/route.ts'
import { fits, type Line, LogLines } from './lines.ts'

/** What happens, one line each, the newest first. */
export function LogPage() {
  const wanted = query.value.get('filter') ?? ''
  const log = useMemo(() => new LogLines(later), [])
  useEffect(() => {
    document.title = 'Live log · Waybill'
    return onEvents((events) => log.heard(events))
  }, [log])
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
        <Pause log={log} />
      </div>
      <Lines log={log} wanted={wanted} />
    </>
  )
}

/** Ten times a second is enough for whoever reads; each time all that is seen is drawn anew. */
function later(run: () => void): void {
  window.setTimeout(() => requestAnimationFrame(run), 100)
}

function Pause({ log }: { readonly log: LogLines }) {
  const paused = log.paused.value
  const held = log.held.value
  return (
    <button type="button" aria-pressed={paused} onClick={() => (paused ? log.goOn() : log.pause())}>
      {paused ? `Go on${held === 0 ? '' : `: ${count(held, 'new line')}`}` : 'Pause'}
    </button>
  )
}

function Lines({ log, wanted }: { readonly log: LogLines; readonly wanted: string }) {
  const shown = log.shown.value.filter((line) => fits(line, wanted))
  if (shown.length === 0) {
    return (
      <Empty>
        {live.value.state === 'live'
          ? 'Listening. What happens from now on appears here.'
          : 'Not connected yet.'}
      </Empty>
    )
  }
  return (
    <ol class="log">
      {shown.map((line) => (
        <LogLine key={line.key} line={line} />
      ))}
    </ol>
  )
}

/** A line never changes, so it is made once, however many come before it. */
function LogLine({ line }: { readonly line: Line }) {
  return useMemo(() => lineOf(line), [line])
}

function lineOf({ event, details }: Line) {
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
      {site === undefined || site === '' ? null : <span class="muted">{plainly(site)}</span>}
      {` ${plainly(details.slice(0, 400))}`}
    </li>
  )
}
