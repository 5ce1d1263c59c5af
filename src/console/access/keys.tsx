import { useState } from 'preact/hooks'
import { type Acting, useAct } from '../api/act.ts'
import { useResource } from '../api/resource.ts'
import { Sample } from '../parts/copy.tsx'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { Once } from '../parts/once.tsx'
import { plainly } from '../parts/plain.ts'
import { Said } from '../parts/said.tsx'
import { Table } from '../parts/table.tsx'
import { Address, Time } from '../parts/text.tsx'
import { Pill } from '../parts/verdict.tsx'
import { AddKey, type MadeKey } from './add-key.tsx'
import { type Key, lastsFor } from './model.ts'

/** Keys for programs: who has one, one more, and one less. */
export function Keys() {
  const found = useResource<{ readonly data: readonly Key[] }>('/v1/keys')
  const acting = useAct(found.again)
  const [made, setMade] = useState<MadeKey | undefined>(undefined)
  return (
    <section>
      <h2>Keys for programs</h2>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      {found.loading ? <Loading /> : null}
      {found.data?.data.length === 0 ? <NoKeys /> : null}
      <KeyTable all={found.data?.data ?? []} acting={acting} />
      <Said acting={acting} />
      {made === undefined ? null : (
        <Made key={made.id} made={made} done={() => setMade(undefined)} />
      )}
      <AddKey acting={acting} made={setMade} />
    </section>
  )
}

function NoKeys() {
  return (
    <Empty>
      <h3>No key yet</h3>
      <p>
        A program that asks <code>/v1</code> comes with a key of its own, which can do less than you
        and can be taken away by itself.
      </p>
    </Empty>
  )
}

function KeyTable({ all, acting }: { readonly all: readonly Key[]; readonly acting: Acting }) {
  const remove = ({ id, name }: Key): void => {
    if (!window.confirm(`Remove the key ${name}? Whoever has it is refused from then on.`)) return
    const path = `/v1/keys/${encodeURIComponent(id)}`
    void acting.act(path, { method: 'DELETE' }, () => `The key ${name} opens nothing any more.`)
  }
  return (
    <Table
      caption="Keys; their secrets are kept nowhere"
      heads={['Name', 'May', 'Only', 'Used last', 'Ends', 'Actions']}
      rows={all.map((key) => [
        plainly(key.name),
        key.scopes.join(', '),
        <Only key="only" of={key} />,
        key.last_used_at === null ? 'never' : <Time key="used" at={key.last_used_at} />,
        <Lasts key="ends" of={key} />,
        <button key="remove" type="button" class="small" onClick={() => remove(key)}>
          Remove<span class="heard"> the key {key.name}</span>
        </button>,
      ])}
    />
  )
}

function Only({ of: { domains, account } }: { readonly of: Key }) {
  if (account !== null) return <Address of={account} />
  return domains === null ? <>everything</> : <>from {domains.join(', ')}</>
}

function Lasts({ of }: { readonly of: Key }) {
  const word = lastsFor(of, Date.now())
  if (word === 'over') return <Pill tone="none">over</Pill>
  return <span title={of.ends_at ?? ''}>{word}</span>
}

/** The secret of a new key. */
function Made({ made, done }: { readonly made: MadeKey; readonly done: () => void }) {
  return (
    <Once title={`The secret of ${made.name}`} done={done}>
      <p>It is shown this once and kept nowhere: put it where its program finds it.</p>
      <Sample text={made.secret} what="the secret" />
      <p class="small">
        It goes into <code>Authorization: Bearer …</code>
      </p>
    </Once>
  )
}
