import { fieldsOf } from '../parts/fields.ts'
import { go, stay, withQuery } from '../shell/route.ts'
import { reasons, type Shown } from './model.ts'

const all = { reason: '', word: 'all' }
const chips = [all, ...Object.entries(reasons).map(([reason, { word }]) => ({ reason, word }))]

/** Which of the list are shown. A change begins at the first page. */
export function Find({ shown }: { readonly shown: Shown }) {
  const search = (event: SubmitEvent): void => {
    go(withQuery({ q: fieldsOf(event)('q'), after: null }))
  }
  return (
    <>
      <form class="query" onSubmit={search}>
        <input
          key={shown.part}
          name="q"
          type="search"
          defaultValue={shown.part}
          maxLength={1000}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-label="Only addresses with this in them"
          placeholder="ann, or @north.example"
        />
        <button type="submit">Find</button>
      </form>
      <div class="chips">
        <div class="chip-group" role="group" aria-label="Reason">
          {chips.map(({ reason, word }) => (
            <button
              key={word}
              type="button"
              class="chip"
              aria-pressed={shown.reason === reason}
              onClick={() => stay(withQuery({ reason, after: null }))}
            >
              {word.charAt(0).toUpperCase() + word.slice(1)}
            </button>
          ))}
        </div>
      </div>
    </>
  )
}
