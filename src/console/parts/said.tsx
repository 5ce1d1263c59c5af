import type { Acting } from '../api/act.ts'
import { ProblemNotice } from './notice.tsx'

/** What came of the last act: for the eye, and for who listens. */
export function Said({ acting }: { readonly acting: Acting }) {
  const { problem, done } = acting
  return (
    <>
      <p class={done === '' ? 'heard' : 'notice'} role="status">
        {done}
      </p>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
    </>
  )
}
