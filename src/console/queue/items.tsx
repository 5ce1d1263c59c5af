import { useState } from 'preact/hooks'
import { type Acting, useAct } from '../api/act.ts'
import { WhyText } from '../message/why.tsx'
import { Said } from '../parts/said.tsx'
import { count, plainly } from '../parts/plain.ts'
import { PlanLine } from '../parts/plan-line.tsx'
import { Table } from '../parts/table.tsx'
import { Address, Time } from '../parts/text.tsx'
import { Pill } from '../parts/verdict.tsx'
import { mayManage } from '../shell/may.ts'
import { type Done, doneText } from './bulk.tsx'
import {
  acts,
  fitting,
  type Given,
  isFinal,
  type Item,
  keptBy,
  type Queue,
  question,
  type Verb,
  wishOf,
} from './model.ts'

/** Does something with letters that wait; whoever sends them is told of what is given up. */
async function change(
  acting: Acting,
  items: readonly Item[],
  { verb, given }: { readonly verb: Verb; readonly given: Given },
): Promise<boolean> {
  const asked = question(verb, items.length)
  if (asked !== '' && !window.confirm(asked)) return false
  const body = wishOf(verb, { ids: items.map(({ id }) => id) }, given)
  const name = acts.find((one) => one.verb === verb)?.name ?? verb
  return await acting.act('/v1/queue/actions', { method: 'POST', body }, (done: Done) => {
    return doneText(name, done)
  })
}

/** Each recipient that waits, with its plan; several can be chosen and changed at once. */
export function Items(props: {
  readonly queue: Queue
  readonly changed: () => void
  readonly given: Given
}) {
  const { queue, changed, given } = props
  const acting = useAct(changed)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const may = mayManage()
  const shown = queue.data
  const items = shown.filter(({ id }) => chosen.has(id))
  const choose = (ids: readonly string[], on: boolean): void => {
    const next = new Set(chosen)
    for (const id of ids) {
      if (on) next.add(id)
      else next.delete(id)
    }
    setChosen(next)
  }
  return (
    <>
      <Said acting={acting} />
      {may && shown.length > 1 ? (
        <Selection
          shown={shown}
          items={items}
          acting={acting}
          given={given}
          choose={(all) => setChosen(new Set(all ? shown.map(({ id }) => id) : []))}
        />
      ) : null}
      <Table
        caption="What waits, the next attempts first"
        heads={['Message', 'For', 'State', 'Retry plan', 'Last problem', 'Actions']}
        rows={shown.map((item) => [
          <span key="id" class="marked">
            {may && shown.length > 1 ? (
              <input
                type="checkbox"
                aria-label={`Choose ${item.journey} for ${item.recipient}`}
                checked={chosen.has(item.id)}
                onChange={() => choose([item.id], !chosen.has(item.id))}
              />
            ) : null}
            <a href={`/messages/${item.journey}`} data-row={item.journey}>
              <code>{item.journey}</code>
            </a>
          </span>,
          <Address key="for" of={item.recipient} />,
          <State key="state" item={item} />,
          <PlanLine key="plan" plan={item} />,
          <Last key="last" item={item} />,
          may ? <RowActs key="act" item={item} acting={acting} given={given} /> : '–',
        ])}
      />
      {queue.has_more === true ? (
        <p class="muted">There are more: find some, or act on all that fit.</p>
      ) : null}
    </>
  )
}

function Selection(props: {
  readonly shown: readonly Item[]
  readonly items: readonly Item[]
  readonly acting: Acting
  readonly given: Given
  readonly choose: (all: boolean) => void
}) {
  const { shown, items, acting, given, choose } = props
  return (
    <div class="bulk" role="group" aria-label="With the chosen ones">
      <label>
        <input
          type="checkbox"
          checked={items.length === shown.length}
          onChange={() => choose(items.length !== shown.length)}
        />{' '}
        {items.length === 0 ? 'Choose all' : `${items.length} chosen`}
      </label>
      {items.length === 0
        ? null
        : acts.map(({ verb, name }) => {
            const fit = fitting(items, verb)
            return (
              <button
                key={verb}
                type="button"
                class={isFinal(verb) ? 'small danger' : 'small'}
                disabled={fit.length === 0 || acting.busy}
                onClick={() => {
                  void change(acting, fit, { verb, given }).then((done) => done && choose(false))
                }}
              >
                {name} ({fit.length})
              </button>
            )
          })}
    </div>
  )
}

function RowActs(props: { readonly item: Item; readonly acting: Acting; readonly given: Given }) {
  const { item, acting, given } = props
  const verbs = acts.filter(({ verb }) => !isFinal(verb) && fitting([item], verb).length > 0)
  return (
    <span class="bulk">
      {verbs.map(({ verb, name }) => (
        <button
          key={verb}
          type="button"
          class="small"
          onClick={() => void change(acting, [item], { verb, given })}
        >
          {name}
          <span class="heard"> {item.journey}</span>
        </button>
      ))}
    </span>
  )
}

/** The last problem, and on demand the whole of why it waits. */
function Last({ item }: { readonly item: Item }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      {plainly(item.last_problem ?? '–')}
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          Why<span class="heard"> {item.journey} waits</span>
        </summary>
        {open ? <WhyText id={item.journey} recipient={item.recipient} since={item} /> : null}
      </details>
    </>
  )
}

function State({ item }: { readonly item: Item }) {
  if (item.held) {
    const { held_until: until, hold_reason: why } = item
    return (
      <>
        <Pill tone="wait">held</Pill>
        {until === null ? null : (
          <>
            {' '}
            until <Time at={until} />
          </>
        )}
        {why === '' ? null : <span class="muted"> {plainly(why)}</span>}
      </>
    )
  }
  const kept = keptBy(item)
  return (
    <>
      <Pill tone="wait">
        {item.attempts === 0 ? 'not tried yet' : `tried ${count(item.attempts, 'time')}`}
      </Pill>
      {kept === undefined ? null : <span class="muted"> {plainly(kept)}</span>}
    </>
  )
}
