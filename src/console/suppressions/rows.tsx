import type { Acting } from '../api/act.ts'
import { plainly } from '../parts/plain.ts'
import { Table } from '../parts/table.tsx'
import { Address } from '../parts/text.tsx'
import { Pill } from '../parts/verdict.tsx'
import { mayManage } from '../shell/may.ts'
import { lettersTo, reasons, removeQuestion, type Suppressed } from './model.ts'

/** The addresses of a page; each leads to the letters to it, and to the one that shows why. */
export function SuppressedRows(props: {
  readonly all: readonly Suppressed[]
  readonly acting: Acting
}) {
  const { all, acting } = props
  const may = mayManage()
  const remove = (one: Suppressed): void => {
    if (!window.confirm(removeQuestion(one))) return
    const path = `/v1/suppressions/${encodeURIComponent(one.address)}`
    void acting.act(path, { method: 'DELETE' }, () => `${one.address} is sent to again.`)
  }
  return (
    <Table
      caption="Nothing is sent to these"
      heads={['Address', 'Reason', 'Since', 'Until', 'What was said', ...(may ? ['Actions'] : [])]}
      rows={all.map((one) => [
        <a key="address" href={lettersTo(one.address)} data-row={one.address}>
          <Address of={one.address} />
        </a>,
        <Pill key="reason" tone={reasons[one.reason].tone}>
          {reasons[one.reason].word}
        </Pill>,
        <Day key="since" at={one.since} />,
        one.until === null ? 'no end' : <Day key="until" at={one.until} />,
        <Why key="why" of={one} />,
        ...(may
          ? [
              <button
                key="remove"
                type="button"
                class="small"
                disabled={acting.busy}
                onClick={() => remove(one)}
              >
                Remove<span class="heard"> {one.address}</span>
              </button>,
            ]
          : []),
      ])}
    />
  )
}

/** The day, in UTC as the terminal says it; the whole is one step away. */
function Day({ at }: { readonly at: string }) {
  return (
    <time class="whole" dateTime={at} title={at}>
      {at.slice(0, 10)}
    </time>
  )
}

/** What was said, and the letter that shows it. */
function Why({ of: { address, why, journey } }: { readonly of: Suppressed }) {
  return (
    <>
      {why === '' && journey === null ? '–' : plainly(why)}
      {journey === null ? null : (
        <>
          {' '}
          <a class="small whole" href={`/messages/${encodeURIComponent(journey)}`}>
            the letter<span class="heard"> that shows it of {address}</span>
          </a>
        </>
      )}
    </>
  )
}
