import { useState } from 'preact/hooks'
import type { Acting } from '../api/act.ts'
import { fieldsOf } from '../parts/fields.ts'

/** Somebody asked that nothing more is sent to an address. @param isOpen at first */
export function AddSuppressed(props: { readonly acting: Acting; readonly isOpen: boolean }) {
  const { acting } = props
  // Not closed under the hands of who adds the first of several.
  const [isOpen] = useState(props.isOpen)
  const submit = (event: SubmitEvent): void => {
    const form = event.currentTarget
    const field = fieldsOf(event)
    const [address, until] = [field('address'), field('until')]
    const body = { address, why: field('why'), ...(until === '' ? {} : { until }) }
    const said = (): string => `Nothing is sent to ${address} any more.`
    void acting.act('/v1/suppressions', { method: 'POST', body }, said).then((done) => {
      if (done && form instanceof HTMLFormElement) form.reset()
    })
  }
  return (
    <details class="given" open={isOpen}>
      <summary>Send nothing to one more address</summary>
      <form class="stack" onSubmit={submit}>
        <div class="two">
          <label>
            Address
            <input
              name="address"
              required
              maxLength={1000}
              autocapitalize="off"
              autocomplete="off"
            />
          </label>
          <label>
            Until: <code>180d</code>, <code>2027-06-01</code>. Empty: no end
            <input name="until" maxLength={40} autocomplete="off" />
          </label>
          <label>
            Why; who writes to it is told
            <input name="why" maxLength={500} autocomplete="off" />
          </label>
        </div>
        <p>
          <button type="submit" disabled={acting.busy}>
            Put it on the list
          </button>
        </p>
      </form>
    </details>
  )
}
