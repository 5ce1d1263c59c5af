import { useEffect, useState } from 'preact/hooks'
import { type Acting, useAct } from '../api/act.ts'
import { useResource } from '../api/resource.ts'
import { Sample } from '../parts/copy.tsx'
import { fieldsOf } from '../parts/fields.ts'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { Once } from '../parts/once.tsx'
import { count, plainly } from '../parts/plain.ts'
import { Said } from '../parts/said.tsx'
import { Table } from '../parts/table.tsx'
import { Time } from '../parts/text.tsx'
import { Pill } from '../parts/verdict.tsx'
import { mayManage } from '../shell/may.ts'
import { wordsIn } from '../parts/words.ts'
import { Attempts } from './attempts.tsx'
import { type Hook, type MadeHook, toldOfTest } from './model.ts'

/** Who is told of events by HTTP. */
export function WebhooksPage() {
  const found = useResource<{ readonly data: readonly Hook[] }>('/v1/webhooks')
  const acting = useAct(found.again)
  const [made, setMade] = useState<MadeHook | undefined>(undefined)
  const [shown, setShown] = useState('')
  useEffect(() => {
    document.title = 'Webhooks · Waybill'
  }, [])
  const all = found.data?.data ?? []
  const chosen = all.find(({ id }) => id === shown)
  return (
    <>
      <h1>Webhooks</h1>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      {found.loading ? <Loading /> : null}
      {found.data !== undefined && all.length === 0 ? <NoHooks /> : null}
      <Hooks all={all} acting={acting} show={setShown} />
      <Said acting={acting} />
      {made === undefined ? null : (
        <Once title="The secret of its signatures" done={() => setMade(undefined)}>
          <p>{plainly(made.url)} checks by it who calls. It is shown this once.</p>
          <Sample text={made.secret} what="the secret" />
        </Once>
      )}
      {chosen === undefined ? null : (
        <Attempts key={chosen.id} hook={chosen} close={() => setShown('')} />
      )}
      {mayManage() ? <AddHook acting={acting} made={setMade} /> : null}
    </>
  )
}

function NoHooks() {
  return (
    <Empty>
      <h2>Nobody is told yet</h2>
      <p>
        A program that is called with each event needs not ask for it: a POST in the form of
        Standard Webhooks, signed, and tried again for days.
      </p>
    </Empty>
  )
}

function Hooks(props: {
  readonly all: readonly Hook[]
  readonly acting: Acting
  readonly show: (id: string) => void
}) {
  const { all, acting, show } = props
  return (
    <Table
      caption="Who is told of events"
      heads={['Address', 'Events', 'State', 'Waiting', 'Actions']}
      rows={all.map((hook) => [
        <code key="url">{plainly(hook.url)}</code>,
        hook.events.length === 0 ? 'all' : hook.events.join(', '),
        <State key="state" hook={hook} />,
        count(hook.waiting, 'event'),
        <RowActs key="act" {...{ hook, acting, show }} />,
      ])}
    />
  )
}

function State({ hook: { enabled, off, failing_since: since } }: { readonly hook: Hook }) {
  if (!enabled) {
    return (
      <>
        <Pill tone="none">off</Pill> {plainly(off)}
      </>
    )
  }
  if (since === null) return <Pill tone="pass">on</Pill>
  return (
    <>
      <Pill tone="warn">not taken</Pill> since <Time at={since} />
    </>
  )
}

function RowActs(props: {
  readonly hook: Hook
  readonly acting: Acting
  readonly show: (id: string) => void
}) {
  const { hook, acting, show } = props
  const path = `/v1/webhooks/${encodeURIComponent(hook.id)}`
  const remove = (): void => {
    if (!window.confirm(`Tell ${hook.url} nothing more? What is on its way there is forgotten.`)) {
      return
    }
    void acting.act(path, { method: 'DELETE' }, () => `${hook.url} is told nothing more.`)
  }
  const test = (): void => void acting.act(`${path}/test`, { method: 'POST', body: {} }, toldOfTest)
  const turn = (): void => {
    const body = { enabled: !hook.enabled }
    const said = (): string => `${hook.url} is ${hook.enabled ? 'off' : 'on'} now.`
    void acting.act(path, { method: 'PATCH', body }, said)
  }
  const changes = mayManage()
    ? ([
        ['Test', test],
        [hook.enabled ? 'Switch off' : 'Switch on', turn],
        ['Remove', remove],
      ] as const)
    : []
  return (
    <span class="bulk">
      {[['Attempts', () => show(hook.id)] as const, ...changes].map(([name, act]) => (
        <button key={name} type="button" class="small" disabled={acting.busy} onClick={act}>
          {name}
          <span class="heard"> {hook.url}</span>
        </button>
      ))}
    </span>
  )
}

function AddHook(props: { readonly acting: Acting; readonly made: (hook: MadeHook) => void }) {
  const { acting, made } = props
  const submit = (event: SubmitEvent): void => {
    const form = event.currentTarget
    const field = fieldsOf(event)
    const body = { url: field('url'), events: wordsIn(field('events')) }
    const said = (hook: MadeHook): string => {
      made(hook)
      return `${hook.url} is told from now on.`
    }
    void acting.act<MadeHook>('/v1/webhooks', { method: 'POST', body }, said).then((done) => {
      if (done && form instanceof HTMLFormElement) form.reset()
    })
  }
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>Tell one more</h2>
      <label>
        Its address
        <input name="url" inputMode="url" required placeholder="https://…" autocomplete="off" />
      </label>
      <label>
        Events, or their beginnings: <code>delivery.failed message.</code> Empty: all
        <input name="events" autocapitalize="off" autocomplete="off" />
      </label>
      <p>
        <button type="submit" class="first" disabled={acting.busy}>
          Tell it
        </button>
      </p>
    </form>
  )
}
