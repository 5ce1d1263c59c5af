import { useResource } from '../api/resource.ts'
import { Loading, ProblemNotice } from '../parts/notice.tsx'
import { plainly, size } from '../parts/plain.ts'
import type { TabProps } from './tab.ts'

/** More than this of a source is a download: nobody reads it, and it would hold up the page. */
const mostShown = 400_000

/** The message as it came, octet by octet. */
export function SourceTab({ message }: TabProps) {
  const at = `/v1/messages/${message.id}/raw`
  const big = (message.size ?? 0) > mostShown * 8
  const source = useResource<string>(big ? null : at, 'text')
  const text = source.data ?? ''
  return (
    <>
      <p class="small">
        <a href={at} download={`${message.id}.eml`}>
          Download {message.id}.eml
        </a>
      </p>
      {big ? <p>It is {size(message.size ?? 0)} long: too much to be shown here.</p> : null}
      {source.problem === undefined ? null : <ProblemNotice problem={source.problem} />}
      {source.loading ? <Loading /> : null}
      {source.data === undefined ? null : (
        <>
          <pre class="source" tabIndex={0} aria-label="The source of the message">
            {plainly(text.slice(0, mostShown))}
          </pre>
          {text.length > mostShown ? (
            <p class="muted">
              The first {size(mostShown)} of {size(text.length)}; the download has all of it.
            </p>
          ) : null}
        </>
      )}
    </>
  )
}
