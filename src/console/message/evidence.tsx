import { plainly, span } from '../parts/plain.ts'
import { withQuery } from '../shell/route.ts'
import type { EvidenceView, Step } from '../types.ts'

/** A record as it is written: `10 mx.north.example` for an exchange, quotes around text. */
export function recordText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null && 'exchange' in value) {
    const preference = 'preference' in value ? `${String(value.preference)} ` : ''
    return `${preference}${String(value.exchange)}`
  }
  return JSON.stringify(value)
}

/** What was asked of DNS for a step, and what was answered. */
export function Evidence({ step }: { readonly step: Step }) {
  if (step.evidence.length === 0) return null
  return (
    <section>
      <h3 class="minor">What DNS said</h3>
      <ul class="evidence">
        {step.evidence.map((one, index) => (
          <li key={index}>
            <Answer one={one} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Answer({ one }: { readonly one: EvidenceView }) {
  const { name, type, rcode, ttl, dnssec, server, ms, data } = one
  const facts = [
    rcode,
    ...(ttl === null ? [] : [`ttl ${ttl}`]),
    ...(dnssec === 'secure' ? ['DNSSEC secure'] : []),
    span(ms),
    ...(server === null ? [] : [`from ${server}`]),
  ]
  // Opens the drawer with this answer ready to be changed.
  const to = withQuery({ 'what-if': '1', dns: `${name} ${type}` })
  return (
    <>
      <code>
        {plainly(name)} {type}
      </code>{' '}
      <span class="muted">{facts.join(' · ')}</span>{' '}
      <a class="small" href={to} data-stay>
        change it
        <span class="heard">
          : what if {plainly(name)} {type} were different
        </span>
      </a>
      {data.length === 0 ? (
        <p class="record muted">no such record</p>
      ) : (
        data.map((value, index) => (
          <p class="record" key={index}>
            <code>{plainly(recordText(value))}</code>
          </p>
        ))
      )}
    </>
  )
}
