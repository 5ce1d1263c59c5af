import { useState } from 'preact/hooks'
import { fieldsOf } from '../parts/fields.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import type { Problem, Session } from '../types.ts'
import { Banner } from './banner.tsx'
import { type Credentials, logIn } from './session.ts'

/** Asks for the token of who runs this server, or for an account and its password. */
export function Login({ mode }: { readonly mode: Session['mode'] }) {
  const [asAccount, setAsAccount] = useState(false)
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [wantsCode, setWantsCode] = useState(false)
  const enter = async (event: SubmitEvent): Promise<void> => {
    const said = await logIn(credentialsIn(event, asAccount))
    setProblem(said)
    if (said?.type?.endsWith('/second-factor') === true) setWantsCode(true)
  }
  const choose = (account: boolean): void => {
    setAsAccount(account)
    setProblem(undefined)
    setWantsCode(false)
  }
  return (
    <main class="alone" id="main">
      <h1>Waybill</h1>
      <Banner mode={mode} />
      <form class="stack" onSubmit={(event) => void enter(event)}>
        <Who asAccount={asAccount} choose={choose} />
        {asAccount ? <AccountFields /> : <TokenField />}
        {wantsCode ? <CodeField /> : null}
        <p>
          <button type="submit" class="first">
            Log in
          </button>
        </p>
      </form>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
      <p class="muted small">
        {asAccount
          ? 'The address and password of your mail program. You see your own mail and its journeys.'
          : 'The token was printed when this server started for the first time, and is in the file http-token of its data folder, where only its owner can read it.'}
      </p>
    </main>
  )
}

function Who(props: { readonly asAccount: boolean; readonly choose: (account: boolean) => void }) {
  const { asAccount, choose } = props
  return (
    <fieldset>
      <legend>Who are you?</legend>
      <label class="choice">
        <input type="radio" name="as" checked={!asAccount} onChange={() => choose(false)} /> I run
        this server
      </label>
      <label class="choice">
        <input type="radio" name="as" checked={asAccount} onChange={() => choose(true)} /> I have an
        account here
      </label>
    </fieldset>
  )
}

function TokenField() {
  return (
    <label>
      Token
      <input name="token" type="password" required autofocus autocomplete="current-password" />
    </label>
  )
}

function AccountFields() {
  return (
    <>
      <label>
        Address
        {/* Not of the type "email": browsers refuse letters beyond ASCII there (RFC 6531). */}
        <input
          name="account"
          inputMode="email"
          autocapitalize="off"
          required
          autocomplete="username"
        />
      </label>
      <label>
        Password
        <input name="password" type="password" required autocomplete="current-password" />
      </label>
    </>
  )
}

function CodeField() {
  return (
    <label>
      Code of the second factor
      <input name="code" required autocomplete="one-time-code" />
    </label>
  )
}

function credentialsIn(event: SubmitEvent, asAccount: boolean): Credentials {
  const field = fieldsOf(event)
  const code = field('code')
  const more = code === '' ? {} : { code }
  if (!asAccount) return { token: field('token'), ...more }
  return { account: field('account'), password: field('password', 'whole'), ...more }
}
