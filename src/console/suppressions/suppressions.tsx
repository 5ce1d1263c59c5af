import { useEffect, useRef, useState } from 'preact/hooks'
import { useAct } from '../api/act.ts'
import { useResource } from '../api/resource.ts'
import { onEvents } from '../api/stream.ts'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { plainly } from '../parts/plain.ts'
import { Said } from '../parts/said.tsx'
import { mayManage } from '../shell/may.ts'
import { go, query, withQuery } from '../shell/route.ts'
import type { Page } from '../types.ts'
import { AddSuppressed } from './add-suppressed.tsx'
import { Find } from './find.tsx'
import { isWhole, listPath, type Shown, shownBy, type Suppressed } from './model.ts'
import { SuppressedRows } from './rows.tsx'

type Listed = Page<Suppressed> & { readonly note: string }

/** What may have put an address on the list. */
const mayAdd: ReadonlySet<string> = new Set([
  'delivery.failed',
  'message.bounced',
  'message.complained',
])

/** Addresses that nothing is sent to: why, since and until when, and how they come off the list. */
export function SuppressionsPage() {
  const shown = shownBy(query.value)
  const found = useResource<Listed>(listPath(shown))
  const acting = useAct(found.again)
  const [last, setLast] = useState<Listed | undefined>(undefined)
  useEffect(() => {
    document.title = 'Suppressed · Waybill'
    let timer: number | undefined
    const end = onEvents((events) => {
      if (!events.some(({ type }) => mayAdd.has(type))) return
      timer ??= window.setTimeout(() => {
        timer = undefined
        found.again()
      }, 2_000)
    })
    return () => {
      end()
      clearTimeout(timer)
    }
  }, [])
  useEffect(() => {
    if (found.data !== undefined) setLast(found.data)
  }, [found.data])
  const list = found.data ?? last
  const isNew = list?.data.length === 0 && isWhole(shown)
  return (
    <>
      <h1>Suppressed addresses</h1>
      {list === undefined || isNew ? null : <Find shown={shown} />}
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      <Said acting={acting} />
      {list === undefined ? (
        found.problem === undefined ? (
          <Loading />
        ) : null
      ) : (
        <>
          {list.note === '' ? null : <p class="notice">{plainly(list.note)}</p>}
          {list.data.length > 0 || list.note !== '' ? null : (
            <Nothing shown={shown} more={list.has_more} />
          )}
          {list.note === '' && mayManage() ? (
            <AddSuppressed acting={acting} isOpen={isNew} />
          ) : null}
          <SuppressedRows all={list.data} acting={acting} />
          <Pages shown={shown} list={list} />
        </>
      )}
    </>
  )
}

function Nothing({ shown, more }: { readonly shown: Shown; readonly more: boolean }) {
  if (isWhole(shown)) return <NoneYet />
  return (
    <Empty>
      <h2>{more ? 'Nothing fits so far' : 'Nothing fits'}</h2>
      <p>
        {more
          ? 'A part of the list was looked at. The next page goes on behind it. '
          : 'No suppressed address is like this. '}
        <a href="/suppressions">Show all</a>
      </p>
    </Empty>
  )
}

function NoneYet() {
  return (
    <Empty>
      <h2>Mail goes to every address</h2>
      <p>
        Who goes on sending to addresses that are gone, or to people who complained, is soon refused
        everywhere. So an address comes onto this list by itself:
      </p>
      <ul>
        <li>when its server refuses it for good on two days;</li>
        <li>
          when its owner complains: a report with a proved sender came in, about a letter of yours.
        </li>
      </ul>
      <p>
        Nothing more is sent to it then: whoever writes to it is told at once, with the reason. Here
        stand why, until when and the letter that shows it, and here it is taken off the list, as
        with <code>waybill suppress remove</code>.
      </p>
    </Empty>
  )
}

/** The ways to the next page and to the first; who goes there begins at its rows. */
function Pages({ shown, list }: { readonly shown: Shown; readonly list: Listed }) {
  const at = useRef(shown.after)
  useEffect(() => {
    if (at.current === shown.after) return
    at.current = shown.after
    document.getElementById('main')?.focus({ preventScroll: true })
  }, [shown.after])
  const { next } = list
  const more = next === undefined || next === null ? null : next
  if (more === null && shown.after === '') return null
  return (
    <p class="more bulk">
      {shown.after === '' ? null : (
        <button type="button" onClick={() => go(withQuery({ after: null }))}>
          First page
        </button>
      )}
      {more === null ? (
        <span class="muted small">The list ends here.</span>
      ) : (
        <button type="button" onClick={() => go(withQuery({ after: more }))}>
          Next page
        </button>
      )}
    </p>
  )
}
