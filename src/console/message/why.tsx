import { useEffect, useRef } from 'preact/hooks'
import type { Why as Told } from '../../desk/why.ts'
import { useResource } from '../api/resource.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { plainly } from '../parts/plain.ts'
import type { Journey } from '../types.ts'

/** More are in the JSON. */
const mostShown = 20

/**
 * What keeps a letter that went out, or why it did not arrive, and whose turn it is: the paragraphs
 * of `waybill why`. Nothing where it is delivered to all.
 */
export function Why({ journey }: { readonly journey: Journey }) {
  const open = journey.recipients.some(({ status }) => status !== 'delivered')
  if (journey.direction !== 'out' || !open) return null
  return (
    <section class="why" aria-label="Why">
      <WhyText id={journey.id} since={journey} />
    </section>
  )
}

/**
 * @param recipient only what is said of this one
 * @param since     it is asked again when this is another one
 */
export function WhyText(props: {
  readonly id: string
  readonly recipient?: string
  readonly since?: unknown
}) {
  const { id, recipient, since } = props
  const { data, problem, again } = useResource<Told>(`/v1/messages/${encodeURIComponent(id)}/why`)
  const last = useRef(since)
  useEffect(() => {
    if (last.current === since) return
    last.current = since
    again()
  }, [since])
  if (problem !== undefined) return <ProblemNotice problem={problem} />
  if (data === undefined) return <p class="muted">…</p>
  const about = data.recipients.filter((one) => {
    return recipient === undefined || one.recipient === recipient
  })
  return (
    <>
      {about.slice(0, mostShown).map(({ recipient: to, says, reading }) => (
        <div key={to} data-why={to}>
          <p>{plainly(says)}</p>
          {reading === null ? null : (
            <p class="muted small">
              Read as <code>{reading.kind}</code>, by the rule <code>{reading.rule}</code>:{' '}
              {plainly(reading.rule_says)}
            </p>
          )}
        </div>
      ))}
      {about.length > mostShown ? (
        <p class="muted small">… and {about.length - mostShown} more in the JSON</p>
      ) : null}
    </>
  )
}
