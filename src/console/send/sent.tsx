import { useEffect, useRef } from 'preact/hooks'
import { plainly } from '../parts/plain.ts'
import { Address } from '../parts/text.tsx'
import { Pill, toneOfStatus } from '../parts/verdict.tsx'

/** What is answered for a letter that was taken. */
export interface Sent {
  readonly id: string
  readonly recipients: readonly {
    readonly address: string
    readonly status: string
    readonly problem?: { readonly detail: string }
  }[]
}

/** It was taken: what became of each recipient, and the way to the journey. */
export function SentNotice({ sent: { id, recipients } }: { readonly sent: Sent }) {
  const way = useRef<HTMLAnchorElement>(null)
  useEffect(() => way.current?.focus(), [id])
  return (
    <div class="notice" role="status">
      <p>
        <strong>It was taken.</strong>{' '}
        <a ref={way} href={`/messages/${encodeURIComponent(id)}`}>
          Journey {id}
        </a>
      </p>
      <ul class="plain">
        {recipients.map(({ address, status, problem }) => (
          <li key={address}>
            <Address of={address} /> <Pill tone={toneOfStatus(status)}>{status}</Pill>{' '}
            {problem === undefined ? null : plainly(problem.detail)}
          </li>
        ))}
      </ul>
    </div>
  )
}
