import { useEffect, useLayoutEffect, useMemo } from 'preact/hooks'
import { live, onEvents } from '../api/stream.ts'
import { fieldsOf } from '../parts/fields.ts'
import { count } from '../parts/plain.ts'
import { go, query, stay, withQuery } from '../shell/route.ts'
import { checkChips, type Chip, chosen, isChosen, statusChips } from './filters.ts'
import { listOf, type MessageList } from './list.ts'
import { opened } from './opened.ts'
import { Rows } from './rows.tsx'

/** All messages, newest first; those that a query finds. */
export function MessagesPage() {
  const q = query.value.get('q') ?? ''
  const list = useMemo(() => listOf(q), [q])
  useEffect(() => {
    document.title = q === '' ? 'Messages · Waybill' : `${q} · Messages · Waybill`
    if (list.rows.peek() === undefined) void list.read()
    else list.heard([{ type: 'page.returned' }])
    return onEvents((events) => list.heard(events))
  }, [list])
  useLayoutEffect(focusOpened, [list, list.rows.value === undefined])
  return (
    <>
      <h1>Messages</h1>
      <QueryBox q={q} />
      <div class="chips">
        <Chips q={q} label="Outcome" chips={statusChips} />
        <Chips q={q} label="Checks" chips={checkChips} />
        <LiveSign />
      </div>
      <Fresh list={list} />
      <Rows list={list} q={q} />
    </>
  )
}

/** The row that was open has the focus again. */
function focusOpened(): void {
  if (opened.id === undefined) return
  const row = document.querySelector<HTMLElement>(`[data-row="${CSS.escape(opened.id)}"]`)
  row?.focus({ preventScroll: false })
  if (row !== null) opened.id = undefined
}

function QueryBox({ q }: { readonly q: string }) {
  const search = (event: SubmitEvent): void => {
    const text = fieldsOf(event)('q')
    if (text === q) void listOf(q).read()
    else go(withQuery({ q: text }, '/'))
  }
  return (
    <form class="query" onSubmit={search}>
      <input
        key={q}
        name="q"
        type="search"
        defaultValue={q}
        autocomplete="off"
        spellcheck={false}
        aria-label="Only messages that fit"
        placeholder="to:receiver dmarc:fail since:2d"
      />
      <button type="submit">Find</button>
    </form>
  )
}

function Chips(props: {
  readonly q: string
  readonly label: string
  readonly chips: readonly Chip[]
}) {
  return (
    <div class="chip-group" role="group" aria-label={props.label}>
      {props.chips.map((chip) => {
        const on = isChosen(props.q, chip)
        return (
          <button
            key={chip.name}
            type="button"
            class="chip"
            aria-pressed={on}
            onClick={() => stay(withQuery({ q: chosen(props.q, chip) }, '/'))}
          >
            {chip.name}
          </button>
        )
      })}
    </div>
  )
}

function LiveSign() {
  const { state } = live.value
  return (
    <span class={`stream ${state}`}>
      <span aria-hidden="true">●</span> {state === 'stale' ? 'not live' : state}
    </span>
  )
}

function Fresh({ list }: { readonly list: MessageList }) {
  const number = list.fresh.value.length
  return (
    <div role="status">
      {number === 0 ? null : (
        <button type="button" class="fresh" onClick={() => list.show()}>
          {count(number, 'new message')} · show
        </button>
      )}
    </div>
  )
}
