import { useResource } from '../api/resource.ts'
import type { Planned } from '../parts/plan.ts'
import { PlanLine } from '../parts/plan-line.tsx'
import { Table } from '../parts/table.tsx'
import { plainly } from '../parts/plain.ts'
import { Address, Time } from '../parts/text.tsx'
import { Pill, toneOfStatus } from '../parts/verdict.tsx'
import type { Journey } from '../types.ts'

const mostShown = 500

/** What became of it for each recipient: one trunk, as many branches. */
export function Recipients(props: { readonly journey: Journey; readonly attempts: string }) {
  const { recipients } = props.journey
  return (
    <>
      <Table
        caption="Recipients"
        heads={['Address', 'Status', 'The last answer about it', 'Since']}
        rows={recipients.slice(0, mostShown).map((one) => [
          <Address key="address" of={one.address} />,
          <Pill key="status" tone={toneOfStatus(one.status)}>
            {one.status}
          </Pill>,
          one.answer === null
            ? '–'
            : plainly(`${one.answer.code} ${one.answer.enhanced} ${one.answer.text}`),
          <Time key="at" at={one.at} />,
        ])}
      />
      {recipients.length > mostShown ? (
        <p class="muted small">… and {recipients.length - mostShown} more in the JSON</p>
      ) : null}
      {props.journey.direction === 'out' ? <Plans id={props.attempts} /> : null}
      {props.journey.direction === 'out' ? <Attempts id={props.attempts} /> : null}
    </>
  )
}

/** For whom it waits, and how it goes on for each. */
function Plans({ id }: { readonly id: string }) {
  const found = useResource<{ readonly data: readonly Waiting[] }>(`/v1/messages/${id}/plan`)
  return (
    <Table
      caption="What is still to come"
      heads={['For', 'Retry plan']}
      rows={(found.data?.data ?? [])
        .slice(0, mostShown)
        .map((one) => [
          <Address key="for" of={one.recipient} />,
          <PlanLine key="plan" plan={one} />,
        ])}
    />
  )
}

interface Waiting extends Planned {
  readonly recipient: string
}

interface Attempt {
  readonly recipient?: string
  readonly attempt?: number
  readonly host?: string | null
  readonly ip?: string | null
  readonly result?: string | null
  readonly answer?: string | null
  readonly at?: string
  readonly started_at?: string
  readonly next_attempt_at?: string | null
}

/** Each try, the newest first, and when the next one is. */
function Attempts({ id }: { readonly id: string }) {
  const found = useResource<{ readonly data: readonly Attempt[] }>(`/v1/messages/${id}/attempts`)
  const attempts = found.data?.data.toReversed() ?? []
  return (
    <Table
      caption="Attempts, the newest first"
      heads={['Try', 'For', 'Server', 'Result', 'When', 'Next try']}
      rows={attempts.slice(0, mostShown).map((one) => {
        const at = one.at ?? one.started_at
        return [
          one.attempt ?? '–',
          <Address key="for" of={one.recipient ?? ''} />,
          plainly([one.host, one.ip].filter(Boolean).join(' ')),
          plainly(one.answer ?? one.result ?? ''),
          at === undefined ? '–' : <Time key="at" at={at} />,
          one.next_attempt_at === undefined || one.next_attempt_at === null ? (
            'none'
          ) : (
            <Time key="next" at={one.next_attempt_at} />
          ),
        ]
      })}
    />
  )
}
