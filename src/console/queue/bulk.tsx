import { useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { count } from '../parts/plain.ts'
import type { Problem } from '../types.ts'
import {
  allNames,
  type Given,
  isFinal,
  type Queue,
  questionOfAll,
  type Verb,
  wishOf,
} from './model.ts'

/** What the server has done. */
export interface Done {
  readonly count: number
  readonly left: number
  readonly refused: readonly { readonly because: string }[]
}

/** What is done to all that fit is counted first, and asked once more with the number. */
export function Bulk(props: {
  readonly queue: Queue
  readonly q: string
  readonly changed: () => void
  readonly given: Given
  readonly setGiven: (given: Given) => void
}) {
  const { queue, q, changed, given, setGiven } = props
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [done, setDone] = useState('')
  const [busy, setBusy] = useState(false)
  const post = (body: unknown): Promise<Done> => {
    return ask<Done>('/v1/queue/actions', { method: 'POST', body })
  }
  const act = async (verb: Verb, name: string): Promise<void> => {
    setProblem(undefined)
    setDone('')
    setBusy(true)
    const wish = wishOf(verb, { q }, given)
    try {
      const { count: number } = await post({ ...wish, dry_run: true })
      if (number === 0) return setDone(`${name}: there is none.`)
      if (!window.confirm(questionOfAll(verb, name, number))) return
      setDone(doneText(name, await post(wish)))
      changed()
    } catch (error) {
      setProblem(asProblem(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <div
        class="bulk"
        role="group"
        aria-label={q.trim() === '' ? 'With all' : 'With all that fit'}
      >
        {allNames(queue, q).map(({ verb, name, number }) => (
          <button
            key={verb}
            type="button"
            class={isFinal(verb) ? 'danger' : ''}
            disabled={number === 0 || busy}
            onClick={() => void act(verb, name)}
          >
            {number === undefined ? name : `${name} (${number})`}
          </button>
        ))}{' '}
        <span class="muted" role="status">
          {done}
        </span>
      </div>
      <details class="given">
        <summary>Reason and end</summary>
        <div class="two">
          <label>
            Why, for the audit and for who is asked later
            <input
              value={given.reason}
              maxLength={500}
              autocomplete="off"
              onInput={({ currentTarget: { value: reason } }) => setGiven({ ...given, reason })}
            />
          </label>
          <label>
            What is held goes on by itself: in <code>2h</code>, <code>3d</code>, or at{' '}
            <code>2026-12-01T08:00</code> (UTC)
            <input
              value={given.until}
              maxLength={40}
              autocomplete="off"
              onInput={({ currentTarget: { value: until } }) => setGiven({ ...given, until })}
            />
          </label>
        </div>
      </details>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
    </>
  )
}

/** What came of it: how many, and why it was not done with some. */
export function doneText(name: string, { count: number, refused }: Done): string {
  const what = `${name}: done with ${count(number, 'delivery', 'deliveries')}.`
  const [first] = refused
  if (first === undefined) return what
  return `${what} Not with ${refused.length}${refused.length === 100 ? ' or more' : ''}: ${first.because}`
}
