import { Table } from '../parts/table.tsx'
import { plainly, when } from '../parts/plain.ts'
import { withQuery } from '../shell/route.ts'
import { type Destination, type Queue, queryFor } from './model.ts'

/** How long what waits has waited, by destination: a column that moves right is a server that is down. */
export function Ages({ queue }: { readonly queue: Queue }) {
  const { ages, destinations } = queue
  const last = ages.at(-1)
  const heads = [
    'Destination',
    'All',
    ...ages.map((minutes) => `< ${minutes}`),
    ...(last === undefined ? [] : [`${last} +`]),
    'Last answer',
  ]
  return (
    <Table
      caption="By destination and age, in minutes"
      heads={heads}
      rows={destinations.map((one) => [
        <a
          key="name"
          class="address"
          data-stay
          href={withQuery({ q: queryFor(one.destination) }, '/queue')}
        >
          {plainly(one.destination)}
          <span class="heard">: show what waits for it</span>
        </a>,
        one.held === 0 ? String(one.total) : `${one.total} (${one.held} held)`,
        ...one.ages.map((number, index) => (
          <span key={index} class={number === 0 ? 'muted zero' : 'age'}>
            {number === 0 ? '·' : number}
          </span>
        )),
        <Problem key="problem" one={one} />,
      ])}
    />
  )
}

function Problem({ one: { down, last_problem: problem } }: { readonly one: Destination }) {
  return (
    <>
      {problem === undefined || problem === null ? '–' : plainly(problem)}
      {down === undefined || down === null ? null : (
        <span class="muted">
          {' '}
          Nothing is sent there
          {down.until === undefined || down.until === null ? '' : ` until ${when(down.until)}`}
          {down.because === problem ? '.' : `: ${plainly(down.because)}`}
        </span>
      )}
    </>
  )
}
