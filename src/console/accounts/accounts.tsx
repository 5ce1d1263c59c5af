import { useEffect, useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { useResource } from '../api/resource.ts'
import { fieldsOf } from '../parts/fields.ts'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import { plainly } from '../parts/plain.ts'
import { Address } from '../parts/text.tsx'
import { Pill } from '../parts/verdict.tsx'
import { session } from '../shell/session.ts'
import type { Problem } from '../types.ts'

interface Account {
  readonly address: string
  readonly from?: string | null
  readonly login?: boolean
  readonly aliases?: readonly string[]
  readonly site?: string
}

/** Who has a mailbox here, and who may log in. */
export function AccountsPage() {
  const found = useResource<{ readonly data: readonly Account[] }>('/v1/accounts')
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  useEffect(() => {
    document.title = 'Accounts · Waybill'
  }, [])
  const act = async (path: string, method: 'POST' | 'DELETE', body: unknown): Promise<void> => {
    setProblem(undefined)
    try {
      await ask(path, { method, body })
      found.again()
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  const remove = (address: string): void => {
    if (!window.confirm(`Remove the account ${address}? Its mail stays on the disk.`)) return
    void act(`/v1/accounts/${encodeURIComponent(address)}`, 'DELETE', undefined)
  }
  const changes = session.value?.mode === 'live'
  return (
    <>
      <h1>Accounts</h1>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
      {found.loading ? <Loading /> : null}
      {found.data?.data.length === 0 ? <Empty>There are no accounts yet.</Empty> : null}
      <Table
        caption="Accounts"
        heads={['Address', 'Login', 'Also', 'From', ...(changes ? ['Actions'] : [])]}
        rows={(found.data?.data ?? []).map((account) => [
          <span key="address">
            <Address of={account.address} />{' '}
            <a class="small" href={`/?${new URLSearchParams({ q: `account:${account.address}` })}`}>
              its messages
            </a>
          </span>,
          account.login === false ? (
            <Pill key="login" tone="none">
              only receives
            </Pill>
          ) : (
            <Pill key="login" tone="pass">
              logs in
            </Pill>
          ),
          plainly(account.aliases?.join(', ') ?? '') || '–',
          plainly(account.from ?? account.site ?? '–'),
          ...(changes
            ? [
                <button
                  key="remove"
                  type="button"
                  class="small"
                  onClick={() => remove(account.address)}
                >
                  Remove<span class="heard"> {account.address}</span>
                </button>,
              ]
            : []),
        ])}
      />
      {changes ? <AddAccount add={(body) => act('/v1/accounts', 'POST', body)} /> : null}
    </>
  )
}

function AddAccount({ add }: { readonly add: (body: unknown) => Promise<void> }) {
  const submit = (event: SubmitEvent): void => {
    const field = fieldsOf(event)
    const password = field('password')
    void add({ address: field('address'), ...(password === '' ? {} : { password }) })
  }
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>One more</h2>
      <label>
        Address
        <input name="address" type="email" required autocomplete="off" />
      </label>
      <label>
        Password; without one it only receives
        <input name="password" type="password" autocomplete="new-password" />
      </label>
      <p>
        <button type="submit" class="first">
          Add the account
        </button>
      </p>
    </form>
  )
}
