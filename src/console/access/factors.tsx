import { useState } from 'preact/hooks'
import { type Acting, useAct } from '../api/act.ts'
import { type Resource, useResource } from '../api/resource.ts'
import { fieldsOf } from '../parts/fields.ts'
import { Loading, ProblemNotice } from '../parts/notice.tsx'
import { count } from '../parts/plain.ts'
import { Said } from '../parts/said.tsx'
import { Table } from '../parts/table.tsx'
import { Address, Time } from '../parts/text.tsx'
import { Pill } from '../parts/verdict.tsx'
import { isAccount } from '../shell/may.ts'
import { session } from '../shell/session.ts'
import type { Factor } from './model.ts'
import { RemoveOwn } from './remove-own.tsx'
import { type Begun, SetUp } from './set-up.tsx'

/** Who logs in on the page with a code of an app beside token or password. */
export function Factors() {
  const found = useResource<{ readonly data: readonly Factor[] }>('/v1/second-factors')
  const acting = useAct(found.again)
  const [begun, setBegun] = useState<Begun | undefined>(undefined)
  const begin = (who: string): void => {
    const said = (one: Begun): string => {
      setBegun(one)
      return ''
    }
    void acting.act<Begun>('/v1/second-factors', { method: 'POST', body: { who } }, said)
  }
  return (
    <section>
      <h2>Second factor</h2>
      <p class="muted">
        Who logs in on this page then gives a code of an app (TOTP), too. Programs come with keys,
        and mail programs with the password as before.
      </p>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      {found.loading ? <Loading /> : null}
      <Said acting={acting} />
      {found.data === undefined ? null : <State found={found} {...{ acting, begin }} />}
      {begun === undefined ? null : (
        <SetUp
          key={begun.secret}
          begun={begun}
          changed={found.again}
          close={() => setBegun(undefined)}
        />
      )}
    </section>
  )
}

interface StateProps {
  readonly found: Resource<{ readonly data: readonly Factor[] }>
  readonly acting: Acting
  readonly begin: (who: string) => void
}

function State({ found, acting, begin }: StateProps) {
  const all = found.data?.data ?? []
  return isAccount() ? (
    <Own own={all[0]} {...{ acting, begin }} />
  ) : (
    <Everybody all={all} {...{ acting, begin }} />
  )
}

/** That of the account that is logged in. */
function Own(props: { readonly own: Factor | undefined } & Omit<StateProps, 'found'>) {
  const { own, acting, begin } = props
  const who = session.value?.account ?? ''
  return (
    <>
      <p>
        <Address of={who} /> <FactorPill of={own} />{' '}
        {own?.confirmed === true ? `${left(own)}.` : null}
      </p>
      {own?.confirmed === true ? (
        <RemoveOwn who={who} acting={acting} />
      ) : (
        <p>
          <button type="button" class="first" disabled={acting.busy} onClick={() => begin(who)}>
            Set it up
          </button>
        </p>
      )}
    </>
  )
}

/** Those of the operator and of all accounts. */
function Everybody(props: { readonly all: readonly Factor[] } & Omit<StateProps, 'found'>) {
  const { all, acting, begin } = props
  const remove = (who: string): void => {
    const sure = `Remove the second factor of ${who}? They log in without a code from then on.`
    if (!window.confirm(sure)) return
    const path = `/v1/second-factors/${encodeURIComponent(who)}/remove`
    const said = (): string => `${who} logs in without a code from now on.`
    void acting.act(path, { method: 'POST', body: {} }, said)
  }
  return (
    <>
      {all.length === 0 ? <p>Nobody has one yet.</p> : null}
      <Table
        caption="Who has a second factor"
        heads={['Who', 'State', 'Since', 'To fall back on', 'Actions']}
        rows={all.map((one) => [
          <Address key="who" of={one.who} />,
          <FactorPill key="state" of={one} />,
          one.confirmed_at === null ? '–' : <Time key="since" at={one.confirmed_at} />,
          left(one),
          <button key="remove" type="button" class="small" onClick={() => remove(one.who)}>
            Remove<span class="heard"> the second factor of {one.who}</span>
          </button>,
        ])}
      />
      <form class="card stack" onSubmit={(event) => begin(fieldsOf(event)('who'))}>
        <h2>Set one up</h2>
        <label>
          For whom: <code>operator</code>, who has the token, or an account
          <input name="who" required defaultValue="operator" autocomplete="off" />
        </label>
        <p>
          <button type="submit" class="first" disabled={acting.busy}>
            Make a secret
          </button>
        </p>
      </form>
    </>
  )
}

function FactorPill({ of }: { readonly of: Factor | undefined }) {
  if (of === undefined) return <Pill tone="none">no second factor</Pill>
  return of.confirmed ? (
    <Pill tone="pass">asked for</Pill>
  ) : (
    <Pill tone="wait">begun, not confirmed</Pill>
  )
}

function left({ confirmed, recovery_codes_left: codes }: Factor): string {
  if (!confirmed) return '–'
  return `${count(codes, 'recovery code')} left`
}
