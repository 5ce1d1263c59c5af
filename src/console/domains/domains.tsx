import { useEffect } from 'preact/hooks'
import { type Acting, useAct } from '../api/act.ts'
import { useResource } from '../api/resource.ts'
import { fieldsOf } from '../parts/fields.ts'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { plainly } from '../parts/plain.ts'
import { type Listed, originOf } from '../parts/placed.ts'
import { Said } from '../parts/said.tsx'
import { mayManage } from '../shell/may.ts'
import { DomainCard } from './card.tsx'
import type { Domain } from './model.ts'

/** The domains that mail is taken for, what DNS has to say for each, and what it says. */
export function DomainsPage() {
  const found = useResource<Listed<Domain>>('/v1/domains')
  const acting = useAct(found.again)
  useEffect(() => {
    document.title = 'Domains · Waybill'
  }, [])
  const { data: all = [], note = '' } = found.data ?? {}
  const changes = found.data !== undefined && note === '' && mayManage()
  return (
    <>
      <h1>Domains</h1>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      {note === '' ? null : <p class="notice">{plainly(note)}</p>}
      <Said acting={acting} />
      {found.loading ? <Loading /> : null}
      {found.data !== undefined && all.length === 0 && note === '' ? (
        <Empty>
          <h2>No domain yet</h2>
          <p>
            Mail is taken for domains that are named: add one below, or with{' '}
            <code>waybill domain add your.domain</code>. Its signing keys are made with it.
          </p>
        </Empty>
      ) : null}
      {all.map((domain) => (
        <DomainCard
          key={domain.domain}
          domain={domain}
          origin={originOf(domain)}
          changes={changes}
          open={all.length === 1}
          removed={acting}
        />
      ))}
      {changes ? <AddDomain acting={acting} /> : null}
    </>
  )
}

function AddDomain({ acting }: { readonly acting: Acting }) {
  const submit = (event: SubmitEvent): void => {
    const form = event.currentTarget
    const body = { domain: fieldsOf(event)('domain') }
    const said = ({ added }: { readonly added: string }): string => {
      return `Mail for ${added} is taken from now on. Publish its records, which stand below.`
    }
    void acting.act('/v1/domains', { method: 'POST', body }, said).then((done) => {
      if (done && form instanceof HTMLFormElement) form.reset()
    })
  }
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>One more domain</h2>
      <label>
        Domain; its signing keys are made at once
        <input name="domain" required autocomplete="off" placeholder="your.domain" />
      </label>
      <p>
        <button type="submit" class="first" disabled={acting.busy}>
          Take mail for it
        </button>
      </p>
    </form>
  )
}
