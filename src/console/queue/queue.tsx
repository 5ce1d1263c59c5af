import { useEffect, useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { useResource } from '../api/resource.ts'
import { onEvents } from '../api/stream.ts'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { count } from '../parts/plain.ts'
import type { Problem } from '../types.ts'
import { Ages } from './ages.tsx'
import { Items } from './items.tsx'
import type { Queue } from './model.ts'

type Verb = 'retry' | 'hold' | 'release' | 'drop'

/** What waits, for whom, since when, and what one may do about it. */
export function QueuePage() {
  const queue = useResource<Queue>('/v1/queue')
  const [shown, setShown] = useState<Queue | undefined>(undefined)
  useEffect(() => {
    document.title = 'Queue · Waybill'
    let timer: number | undefined
    const end = onEvents(() => {
      timer ??= window.setTimeout(() => {
        timer = undefined
        queue.again()
      }, 1_000)
    })
    return () => {
      end()
      clearTimeout(timer)
    }
  }, [])
  useEffect(() => {
    if (queue.data !== undefined) setShown(queue.data)
  }, [queue.data])
  return (
    <>
      <h1>Queue</h1>
      {queue.problem === undefined ? null : (
        <ProblemNotice problem={queue.problem} again={queue.again} />
      )}
      {shown === undefined ? (
        queue.problem === undefined ? (
          <Loading />
        ) : null
      ) : (
        <Content queue={shown} changed={queue.again} />
      )}
    </>
  )
}

function Content({ queue, changed }: { readonly queue: Queue; readonly changed: () => void }) {
  const { waiting, held } = queue
  if (waiting === 0) {
    return (
      <Empty>
        <h2>Nothing waits</h2>
        <p>What cannot be delivered at once waits here, with when it is tried again and why.</p>
      </Empty>
    )
  }
  return (
    <>
      <p>
        {count(waiting - held, 'delivery waits', 'deliveries wait')}
        {held === 0 ? '' : `, ${count(held, 'is held', 'are held')}`}
      </p>
      <Bulk queue={queue} changed={changed} />
      <Ages queue={queue} />
      <Items queue={queue} changed={changed} />
    </>
  )
}

const all: readonly {
  readonly verb: Verb
  readonly name: string
  readonly of: (queue: Queue) => number
}[] = [
  { verb: 'retry', name: 'Try all now', of: ({ waiting }) => waiting },
  { verb: 'hold', name: 'Hold all', of: ({ waiting, held }) => waiting - held },
  { verb: 'release', name: 'Release all held', of: ({ held }) => held },
]

/** What is done to all of them names how many that are, and is asked once more. */
function Bulk({ queue, changed }: { readonly queue: Queue; readonly changed: () => void }) {
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [done, setDone] = useState('')
  const act = async (verb: Verb, name: string, number: number): Promise<void> => {
    const warning =
      verb === 'retry' ? ' To try at once what was put off slows down what could go out.' : ''
    if (!window.confirm(`${name}: ${count(number, 'delivery', 'deliveries')}?${warning}`)) return
    setProblem(undefined)
    try {
      await ask('/v1/queue/actions', { method: 'POST', body: { action: verb, all: true } })
      setDone(`${name}: done.`)
      changed()
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  return (
    <>
      <p class="bulk">
        {all.map(({ verb, name, of }) => {
          const number = of(queue)
          return (
            <button
              key={verb}
              type="button"
              disabled={number === 0}
              onClick={() => void act(verb, name, number)}
            >
              {name} ({number})
            </button>
          )
        })}{' '}
        <span class="muted" role="status">
          {done}
        </span>
      </p>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
    </>
  )
}
