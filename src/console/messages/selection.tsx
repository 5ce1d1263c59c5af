import { useAct } from '../api/act.ts'
import { count } from '../parts/plain.ts'
import { Said } from '../parts/said.tsx'
import { session } from '../shell/session.ts'
import type { Row } from '../types.ts'
import { fitting, verbs, type Verb } from './chosen.ts'

/** The chosen ones with one more, or with one less. */
export function without(chosen: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(chosen)
  if (!next.delete(id)) next.add(id)
  return next
}

interface Done {
  readonly count: number
}

/** Begins and ends choosing, and does something with what is chosen. */
export function Selection(props: {
  readonly rows: readonly Row[]
  readonly chosen: ReadonlySet<string> | undefined
  readonly choose: (chosen: ReadonlySet<string> | undefined) => void
  readonly done: () => void
}) {
  const { rows, chosen, choose, done } = props
  const acting = useAct(done)
  if (chosen === undefined) {
    return (
      <>
        <Said acting={acting} />
        <p class="bulk">
          <button type="button" class="small" onClick={() => choose(new Set())}>
            Choose several
          </button>
        </p>
      </>
    )
  }
  const marked = rows.filter(({ id }) => chosen.has(id))
  const act = async (verb: Verb, fit: readonly Row[]): Promise<void> => {
    const { name, path, sure } = verb
    if (sure !== undefined && !window.confirm(sure(count(fit.length, 'message')))) return
    const ids = fit.map(({ id }) => id)
    const body = path === '/v1/queue/actions' ? { action: verb.verb, ids } : { ids }
    const was = await acting.act<Done>(path, { method: 'POST', body }, (answer) => {
      return `${name}: done with ${answer.count}.`
    })
    if (was) choose(undefined)
  }
  const all = marked.length === rows.length
  return (
    <>
      <Said acting={acting} />
      <div class="bulk" role="group" aria-label="With the chosen ones">
        <label>
          <input
            type="checkbox"
            checked={all}
            onChange={() => choose(new Set(all ? [] : rows.map(({ id }) => id)))}
          />{' '}
          {count(marked.length, 'message')} chosen
        </label>
        {verbs(session.value?.mode).map((verb) => {
          const fit = fitting(marked, verb)
          return (
            <button
              key={verb.verb}
              type="button"
              class="small"
              disabled={fit.length === 0 || acting.busy}
              onClick={() => void act(verb, fit)}
            >
              {verb.name} ({fit.length})
            </button>
          )
        })}
        <button type="button" class="small quiet" onClick={() => choose(undefined)}>
          Cancel
        </button>
      </div>
    </>
  )
}
