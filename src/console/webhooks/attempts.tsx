import { useEffect, useRef } from 'preact/hooks'
import { useAct } from '../api/act.ts'
import { useResource } from '../api/resource.ts'
import { Loading, ProblemNotice } from '../parts/notice.tsx'
import { plainly, span } from '../parts/plain.ts'
import { Said } from '../parts/said.tsx'
import { Table } from '../parts/table.tsx'
import { Time } from '../parts/text.tsx'
import { Pill } from '../parts/verdict.tsx'
import { mayManage } from '../shell/may.ts'
import { type Attempt, type Hook, isTaken } from './model.ts'

/** What became of each try to tell an endpoint, and sending one again. */
export function Attempts({ hook, close }: { readonly hook: Hook; readonly close: () => void }) {
  const path = `/v1/webhooks/${encodeURIComponent(hook.id)}/attempts`
  const found = useResource<{ readonly data: readonly Attempt[] }>(path)
  const acting = useAct(found.again)
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => head.current?.focus(), [hook.id])
  const again = ({ n, type }: Attempt): void => {
    const said = (): string => `${type} is on its way again, under the same id.`
    void acting.act(`${path}/${n}/replay`, { method: 'POST', body: {} }, said)
  }
  return (
    <section>
      <h2 ref={head} tabIndex={-1}>
        Attempts at {plainly(hook.url)}
      </h2>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      {found.loading ? <Loading /> : null}
      {found.data?.data.length === 0 ? <p>Nothing was sent there in the last 14 days.</p> : null}
      <Said acting={acting} />
      <Table
        caption="The last ones first"
        heads={['When', 'Event', 'Answer', 'It is', 'Actions']}
        rows={(found.data?.data ?? []).map((one) => [
          <Time key="at" at={one.at} />,
          one.type,
          <span key="answer">
            <Pill tone={isTaken(one) ? 'pass' : 'fail'}>{one.status || 'no answer'}</Pill>{' '}
            {span(one.took_ms)}
            {one.text === '' ? '' : ` · ${plainly(one.text)}`}
          </span>,
          <span key="state">
            {one.state}
            {one.next_try === null ? null : (
              <>
                , next <Time at={one.next_try} />
              </>
            )}
          </span>,
          mayManage() ? (
            <button
              key="again"
              type="button"
              class="small"
              disabled={acting.busy}
              onClick={() => again(one)}
            >
              Send again<span class="heard"> {one.event_id}</span>
            </button>
          ) : (
            '–'
          ),
        ])}
      />
      <p class="bulk">
        <button type="button" onClick={found.again}>
          Read again
        </button>
        <button type="button" class="quiet" onClick={close}>
          Close
        </button>
      </p>
    </section>
  )
}
