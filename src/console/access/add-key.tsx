import type { Acting } from '../api/act.ts'
import { fieldsOf } from '../parts/fields.ts'
import { wordsIn } from '../parts/words.ts'
import { endOfDay, type Key } from './model.ts'

/** A key just made, with its secret. */
export interface MadeKey extends Key {
  readonly secret: string
}

const scopes = [
  ['read', 'look at messages, journeys, the queue and reports'],
  ['send', 'send letters'],
  ['manage', 'change whatever can be changed, keys too'],
] as const

/** What a new key is to open. */
export function AddKey(props: { readonly acting: Acting; readonly made: (key: MadeKey) => void }) {
  const { acting, made } = props
  const submit = (event: SubmitEvent): void => {
    const form = event.currentTarget
    const body = wishIn(fieldsOf(event))
    const said = (key: MadeKey): string => {
      made(key)
      return `The key ${key.name} is made.`
    }
    void acting.act<MadeKey>('/v1/keys', { method: 'POST', body }, said).then((done) => {
      if (done && form instanceof HTMLFormElement) form.reset()
    })
  }
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>One more key</h2>
      <label>
        Name, by which you know it again
        <input name="name" required maxLength={100} autocomplete="off" />
      </label>
      <fieldset>
        <legend>It may</legend>
        {scopes.map(([name, what]) => (
          <label key={name} class="choice">
            <input name={name} type="checkbox" value="yes" defaultChecked={name === 'read'} />{' '}
            <strong>{name}</strong>: {what}
          </label>
        ))}
      </fieldset>
      <label>
        Sends from these domains only; empty: from any of yours
        <input name="domains" autocomplete="off" />
      </label>
      <label>
        Is of this account, and sees its mail only; empty: of the server
        <input name="account" inputMode="email" autocapitalize="off" autocomplete="off" />
      </label>
      <label>
        Works until the end of this day; empty: for good
        <input name="ends" type="date" />
      </label>
      <p>
        <button type="submit" class="first" disabled={acting.busy}>
          Make the key
        </button>
      </p>
    </form>
  )
}

function wishIn(field: ReturnType<typeof fieldsOf>): Record<string, unknown> {
  const [domains, account, end] = [
    wordsIn(field('domains')),
    field('account'),
    endOfDay(field('ends')),
  ]
  return {
    name: field('name'),
    scopes: scopes.flatMap(([name]) => (field(name) === '' ? [] : [name])),
    ...(domains.length === 0 ? {} : { domains }),
    ...(account === '' ? {} : { account }),
    ...(end === undefined ? {} : { ends_at: end }),
  }
}
