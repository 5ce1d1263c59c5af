import type { Route } from '../route/found-route.ts'
import type { QueueItem } from '../store/ports/queue.ts'
import type { Transport } from '../transport/demand.ts'
import type { Attempt } from './attempt.ts'

/** There is no server of the destination. */
export function nowhere(item: QueueItem, route: Exclude<Route, { type: 'targets' }>): Attempt {
  const ourOutage = route.questions.some(({ answer }) => {
    return answer.type === 'failed' && answer.reason === 'no-resolver'
  })
  return { ...untried(item, route.type, route), ourOutage }
}

/** No server of the destination may have it now. */
export function leftOut(
  item: QueueItem,
  transport: Transport & { readonly result: 'temporary' | 'permanent' },
): Attempt {
  const ourOutage = transport.hosts.some(({ tlsa }) => {
    return tlsa?.type === 'failed' && tlsa.reason === 'no-resolver'
  })
  return { ...untried(item, transport.result, transport), ourOutage }
}

function untried(
  item: QueueItem,
  lasting: 'permanent' | 'temporary',
  { status, because }: { readonly status: string; readonly because: string },
): Attempt {
  const result = lasting === 'permanent' ? 'failed' : 'deferred'
  const attempt = { result, status, because, outcome: undefined } as const
  return { item, host: '', ip: '', result: attempt, lines: [], refusedToTalk: false }
}
