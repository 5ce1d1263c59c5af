import type { Draft } from './letter.ts'

interface FieldsProps {
  readonly draft: Draft
  readonly write: (changes: Partial<Draft>) => void
}

/** Who, to whom, and what. */
export function Fields({ draft, write }: FieldsProps) {
  const { how, from, to } = draft
  const isWhole = how === 'whole'
  return (
    <>
      <fieldset class="bulk">
        <legend>The letter</legend>
        <How how="fields" name="in fields" {...{ draft, write }} />
        <How how="whole" name="whole, with its header" {...{ draft, write }} />
      </fieldset>
      <div class="two">
        <Line
          label={isWhole ? 'Envelope from; empty: as the header says' : 'From'}
          value={from}
          required={!isWhole}
          set={(value) => write({ from: value })}
        />
        <Line
          label={isWhole ? 'Envelope to; empty: as the header says' : 'To; several with commas'}
          value={to}
          required={!isWhole}
          set={(value) => write({ to: value })}
        />
      </div>
      {isWhole ? (
        <Text label="The message" value={draft.raw} set={(raw) => write({ raw })} />
      ) : (
        <>
          <Line label="Subject" value={draft.subject} set={(subject) => write({ subject })} />
          <Text label="Text" value={draft.text} set={(text) => write({ text })} />
        </>
      )}
    </>
  )
}

function How(props: FieldsProps & { readonly how: Draft['how']; readonly name: string }) {
  const { how, name, draft, write } = props
  return (
    <label class="choice">
      <input type="radio" name="how" checked={draft.how === how} onChange={() => write({ how })} />{' '}
      {name}
    </label>
  )
}

interface OneField {
  readonly label: string
  readonly value: string
  readonly set: (value: string) => void
}

function Line({ label, value, set, required }: OneField & { readonly required?: boolean }) {
  return (
    <label>
      {label}
      <input
        value={value}
        required={required}
        autocomplete="off"
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  )
}

function Text({ label, value, set }: OneField) {
  return (
    <label>
      {label}
      <textarea
        rows={8}
        required
        value={value}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  )
}
