import { useEffect, useState } from 'preact/hooks'
import { type Acting, useAct } from '../api/act.ts'
import { useResource } from '../api/resource.ts'
import { fieldsOf } from '../parts/fields.ts'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { plainly } from '../parts/plain.ts'
import { type Listed, originOf } from '../parts/placed.ts'
import { Said } from '../parts/said.tsx'
import { Table } from '../parts/table.tsx'
import { Address } from '../parts/text.tsx'
import { Pill } from '../parts/verdict.tsx'
import { mayManage } from '../shell/may.ts'
import { AliasSection } from './aliases.tsx'
import { Forward } from './forward.tsx'
import type { Account } from './model.ts'

/** An account, and what of it is being changed. */
interface Chosen {
  readonly of: Account
  readonly form: 'password' | 'forward'
}

/** Who has a mailbox here, who may log in, and which addresses lead on to them. */
export function AccountsPage() {
  const found = useResource<Listed<Account>>('/v1/accounts')
  const acting = useAct(found.again)
  const [chosen, setChosen] = useState<Chosen | undefined>(undefined)
  useEffect(() => {
    document.title = 'Accounts · Waybill'
  }, [])
  const { data: all = [], note = '' } = found.data ?? {}
  const changes = found.data !== undefined && note === '' && mayManage()
  const close = (): void => setChosen(undefined)
  return (
    <>
      <h1>Accounts</h1>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      {note === '' ? null : <p class="notice">{plainly(note)}</p>}
      <Said acting={acting} />
      {found.loading ? <Loading /> : null}
      {found.data !== undefined && all.length === 0 && note === '' ? <NoAccounts /> : null}
      <Accounts all={all} changes={changes} acting={acting} choose={setChosen} />
      {chosen?.form === 'password' ? (
        <Password key={chosen.of.address} address={chosen.of.address} {...{ acting, close }} />
      ) : null}
      {chosen?.form === 'forward' ? (
        <Forward key={chosen.of.address} account={chosen.of} {...{ acting, close }} />
      ) : null}
      {changes ? <AddAccount acting={acting} /> : null}
      {found.data === undefined ? null : <AliasSection changes={changes} />}
    </>
  )
}

function NoAccounts() {
  return (
    <Empty>
      <h2>No account yet</h2>
      <p>
        Who shall get mail here needs one: add it below, or with{' '}
        <code>waybill account add you@your.domain</code>.
      </p>
    </Empty>
  )
}

/** One below the other. */
function Addresses({ of }: { readonly of: readonly string[] }) {
  if (of.length === 0) return '–'
  return of.map((one) => (
    <div key={one}>
      <Address of={one} />
    </div>
  ))
}

function Accounts(props: {
  readonly all: readonly Account[]
  readonly changes: boolean
  readonly acting: Acting
  readonly choose: (chosen: Chosen) => void
}) {
  const { all, changes, acting, choose } = props
  const remove = (address: string): void => {
    if (!window.confirm(`Remove the account ${address}? Mail that was filed for it stays.`)) return
    const path = `/v1/accounts/${encodeURIComponent(address)}`
    void acting.act(path, { method: 'DELETE' }, () => `${address} takes no more mail.`)
  }
  return (
    <Table
      caption="Accounts"
      heads={['Address', 'Login', 'Also', 'Handed on to', 'From', ...(changes ? ['Actions'] : [])]}
      rows={all.map((account) => [
        <span key="address">
          <Address of={account.address} />{' '}
          <a class="small" href={`/?${new URLSearchParams({ q: `account:${account.address}` })}`}>
            its messages
          </a>
        </span>,
        <Pill key="login" tone={account.login ? 'pass' : 'none'}>
          {account.login ? 'logs in' : 'only receives'}
        </Pill>,
        <Addresses key="also" of={account.aliases} />,
        <Addresses key="forward" of={account.forward} />,
        originOf(account),
        ...(changes
          ? [
              account.from === 'store' ? (
                <span key="act" class="bulk">
                  <button
                    type="button"
                    class="small"
                    onClick={() => choose({ of: account, form: 'password' })}
                  >
                    Password<span class="heard"> of {account.address}</span>
                  </button>
                  <button
                    type="button"
                    class="small"
                    onClick={() => choose({ of: account, form: 'forward' })}
                  >
                    Hand on<span class="heard"> what {account.address} gets</span>
                  </button>
                  <button type="button" class="small" onClick={() => remove(account.address)}>
                    Remove<span class="heard"> {account.address}</span>
                  </button>
                </span>
              ) : (
                <span key="act" class="muted small">
                  changed in the settings file
                </span>
              ),
            ]
          : []),
      ])}
    />
  )
}

function Password(props: {
  readonly address: string
  readonly acting: Acting
  readonly close: () => void
}) {
  const { address, acting, close } = props
  const path = `/v1/accounts/${encodeURIComponent(address)}/password`
  const set = async (body: { readonly password?: string }): Promise<void> => {
    const word = body.password === undefined ? 'Nobody logs in as' : 'The new password holds for'
    if (await acting.act(path, { method: 'POST', body }, () => `${word} ${address} now.`)) close()
  }
  const submit = (event: SubmitEvent): void => {
    void set({ password: fieldsOf(event)('password', 'whole') })
  }
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>A new password for {plainly(address)}</h2>
      <label>
        Password
        <input
          name="password"
          type="password"
          required
          autocomplete="new-password"
          ref={(field) => field?.focus()}
        />
      </label>
      <p class="bulk">
        <button type="submit" class="first" disabled={acting.busy}>
          Set the password
        </button>
        <button type="button" disabled={acting.busy} onClick={() => void set({})}>
          Let nobody log in
        </button>
        <button type="button" class="quiet" onClick={close}>
          Cancel
        </button>
      </p>
    </form>
  )
}

interface Added {
  readonly added: string
  readonly login: boolean
  readonly messages: number
}

function told({ added, login, messages }: Added): string {
  const there = `${added} has a mailbox now${login ? ' and may log in' : ''}.`
  if (messages === 0) return there
  return `${there} In it is mail that was filed for this address before: ${messages}.`
}

function AddAccount({ acting }: { readonly acting: Acting }) {
  const submit = (event: SubmitEvent): void => {
    const form = event.currentTarget
    const field = fieldsOf(event)
    const password = field('password', 'whole')
    const body = { address: field('address'), ...(password === '' ? {} : { password }) }
    void acting.act('/v1/accounts', { method: 'POST', body }, told).then((done) => {
      if (done && form instanceof HTMLFormElement) form.reset()
    })
  }
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>One more account</h2>
      <label>
        Address, in one of your domains; it is also the login
        <input name="address" type="email" required autocomplete="off" />
      </label>
      <label>
        Password; without one it only receives
        <input name="password" type="password" autocomplete="new-password" />
      </label>
      <p>
        <button type="submit" class="first" disabled={acting.busy}>
          Add the account
        </button>
      </p>
    </form>
  )
}
