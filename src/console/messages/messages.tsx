import { useEffect, useLayoutEffect, useMemo } from 'preact/hooks'
import { live, onEvents } from '../api/stream.ts'
import { fieldsOf } from '../parts/fields.ts'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { count, when } from '../parts/plain.ts'
import { go, query, stay, withQuery } from '../shell/route.ts'
import { EmptyInbox } from './empty.tsx'
import { checkChips, type Chip, chosen, isChosen, statusChips } from './filters.ts'
import { listOf, type MessageList } from './list.ts'
import { opened } from './opened.ts'
import { MessageRow } from './row.tsx'

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
    <span class={`live ${state}`}>
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

function Rows({ list, q }: { readonly list: MessageList; readonly q: string }) {
  const problem = list.problem.value
  const rows = list.rows.value
  if (problem !== undefined && rows === undefined) {
    return <ProblemNotice problem={problem} again={() => void list.read()} />
  }
  if (rows === undefined) return <Loading />
  const until = list.lookedUntil.value
  if (rows.length === 0) return q === '' ? <EmptyInbox /> : <NothingFound until={until} />
  return (
    <>
      <div class="rows-head" aria-hidden="true">
        <span>When</span>
        <span>From → To</span>
        <span>Subject</span>
        <span>Checks</span>
        <span>Outcome</span>
      </div>
      <ol class="rows">
        {rows.map((row) => (
          <MessageRow key={row.id} row={row} />
        ))}
      </ol>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
      {list.more.value ? (
        <p class="more">
          <button type="button" onClick={() => void list.readMore()}>
            Older messages
          </button>
        </p>
      ) : (
        <p class="more muted small">
          {count(rows.length, 'message')}
          {until === undefined ? ', no more' : null}
        </p>
      )}
      <p class="more small">
        <a href={csvPath(q)} download="messages.csv">
          Save the list as CSV
        </a>
      </p>
      <NotAll until={until} />
    </>
  )
}

/** Where all that a query finds is as a file for spreadsheets. */
function csvPath(q: string): string {
  return `/v1/messages?${new URLSearchParams({ format: 'csv', ...(q === '' ? {} : { q }) })}`
}

function NothingFound({ until }: { readonly until: string | undefined }) {
  return (
    <Empty>
      <h2>Nothing fits</h2>
      <p>
        Every word of the query must fit. <a href="/">Show all messages</a>
      </p>
      <NotAll until={until} />
    </Empty>
  )
}

/** Says that older messages were not looked at, and how to come to them. */
function NotAll({ until }: { readonly until: string | undefined }) {
  if (until === undefined) return null
  return (
    <p class="muted small" role="status">
      {until === '' ? 'Older messages' : `Messages from before ${when(until)}`} were not looked at.
      A term such as to: or before: leads to them.
    </p>
  )
}
