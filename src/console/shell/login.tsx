import { useState } from 'preact/hooks'
import { fieldsOf } from '../parts/fields.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import type { Problem, Session } from '../types.ts'
import { Banner } from './banner.tsx'
import { logIn } from './session.ts'

/** Asks for the token of who runs this server. */
export function Login({ mode }: { readonly mode: Session['mode'] }) {
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const enter = async (event: SubmitEvent): Promise<void> => {
    const field = fieldsOf(event)
    setProblem(await logIn(field('token'), field('code')))
  }
  return (
    <main class="alone" id="main">
      <h1>Waybill</h1>
      <Banner mode={mode} />
      <form class="stack" onSubmit={(event) => void enter(event)}>
        <label>
          Token
          <input name="token" type="password" required autocomplete="current-password" />
        </label>
        <label>
          Code of the second factor, when there is one
          <input name="code" inputMode="numeric" autocomplete="one-time-code" />
        </label>
        <p>
          <button type="submit" class="first">
            Log in
          </button>
        </p>
      </form>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
      <p class="muted small">
        The token was printed when this server started for the first time, and is in its data
        folder, where only its owner can read it.
      </p>
    </main>
  )
}
