import { useState } from 'preact/hooks'
import { useResource } from '../api/resource.ts'
import { Loading, ProblemNotice } from '../parts/notice.tsx'
import { plainly } from '../parts/plain.ts'
import type { TabProps } from './tab.ts'

interface Field {
  readonly name: string
  readonly value: string
}

/** Of a header without end so many fields are shown. */
const mostFields = 1_000

/** The fields of the header, in their order; a box finds one among many. */
export function HeadersTab({ message, journey }: TabProps) {
  const found = useResource<{ readonly data: readonly Field[] }>(
    `/v1/messages/${message.id}/headers`,
  )
  const [wanted, setWanted] = useState('')
  if (found.problem !== undefined) return <ProblemNotice problem={found.problem} />
  if (found.data === undefined) return <Loading />
  const lower = wanted.toLowerCase()
  const fitting = found.data.data.filter(({ name, value }) => {
    return name.toLowerCase().includes(lower) || value.toLowerCase().includes(lower)
  })
  return (
    <>
      <p>
        <input
          type="search"
          aria-label="Only fields with"
          placeholder="Only fields with …"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />{' '}
        <span class="muted small" role="status">
          {fitting.length} of {found.data.data.length} fields
        </span>
      </p>
      <dl class="header-fields">
        {fitting.slice(0, mostFields).map(({ name, value }, index) => (
          <div key={index}>
            <dt>{plainly(name)}</dt>
            <dd>
              {isClaim(name, value, journey.host) ? (
                <span class="claimed-word">claimed </span>
              ) : null}
              <code>{plainly(value.trim())}</code>
            </dd>
          </div>
        ))}
      </dl>
      {fitting.length > mostFields ? (
        <p class="muted">… and {fitting.length - mostFields} more; the source has all of them.</p>
      ) : null}
    </>
  )
}

/** Verdicts that somebody else wrote down are what they say, not what was seen here. */
function isClaim(name: string, value: string, host: string): boolean {
  if (!/^(arc-)?authentication-results$/i.test(name)) return false
  return !value.trim().toLowerCase().startsWith(host.toLowerCase())
}
