import { useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import { count, plainly, span } from '../parts/plain.ts'
import { Address, Time } from '../parts/text.tsx'
import { Pill } from '../parts/verdict.tsx'
import type { Problem } from '../types.ts'
import type { Item, Queue } from './model.ts'

/** Each recipient that waits, with its plan. */
export function Items({ queue, changed }: { readonly queue: Queue; readonly changed: () => void }) {
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const act = async (item: Item, verb: string): Promise<void> => {
    setProblem(undefined)
    try {
      await ask(`/v1/messages/${item.journey}/${verb}`, { method: 'POST', body: {} })
      changed()
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  return (
    <>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
      <Table
        caption="What waits, the next attempts first"
        heads={['Message', 'For', 'State', 'Retry plan', 'Last problem', 'Actions']}
        rows={queue.data.map((item) => [
          <a key="id" href={`/messages/${item.journey}`} data-row={item.journey}>
            <code>{item.journey}</code>
          </a>,
          <Address key="for" of={item.recipient} />,
          <State key="state" item={item} />,
          <Plan key="plan" item={item} />,
          plainly(item.last_problem ?? '–'),
          <span key="act" class="bulk">
            <button type="button" class="small" onClick={() => void act(item, 'retry')}>
              Try now<span class="heard"> {item.journey}</span>
            </button>
            <button
              type="button"
              class="small"
              onClick={() => void act(item, item.held ? 'release' : 'hold')}
            >
              {item.held ? 'Release' : 'Hold'}
              <span class="heard"> {item.journey}</span>
            </button>
          </span>,
        ])}
      />
      {queue.has_more === true ? <p class="muted">There are more; the list has all.</p> : null}
    </>
  )
}

function State({ item }: { readonly item: Item }) {
  if (item.held) return <Pill tone="wait">held</Pill>
  return (
    <Pill tone="wait">
      {item.attempts === 0 ? 'not tried yet' : `tried ${count(item.attempts, 'time')}`}
    </Pill>
  )
}

/** From now to the next try to the end, as a line and in words. */
function Plan({ item }: { readonly item: Item }) {
  const left = new Date(item.expires_at).getTime() - Date.now()
  return (
    <>
      {item.held ? (
        'waits for release'
      ) : (
        <>
          next <Time at={item.next_attempt_at} />
        </>
      )}
      , given up <Time at={item.expires_at} />{' '}
      <span class="muted">(in {span(Math.max(0, left))})</span>
    </>
  )
}
