import type { Acting } from '../api/act.ts'
import { fieldsOf } from '../parts/fields.ts'
import { plainly } from '../parts/plain.ts'
import { wordsIn } from '../parts/words.ts'
import type { Account } from './model.ts'

/** Where copies of what an account gets go on to. */
export function Forward(props: {
  readonly account: Account
  readonly acting: Acting
  readonly close: () => void
}) {
  const { account, acting, close } = props
  const { address } = account
  const submit = (event: SubmitEvent): void => {
    const forward = wordsIn(fieldsOf(event)('to'))
    const to = forward.length === 0 ? 'nobody' : `${forward.join(', ')} as well`
    const path = `/v1/accounts/${encodeURIComponent(address)}`
    const said = (): string => `${address} is handed on to ${to}.`
    void acting.act(path, { method: 'PATCH', body: { forward } }, said).then((done) => {
      if (done) close()
    })
  }
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>Where copies for {plainly(address)} go</h2>
      <label>
        Addresses of other servers; empty: nowhere
        <input
          name="to"
          defaultValue={account.forward.join(' ')}
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          ref={(field) => field?.focus()}
        />
      </label>
      <p class="bulk">
        <button type="submit" class="first" disabled={acting.busy}>
          Hand copies on
        </button>
        <button type="button" class="quiet" onClick={close}>
          Cancel
        </button>
      </p>
    </form>
  )
}
