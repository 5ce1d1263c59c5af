import { useAct } from '../api/act.ts'
import { useResource } from '../api/resource.ts'
import { fieldsOf } from '../parts/fields.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { type Listed, originOf } from '../parts/placed.ts'
import { Said } from '../parts/said.tsx'
import { Table } from '../parts/table.tsx'
import { Address } from '../parts/text.tsx'
import { wordsIn } from '../parts/words.ts'
import type { Alias } from './model.ts'

/** Addresses that lead on to accounts. */
export function AliasSection({ changes }: { readonly changes: boolean }) {
  const found = useResource<Listed<Alias>>('/v1/aliases')
  const acting = useAct(found.again)
  const all = found.data?.data ?? []
  const remove = (address: string): void => {
    if (!window.confirm(`Remove the alias ${address}? It leads nowhere then.`)) return
    const path = `/v1/aliases/${encodeURIComponent(address)}`
    void acting.act(path, { method: 'DELETE' }, () => `${address} leads nowhere any more.`)
  }
  const submit = (event: SubmitEvent): void => {
    const form = event.currentTarget
    const field = fieldsOf(event)
    const to = wordsIn(field('to'))
    const body = { address: field('address'), to, send: field('send') !== '' }
    const said = (): string => `${body.address} leads to ${to.join(', ')} now.`
    void acting.act('/v1/aliases', { method: 'POST', body }, said).then((done) => {
      if (done && form instanceof HTMLFormElement) form.reset()
    })
  }
  if (all.length === 0 && !changes) return null
  return (
    <section>
      <h2>Aliases</h2>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      {all.length === 0 ? (
        <p class="muted">No address leads on to another one yet.</p>
      ) : (
        <Table
          caption="Addresses that lead on"
          heads={['Address', 'Leads to', 'Sends', 'From', ...(changes ? ['Actions'] : [])]}
          rows={all.map((alias) => [
            <Address key="address" of={alias.address} />,
            alias.to.map((one) => (
              <div key={one}>
                <Address of={one} />
              </div>
            )),
            alias.send ? 'they may write in its name' : 'no',
            originOf(alias),
            ...(changes
              ? [
                  alias.from === 'store' ? (
                    <button
                      key="remove"
                      type="button"
                      class="small"
                      onClick={() => remove(alias.address)}
                    >
                      Remove<span class="heard"> {alias.address}</span>
                    </button>
                  ) : (
                    <span key="remove" class="muted small">
                      changed in the settings file
                    </span>
                  ),
                ]
              : []),
          ])}
        />
      )}
      <Said acting={acting} />
      {changes ? (
        <form class="card stack" onSubmit={submit}>
          <h2>One more alias</h2>
          <label>
            Address; <code>*@your.domain</code> catches the rest of a domain
            <input name="address" required autocomplete="off" />
          </label>
          <label>
            Leads to, one or several addresses
            <input name="to" required autocomplete="off" />
          </label>
          <label class="choice">
            <input name="send" type="checkbox" value="yes" /> Those whom it leads to may write in
            its name
          </label>
          <p>
            <button type="submit" class="first" disabled={acting.busy}>
              Add the alias
            </button>
          </p>
        </form>
      ) : null}
    </section>
  )
}
