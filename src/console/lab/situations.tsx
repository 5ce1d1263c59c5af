import { useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { useResource } from '../api/resource.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { plainly } from '../parts/plain.ts'
import type { Problem } from '../types.ts'

interface Situation {
  readonly name: string
  readonly title: string
  readonly question?: string
}

/** What `POST` of a situation answers. */
interface Happened {
  readonly journeys?: readonly (string | { readonly id: string; readonly site?: string })[]
  readonly outcome?: string
}

/** What can happen to a letter, each as a button. */
export function Situations() {
  const found = useResource<{ readonly data: readonly Situation[] }>('/v1/lab/situations')
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [running, setRunning] = useState('')
  const [last, setLast] = useState<{ readonly name: string; readonly did: Happened } | undefined>()
  const run = async (name: string): Promise<void> => {
    setRunning(name)
    setProblem(undefined)
    setLast(undefined)
    try {
      const at = `/v1/lab/situations/${encodeURIComponent(name)}`
      setLast({
        name,
        did: (await ask<Happened | undefined>(at, { method: 'POST', body: {} })) ?? {},
      })
    } catch (error) {
      setProblem(asProblem(error))
    }
    setRunning('')
  }
  return (
    <section>
      <h2>Situations</h2>
      <p class="muted">Each sends a letter, and each teaches one thing.</p>
      <div role="status">
        {running === '' ? null : <p>{running} …</p>}
        {last === undefined ? null : (
          <p class="notice">
            {last.name} has happened.{' '}
            {(last.did.journeys ?? []).map((one) => {
              const id = typeof one === 'string' ? one : one.id
              return (
                <span key={id}>
                  <a href={`/messages/${id}`}>Journey {id}</a>{' '}
                </span>
              )
            })}
            <a href="/">To the messages</a>
          </p>
        )}
      </div>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      <ul class="situations">
        {(found.data?.data ?? []).map(({ name, title, question }) => (
          <li key={name}>
            <button type="button" disabled={running !== ''} onClick={() => void run(name)}>
              {name}
            </button>
            <span>
              {plainly(title)}
              {question === undefined ? null : <em class="muted small">{plainly(question)}</em>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
