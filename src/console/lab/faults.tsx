import { useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { useResource } from '../api/resource.ts'
import { fieldsOf } from '../parts/fields.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import type { Problem } from '../types.ts'

interface Fault {
  readonly stage: string
  /** A word of its stage, as `waybill lab fault` has it. */
  readonly what: string | null
  readonly code: number | null
  /** In percent. */
  readonly probability: number
  readonly delay_ms: number
  readonly drop: boolean
}

/** Where something can be made to go wrong, and how it is called. */
const stages = [
  ['connect', 'the greeting'],
  ['auth', 'AUTH'],
  ['sender', 'MAIL FROM'],
  ['recipient', 'RCPT TO'],
  ['data', 'the end of DATA'],
] as const

/** What is made to go wrong on purpose, so that one sees what a program makes of it. */
export function Faults({ at }: { readonly at: string }) {
  const found = useResource<{ readonly data: readonly Fault[] }>(at)
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const faults = found.data?.data ?? []
  const set = async (data: readonly Fault[]): Promise<void> => {
    setProblem(undefined)
    try {
      await ask(at, { method: 'PUT', body: { data } })
      found.again()
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  const add = (event: SubmitEvent): void => {
    const field = fieldsOf(event)
    const answer = field('answer')
    const fault = {
      stage: field('stage'),
      what: null,
      code: answer === 'code' ? Number(field('code')) : null,
      probability: Number(field('percent')),
      delay_ms: Number(field('seconds')) * 1_000,
      drop: answer === 'drop',
    }
    void set([...faults, fault])
  }
  return (
    <section>
      <h2>Faults</h2>
      <p class="muted">Something goes wrong at this stage, as often as you say.</p>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      <Table
        caption="Faults that are on"
        heads={['Stage', 'What happens', 'How often', 'Action']}
        rows={faults.map((fault, index) => [
          stages.find(([stage]) => stage === fault.stage)?.[1] ?? fault.stage,
          effectOf(fault),
          `${fault.probability} %`,
          <button
            key="off"
            type="button"
            class="small"
            onClick={() => void set(faults.filter((_, other) => other !== index))}
          >
            Take away<span class="heard"> the fault at {fault.stage}</span>
          </button>,
        ])}
      />
      <FaultForm add={add} />
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
    </section>
  )
}

function effectOf({ what: word, code, drop, delay_ms: delay }: Fault): string {
  if (word !== null) return word
  const what = drop ? 'the connection ends' : code === null ? '' : `answered with ${code}`
  const late = delay > 0 ? `${delay / 1_000} s late` : ''
  return [what, late].filter(Boolean).join(', ')
}

function FaultForm({ add }: { readonly add: (event: SubmitEvent) => void }) {
  return (
    <form class="inline" onSubmit={add}>
      <label>
        Stage
        <select name="stage">
          {stages.map(([stage, name]) => (
            <option key={stage} value={stage}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        What happens
        <select name="answer">
          <option value="code">it answers with a code</option>
          <option value="drop">the connection ends</option>
          <option value="delay">it is late, no more</option>
        </select>
      </label>
      <label>
        Code
        <input name="code" type="number" min={400} max={599} defaultValue="451" required />
      </label>
      <label>
        Seconds late
        <input name="seconds" type="number" min={0} max={60} defaultValue="0" required />
      </label>
      <label>
        How often, in percent
        <input name="percent" type="number" min={1} max={100} defaultValue="50" required />
      </label>
      <button type="submit">Add</button>
    </form>
  )
}
