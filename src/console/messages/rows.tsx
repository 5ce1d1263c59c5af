import { useState } from 'preact/hooks'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { count, plainly, when } from '../parts/plain.ts'
import { mayManage } from '../shell/may.ts'
import { EmptyInbox } from './empty.tsx'
import type { MessageList } from './list.ts'
import { MessageRow } from './row.tsx'
import { Selection, without } from './selection.tsx'

/** The rows of a query; several can be chosen, and something done with all of them. */
export function Rows({ list, q }: { readonly list: MessageList; readonly q: string }) {
  const problem = list.problem.value
  const rows = list.rows.value
  const [chosen, setChosen] = useState<ReadonlySet<string> | undefined>(undefined)
  if (problem !== undefined && rows === undefined) {
    return <ProblemNotice problem={problem} again={() => void list.read()} />
  }
  if (rows === undefined) return <Loading />
  const until = list.lookedUntil.value
  if (rows.length === 0) return q === '' ? <EmptyInbox /> : <NothingFound until={until} />
  return (
    <>
      {mayManage() ? (
        <Selection rows={rows} chosen={chosen} choose={setChosen} done={() => void list.read()} />
      ) : null}
      <div class={`rows-head ${chosen === undefined ? '' : 'choosing'}`} aria-hidden="true">
        <span>When</span>
        <span>From → To</span>
        <span>Subject</span>
        <span>Checks</span>
        <span>Outcome</span>
      </div>
      <ol class={`rows ${chosen === undefined ? '' : 'choosing'}`}>
        {rows.map((row) => (
          <li key={row.id}>
            {chosen === undefined ? null : (
              <input
                type="checkbox"
                aria-label={`Choose ${row.subject === '' ? row.id : plainly(row.subject)}`}
                checked={chosen.has(row.id)}
                onChange={() => setChosen(without(chosen, row.id))}
              />
            )}
            <MessageRow row={row} />
          </li>
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
        Every word of the query must fit. Who and when are terms of their own:{' '}
        <code>to:ann since:12:00</code> (in UTC). <a href="/">Show all messages</a>
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
