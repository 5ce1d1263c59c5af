import { useState } from 'preact/hooks'
import { useResource } from '../api/resource.ts'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { plainly, size } from '../parts/plain.ts'
import { query, withQuery } from '../shell/route.ts'
import type { TabProps } from './tab.ts'

/** A part of a message, as `/v1/messages/{id}/parts` has it. */
interface Part {
  readonly n: number
  readonly depth: number
  readonly type: string
  readonly disposition: string | null
  readonly name: string | null
  readonly size: number
}

interface Link {
  readonly href: string
  readonly text?: string | null
}

interface Code {
  readonly code: string
}

interface Listed<Item> {
  readonly data: readonly Item[]
  readonly more?: boolean
}

const mostParts = 200

/** The message itself: what it says, its parts, and what one may want out of it. */
export function ContentTab({ message }: TabProps) {
  const at = `/v1/messages/${message.id}`
  const parts = useResource<Listed<Part>>(`${at}/parts`)
  if (parts.problem !== undefined) return <ProblemNotice problem={parts.problem} />
  if (parts.data === undefined) return <Loading />
  const hasHtml = parts.data.data.some(({ type, disposition }) => {
    return type === 'text/html' && disposition !== 'attachment'
  })
  const view = hasHtml ? (query.value.get('part') ?? 'html') : 'text'
  return (
    <div class="content">
      <div>
        <nav class="tabs small" aria-label="Forms of the text">
          {hasHtml ? (
            <a
              href={withQuery({ part: 'html' })}
              data-stay
              aria-current={view === 'html' ? 'page' : undefined}
            >
              HTML
            </a>
          ) : null}
          <a
            href={withQuery({ part: 'text' })}
            data-stay
            aria-current={view === 'text' ? 'page' : undefined}
          >
            Text
          </a>
        </nav>
        {view === 'html' ? <Html at={at} /> : <Text at={at} />}
      </div>
      <aside>
        <LinksAndCodes at={at} />
        <Parts at={at} parts={parts.data} />
      </aside>
    </div>
  )
}

/** HTML of strangers, in a frame that may do nothing; what it would fetch is off until asked. */
function Html({ at }: { readonly at: string }) {
  const [remote, setRemote] = useState(false)
  return (
    <>
      <p class="small">
        <label class="choice">
          <input
            type="checkbox"
            checked={remote}
            onChange={(event) => setRemote(event.currentTarget.checked)}
          />{' '}
          Fetch pictures from outside: their senders learn that the message was opened
        </label>
      </p>
      <iframe
        class="html"
        title="The message as HTML"
        sandbox=""
        referrerpolicy="no-referrer"
        src={`${at}/html${remote ? '?remote=1' : ''}`}
      />
    </>
  )
}

function Text({ at }: { readonly at: string }) {
  const text = useResource<string>(`${at}/text`, 'text')
  if (text.problem !== undefined) return <ProblemNotice problem={text.problem} />
  if (text.data === undefined) return <Loading />
  if (text.data.trim() === '') return <Empty>There is no text in it.</Empty>
  return (
    <pre class="letter" dir="auto">
      {plainly(text.data.slice(0, 400_000))}
    </pre>
  )
}

function LinksAndCodes({ at }: { readonly at: string }) {
  const links = useResource<Listed<Link>>(`${at}/links`).data?.data ?? []
  const codes = useResource<Listed<Code>>(`${at}/codes`).data?.data ?? []
  if (links.length === 0 && codes.length === 0) return null
  return (
    <section>
      <h2>Links and codes</h2>
      <ul class="plain">
        {codes.slice(0, 50).map(({ code }, index) => (
          <li key={index}>
            <strong class="code-word">{plainly(code)}</strong>
          </li>
        ))}
        {links.slice(0, 100).map(({ href }, index) => (
          <li key={index}>
            <LinkText href={href} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Only what leads to the web or to an address is a link; anything else is shown as it is written. */
function LinkText({ href }: { readonly href: string }) {
  if (!/^(https?:|mailto:)/i.test(href)) return <code>{plainly(href)}</code>
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {plainly(href)}
    </a>
  )
}

function Parts({ at, parts }: { readonly at: string; readonly parts: Listed<Part> }) {
  const all = parts.data
  if (all.length === 0) return null
  return (
    <section>
      <h2>Parts</h2>
      <ul class="parts">
        {all.slice(0, mostParts).map((part) => (
          <PartLine key={part.n} at={at} part={part} />
        ))}
      </ul>
      {all.length > mostParts ? (
        <p class="muted small">
          … and {all.length - mostParts} more
          {parts.more === true ? ', and those that nobody counted' : ''}
        </p>
      ) : null}
    </section>
  )
}

function PartLine({ at, part }: { readonly at: string; readonly part: Part }) {
  const { n, type, name, size: octets, depth } = part
  return (
    <li class={`depth-${Math.min(depth, 8)}`}>
      <code>{plainly(type)}</code> {name === null ? null : <bdi>{plainly(name)}</bdi>}{' '}
      <span class="muted small">{size(octets)}</span>{' '}
      {type.startsWith('multipart/') ? null : (
        <a class="small" href={`${at}/parts/${n}`} download>
          Download<span class="heard"> part {n}</span>
        </a>
      )}
    </li>
  )
}
