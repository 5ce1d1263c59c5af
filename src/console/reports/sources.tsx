import { plainly } from '../parts/plain.ts'
import { Table } from '../parts/table.tsx'
import type { Source } from './model.ts'

/** Who sent it, those with the most failures first. */
export function Sources(props: { readonly sources: readonly Source[]; readonly more: number }) {
  const { sources, more } = props
  return (
    <>
      <Table
        caption="Who sent it, the most failures first"
        heads={['Address', 'Messages', 'Passed', 'SPF aligned', 'DKIM aligned', 'What was done']}
        rows={sources.map((one) => [
          <code key="ip">{plainly(one.source_ip)}</code>,
          one.messages,
          one.passed,
          one.spf_aligned,
          one.dkim_aligned,
          doneText(one),
        ])}
      />
      {more === 0 ? null : <p class="muted small">… and {more} more addresses</p>}
    </>
  )
}

function doneText({ messages, quarantined, rejected }: Source): string {
  const rest = messages - quarantined - rejected
  const parts = [
    rejected === 0 ? '' : `${rejected} refused`,
    quarantined === 0 ? '' : `${quarantined} marked as spam`,
    rest === 0 ? '' : rest === messages ? 'delivered' : `${rest} delivered`,
  ]
  return parts.filter((one) => one !== '').join(', ') || '–'
}
