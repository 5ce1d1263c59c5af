import { fieldsOf } from '../parts/fields.ts'
import { go, stay, withQuery } from '../shell/route.ts'
import { type Chip, chosen, isChosen } from '../messages/filters.ts'

const chips: readonly Chip[] = [
  { name: 'All', key: 'status', value: '' },
  { name: 'Not tried yet', key: 'status', value: 'queued' },
  { name: 'Tried in vain', key: 'status', value: 'deferred' },
  { name: 'Held', key: 'status', value: 'held' },
]

/** Which of those that wait are shown, and acted on. */
export function Find({ q }: { readonly q: string }) {
  return (
    <>
      <form
        class="query"
        onSubmit={(event) => go(withQuery({ q: fieldsOf(event)('q') }, '/queue'))}
      >
        <input
          key={q}
          name="q"
          type="search"
          defaultValue={q}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-label="Only what waits and fits"
          placeholder="domain:example.com older:2h -from:@shop.example"
        />
        <button type="submit">Find</button>
      </form>
      <div class="chips">
        <div class="chip-group" role="group" aria-label="State">
          {chips.map((chip) => (
            <button
              key={chip.name}
              type="button"
              class="chip"
              aria-pressed={isChosen(q, chip)}
              onClick={() => stay(withQuery({ q: chosen(q, chip) }, '/queue'))}
            >
              {chip.name}
            </button>
          ))}
        </div>
      </div>
    </>
  )
}
