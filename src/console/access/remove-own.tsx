import type { Acting } from '../api/act.ts'
import { fieldsOf } from '../parts/fields.ts'

/** An account takes its own away: with a code, as whoever finds the page open has none. */
export function RemoveOwn({ who, acting }: { readonly who: string; readonly acting: Acting }) {
  const submit = (event: SubmitEvent): void => {
    const path = `/v1/second-factors/${encodeURIComponent(who)}/remove`
    const body = { code: fieldsOf(event)('code') }
    void acting.act(path, { method: 'POST', body }, () => 'You log in without a code from now on.')
  }
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>Take it away</h2>
      <label>
        A code of your app, or one to fall back on
        <input name="code" required autocomplete="one-time-code" />
      </label>
      <p>
        <button type="submit" disabled={acting.busy}>
          Remove the second factor
        </button>
      </p>
    </form>
  )
}
