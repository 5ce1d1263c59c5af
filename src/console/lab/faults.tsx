import { useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { useResource } from '../api/resource.ts'
import { fieldsOf } from '../parts/fields.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import type { Problem } from '../types.ts'

interface Fault {
  readonly id?: string
  readonly stage: string
  readonly code: number
  readonly probability: number
}

const stages = ['mail', 'rcpt', 'data', 'auth'] as const

/** Answers that are given on purpose, so that one sees what a program makes of them. */
export function Faults({ at }: { readonly at: string }) {
  const found = useResource<{ readonly data: readonly Fault[] }>(at)
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const act = async (path: string, method: 'POST' | 'DELETE', body?: unknown): Promise<void> => {
    setProblem(undefined)
    try {
      await ask(path, { method, body })
      found.again()
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  const add = (event: SubmitEvent): void => {
    const field = fieldsOf(event)
    const fault = {
      stage: field('stage'),
      code: Number(field('code')),
      probability: Number(field('percent')) / 100,
    }
    void act(at, 'POST', fault)
  }
  return (
    <section>
      <h2>Faults</h2>
      <p class="muted">A command is answered with this code, as often as you say.</p>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      <Table
        caption="Faults that are on"
        heads={['Stage', 'Code', 'How often', '']}
        rows={(found.data?.data ?? []).map((fault) => [
          fault.stage,
          fault.code,
          `${Math.round(fault.probability * 100)} %`,
          <button
            key="off"
            type="button"
            class="small"
            onClick={() => void act(`${at}/${fault.id ?? fault.stage}`, 'DELETE')}
          >
            Take away<span class="heard"> the fault at {fault.stage}</span>
          </button>,
        ])}
      />
      <form class="inline" onSubmit={add}>
        <label>
          Stage
          <select name="stage">
            {stages.map((stage) => (
              <option key={stage}>{stage}</option>
            ))}
          </select>
        </label>
        <label>
          Code
          <input name="code" type="number" min={400} max={599} defaultValue="451" required />
        </label>
        <label>
          How often, in percent
          <input name="percent" type="number" min={1} max={100} defaultValue="50" required />
        </label>
        <button type="submit">Add</button>
      </form>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
    </section>
  )
}
