import { useMemo } from 'preact/hooks'
import { Copy } from '../parts/copy.tsx'
import type { TabProps } from './tab.ts'

/** The same account for programs: what `waybill show ID --json` prints. */
export function JsonTab({ journey }: TabProps) {
  const text = useMemo(() => JSON.stringify(journey, null, 2), [journey])
  return (
    <>
      <p class="small">
        <Copy text={text} what="the JSON" />{' '}
        <a href={`/v1/messages/${journey.id}/journey`} download={`${journey.id}.journey.json`}>
          Download
        </a>{' '}
        <a href={`/v1/messages/${journey.id}/export?redact=true`} download>
          Bundle without people and letter
        </a>{' '}
        <span class="muted">
          The same as <code>./waybill show {journey.id} --json</code>
        </span>
      </p>
      <pre class="source" tabIndex={0} aria-label="The journey as JSON">
        {text}
      </pre>
    </>
  )
}
