import { useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { useResource } from '../api/resource.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { span } from '../parts/plain.ts'
import type { Problem } from '../types.ts'

interface Clock {
  readonly now: string
  readonly ahead_ms?: number
}

const steps = [
  { name: '5 minutes', ms: 300_000 },
  { name: '1 hour', ms: 3_600_000 },
  { name: '1 day', ms: 86_400_000 },
] as const

/** The lab's clock, which can be set ahead: what waits for an hour is tried in a second. */
export function LabClock() {
  const clock = useResource<Clock>('/v1/lab/clock')
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const ahead = async (ms: number): Promise<void> => {
    setProblem(undefined)
    try {
      await ask('/v1/lab/clock', { method: 'POST', body: { advance_ms: ms } })
      clock.again()
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  return (
    <section>
      <h2>Clock</h2>
      {clock.data === undefined ? null : (
        <p>
          In the lab it is <strong>{clock.data.now}</strong>
          {(clock.data.ahead_ms ?? 0) > 0 ? `, ${span(clock.data.ahead_ms ?? 0)} ahead` : ''}.
        </p>
      )}
      <p class="bulk">
        {steps.map(({ name, ms }) => (
          <button key={name} type="button" onClick={() => void ahead(ms)}>
            {name} ahead
          </button>
        ))}
      </p>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
    </section>
  )
}
