import { useMemo } from 'preact/hooks'
import { Checks, outcomeText, Pill, toneOfStatus } from '../parts/verdict.tsx'
import { plainly, size, span, when } from '../parts/plain.ts'
import { Address, Time } from '../parts/text.tsx'
import type { Row } from '../types.ts'

/** A message as one row, which is a link to it; made anew only when it is another. */
export function MessageRow({ row }: { readonly row: Row }) {
  return useMemo(() => rowOf(row), [row])
}

function rowOf(row: Row) {
  const { id, rcpt_to: to, mail_from: from, outcome, took_ms: took } = row
  const letter = from !== '' || to.length > 0
  return (
    <a class="row" href={`/messages/${id}`} data-row={id}>
      <span class="when">
        <Time at={row.started_at} />
      </span>
      <span class="who">
        {letter ? (
          <>
            <Address of={from} /> <span aria-label="to">→</span> <Recipients to={to} />
          </>
        ) : (
          <span class="muted">no message</span>
        )}
      </span>
      <span class="subject">
        {row.subject === '' ? (
          <span class="muted">{letter ? 'no subject' : plainly(row.summary)}</span>
        ) : (
          <bdi>{plainly(row.subject)}</bdi>
        )}
      </span>
      <span class="checks">
        <Checks checks={row.checks} />
      </span>
      <span class="outcome">
        <Pill tone={toneOfStatus(outcome.word)}>{outcomeText(outcome, when)}</Pill>
        {took === undefined || took === null ? null : (
          <span class="took muted">
            {span(took)}
            {row.size === undefined || row.size === null ? '' : `, ${size(row.size)}`}
          </span>
        )}
      </span>
    </a>
  )
}

function Recipients({ to }: { readonly to: readonly string[] }) {
  const [first] = to
  if (first === undefined) return <span class="muted">nobody</span>
  if (to.length > 1) return <>{to.length} recipients</>
  return <Address of={first} />
}
