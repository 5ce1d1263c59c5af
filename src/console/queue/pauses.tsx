import { useAct } from '../api/act.ts'
import { fieldsOf } from '../parts/fields.ts'
import { count, plainly } from '../parts/plain.ts'
import { Said } from '../parts/said.tsx'
import { mayManage } from '../shell/may.ts'
import type { Pause } from './model.ts'

/** What is not sent for a while, and how that begins and ends. */
export function Pauses(props: { readonly pauses: readonly Pause[]; readonly changed: () => void }) {
  const { pauses, changed } = props
  const acting = useAct(changed)
  const may = mayManage()
  if (pauses.length === 0 && !may) return null
  const end = ({ of, sentence }: Pause): void => {
    const said = ({ due }: { readonly due: number }): string => {
      return `${sentence} It is ended; ${count(due, 'delivery is', 'deliveries are')} due now.`
    }
    void acting.act(`/v1/pauses/${encodeURIComponent(of)}`, { method: 'DELETE' }, said)
  }
  const add = (event: SubmitEvent): void => {
    const form = event.currentTarget
    const field = fieldsOf(event)
    const to = field('to')
    const of = to === '*' ? 'all' : `destination ${to}`
    if (of === 'all' && !window.confirm('Pause all mail? Nothing goes out until that is ended.')) {
      return
    }
    const until = field('until')
    const body = { of, reason: field('reason'), ...(until === '' ? {} : { until }) }
    const said = ({ waiting }: { readonly waiting: number }): string => {
      return `Paused. ${count(waiting, 'delivery waits', 'deliveries wait')} for it.`
    }
    void acting.act('/v1/pauses', { method: 'POST', body }, said).then((done) => {
      if (done && form instanceof HTMLFormElement) form.reset()
    })
  }
  return (
    <section class="card" aria-labelledby="pauses">
      <h2 id="pauses">Paused</h2>
      <Said acting={acting} />
      {pauses.length === 0 ? <p class="muted">Nothing is paused.</p> : null}
      <ul class="plain">
        {pauses.map((pause) => (
          <li key={pause.of} class="bulk">
            <span class="address">{plainly(pause.sentence)}</span>
            {may ? (
              <button type="button" class="small" disabled={acting.busy} onClick={() => end(pause)}>
                Resume<span class="heard"> {pause.of}</span>
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {may ? (
        <details class="given">
          <summary>Pause a destination</summary>
          <form class="stack" onSubmit={add}>
            <div class="two">
              <label>
                Where to: <code>example.com</code>, <code>.example.com</code> with those below it,{' '}
                <code>*</code> for all
                <input name="to" required maxLength={260} autocapitalize="off" autocomplete="off" />
              </label>
              <label>
                Until: in <code>2h</code>, <code>3d</code>, or at <code>2026-12-01T08:00</code>{' '}
                (UTC). Empty: until it is ended
                <input name="until" maxLength={40} autocomplete="off" />
              </label>
              <label>
                Why; senders are not told it
                <input name="reason" maxLength={500} autocomplete="off" />
              </label>
            </div>
            <p>
              <button type="submit" disabled={acting.busy}>
                Pause
              </button>
            </p>
          </form>
        </details>
      ) : null}
    </section>
  )
}
