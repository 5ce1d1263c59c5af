import { useAct } from '../api/act.ts'
import { useResource } from '../api/resource.ts'
import { fieldsOf } from '../parts/fields.ts'
import { count, plainly } from '../parts/plain.ts'
import { Said } from '../parts/said.tsx'
import { Table } from '../parts/table.tsx'
import { Time } from '../parts/text.tsx'
import type { Rule } from './model.ts'

/** Mail that is held when it would be sent, also mail to come. */
export function Rules({ changed }: { readonly changed: () => void }) {
  const found = useResource<{ readonly data: readonly Rule[] }>('/v1/hold-rules')
  const acting = useAct(() => {
    found.again()
    changed()
  })
  const rules = found.data?.data ?? []
  const remove = ({ id, held }: Rule): void => {
    if (!window.confirm(`Remove this rule? ${count(held, 'delivery goes', 'deliveries go')} on.`)) {
      return
    }
    void acting.act(
      `/v1/hold-rules/${encodeURIComponent(id)}`,
      { method: 'DELETE' },
      ({ released }: { readonly released: number }) => {
        return `The rule is removed; ${count(released, 'delivery goes', 'deliveries go')} on.`
      },
    )
  }
  const add = (event: SubmitEvent): void => {
    const form = event.currentTarget
    const field = fieldsOf(event)
    const until = field('until')
    const body = { q: field('q'), reason: field('reason'), ...(until === '' ? {} : { until }) }
    const said = ({ count: number }: { readonly count: number }): string => {
      return `Held from now on. ${count(number, 'delivery', 'deliveries')} waited and fit.`
    }
    void acting.act('/v1/hold-rules', { method: 'POST', body }, said).then((done) => {
      if (done && form instanceof HTMLFormElement) form.reset()
    })
  }
  return (
    <section class="card" aria-labelledby="hold-rules">
      <h2 id="hold-rules">Hold rules</h2>
      <Said acting={acting} />
      {rules.length === 0 ? (
        <p class="muted">None. A rule holds mail that fits its words, also mail to come.</p>
      ) : null}
      <Table
        caption="Mail that is held when it would be sent"
        heads={['Fits', 'Until', 'Why', 'Holds', 'Actions']}
        rows={rules.map((rule) => [
          <code key="q">{plainly(rule.q)}</code>,
          rule.until === null ? 'it is removed' : <Time key="until" at={rule.until} />,
          `${plainly(rule.why === '' ? '–' : rule.why)} (${plainly(rule.by)})`,
          String(rule.held),
          <button
            key="act"
            type="button"
            class="small"
            disabled={acting.busy}
            onClick={() => remove(rule)}
          >
            Remove<span class="heard"> {rule.q}</span>
          </button>,
        ])}
      />
      <details class="given">
        <summary>Hold mail by its words</summary>
        <form class="stack" onSubmit={add}>
          <div class="two">
            <label>
              Words that all must fit: <code>from:@shop.example subject:"last reminder"</code>
              <input name="q" required maxLength={1000} autocapitalize="off" autocomplete="off" />
            </label>
            <label>
              Until: in <code>2h</code>, <code>3d</code>, or at <code>2026-12-01T08:00</code> (UTC).
              Empty: until it is removed
              <input name="until" maxLength={40} autocomplete="off" />
            </label>
            <label>
              Why
              <input name="reason" maxLength={500} autocomplete="off" />
            </label>
          </div>
          <p>
            <button type="submit" disabled={acting.busy}>
              Hold it
            </button>
          </p>
        </form>
      </details>
    </section>
  )
}
