import { useResource } from '../api/resource.ts'
import type { Journey, Page, Row } from '../types.ts'

/** The same letter in other hands here: what the sending server saw, and what the receiving one. */
export function Siblings({ journey }: { readonly journey: Journey }) {
  const q = new URLSearchParams({ q: `message-id:${journey.message_id}`, limit: '10' })
  const simple = /^<[\x21-\x3b\x3d\x3f-\x7e]+>$/.test(journey.message_id)
  const found = useResource<Page<Row>>(simple ? `/v1/messages?${q.toString()}` : null)
  const others = found.data?.data.filter(({ id }) => id !== journey.id) ?? []
  if (others.length === 0) return null
  return (
    <p class="siblings small">
      The same letter:{' '}
      {others.map((row) => (
        <span key={row.id}>
          <a href={`/messages/${row.id}`}>
            {row.direction === 'out' ? 'sent' : 'received'} by {row.site}, {row.status}
          </a>{' '}
        </span>
      ))}
    </p>
  )
}
