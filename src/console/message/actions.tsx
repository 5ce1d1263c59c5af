import { useState } from 'preact/hooks'
import { ask, asProblem } from '../api/ask.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { query, withQuery } from '../shell/route.ts'
import { mayManage, mayTakeBack } from '../shell/may.ts'
import type { Problem } from '../types.ts'
import { type Action, actionsFor, allowedOf } from './acts.ts'
import type { Message } from './tab.ts'

/** What can be done with a message as it is now, and the two things that can be done with any. */
export function Actions(props: { readonly message: Message; readonly changed: () => void }) {
  const { message, changed } = props
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [done, setDone] = useState('')
  const act = async ({ name, verb, sure, body = {} }: Action): Promise<void> => {
    if (sure !== undefined && !window.confirm(sure)) return
    setProblem(undefined)
    try {
      await ask(`/v1/messages/${message.id}/${verb}`, { method: 'POST', body })
      setDone(`${name}: done.`)
      changed()
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  const open = query.value.has('what-if')
  return (
    <div class="actions">
      <span class="heard" role="status">
        {done}
      </span>
      {allowedOf(actionsFor(message), { manage: mayManage(), own: mayTakeBack() }).map((action) => (
        <button key={action.verb} type="button" onClick={() => void act(action)}>
          {action.name}
        </button>
      ))}
      <a class="button" href={`/v1/messages/${message.id}/export`} download>
        Export<span class="heard"> the journey with all that a replay needs</span>
      </a>
      <a
        class="button first"
        data-stay
        data-key="w"
        href={withQuery({ 'what-if': open ? null : '1', dns: null })}
      >
        What if …
      </a>
      {problem === undefined ? null : <ProblemNotice problem={problem} />}
    </div>
  )
}
