import { useEffect, useState } from 'preact/hooks'
import { useResource } from '../api/resource.ts'
import { onEvents } from '../api/stream.ts'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { count } from '../parts/plain.ts'
import { mayManage } from '../shell/may.ts'
import { query } from '../shell/route.ts'
import { Ages } from './ages.tsx'
import { Bulk } from './bulk.tsx'
import { Find } from './find.tsx'
import { Items } from './items.tsx'
import type { Given, Queue } from './model.ts'
import { Pauses } from './pauses.tsx'
import { Rules } from './rules.tsx'

/** What waits, for whom, since when, and what one may do about it. */
export function QueuePage() {
  const q = query.value.get('q') ?? ''
  const queue = useResource<Queue>(`/v1/queue${q === '' ? '' : `?q=${encodeURIComponent(q)}`}`)
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
      {shown !== undefined && shown.waiting > 0 ? <Find q={q} /> : null}
      {queue.problem === undefined ? null : (
        <ProblemNotice problem={queue.problem} again={queue.again} />
      )}
      {shown === undefined ? (
        queue.problem === undefined ? (
          <Loading />
        ) : null
      ) : (
        <Content queue={shown} q={q} changed={queue.again} />
      )}
    </>
  )
}

interface Shown {
  readonly queue: Queue
  readonly q: string
  readonly changed: () => void
}

function Content({ queue, q, changed }: Shown) {
  return (
    <>
      {queue.waiting === 0 ? (
        <Empty>
          <h2>Nothing waits</h2>
          <p>What cannot be delivered at once waits here, with when it is tried again and why.</p>
        </Empty>
      ) : (
        <Waiting {...{ queue, q, changed }} />
      )}
      <Pauses pauses={queue.pauses} changed={changed} />
      {mayManage() ? <Rules changed={changed} /> : null}
    </>
  )
}

function Waiting({ queue, q, changed }: Shown) {
  const { waiting, held, matching } = queue
  const [given, setGiven] = useState<Given>({ reason: '', until: '' })
  return (
    <>
      <p>
        {count(waiting - held, 'delivery waits', 'deliveries wait')}
        {held === 0 ? '' : `, ${count(held, 'is held', 'are held')}`}
        {q.trim() === '' ? '' : `; ${count(matching, 'fits', 'fit')}`}
      </p>
      {mayManage() ? <Bulk {...{ queue, q, changed, given, setGiven }} /> : null}
      <Ages queue={queue} />
      <Items queue={queue} changed={changed} given={given} />
    </>
  )
}
