import type { HookAttempt, HookDelivery, HookEndpoint, HookPort } from '../ports/hooks.ts'

/** Webhooks in memory, for tests of what stands above. */
export function openMemoryHooks(): HookPort {
  const endpoints = new Map<string, HookEndpoint>()
  const deliveries = new Map<string, HookDelivery>()
  const attempts: (HookAttempt & { readonly number: number })[] = []
  const cursors = new Map<string, number>()
  let lastNumber = 0
  const waiting = (wanted: (one: HookDelivery) => boolean): readonly HookDelivery[] => {
    return Array.from(deliveries.values())
      .filter((one) => one.nextAt !== undefined && wanted(one))
      .toSorted((a, b) => (a.nextAt ?? 0) - (b.nextAt ?? 0))
  }
  const remove = (isOne: (delivery: HookDelivery) => boolean): number => {
    const gone = Array.from(deliveries.values()).filter(isOne)
    const ids = new Set(gone.map(({ id }) => id))
    for (const id of ids) deliveries.delete(id)
    attempts.splice(0, attempts.length, ...attempts.filter((one) => !ids.has(one.deliveryId)))
    return gone.length
  }
  const later = async <Value>(make: () => Value): Promise<Value> => {
    await Promise.resolve()
    return make()
  }
  return {
    endpoints: () => later(() => Array.from(endpoints.values())),
    putEndpoint: (endpoint) => later(() => void endpoints.set(endpoint.id, endpoint)),
    removeEndpoint: (id) =>
      later(() => {
        remove(({ endpointId }) => endpointId === id)
        return endpoints.delete(id)
      }),
    cursor: (feed) => later(() => cursors.get(feed)),
    advance: ({ feed, through, deliveries: more }) =>
      later(() => {
        for (const one of more) {
          if (endpoints.has(one.endpointId) && !deliveries.has(one.id)) deliveries.set(one.id, one)
        }
        cursors.set(feed, through)
      }),
    due: ({ endpointId, now, limit }) =>
      later(() => {
        return waiting((one) => one.endpointId === endpointId && (one.nextAt ?? 0) <= now).slice(
          0,
          limit,
        )
      }),
    nextDueAt: (after) =>
      later(() => {
        const [first] = waiting(({ endpointId, nextAt = 0 }) => {
          return nextAt > after && endpoints.get(endpointId)?.off === ''
        })
        return first?.nextAt
      }),
    waiting: (id) => later(() => waiting(({ endpointId }) => endpointId === id).length),
    settle: ({ attempt, state, nextAt }) =>
      later(() => {
        const found = deliveries.get(attempt.deliveryId)
        if (found === undefined) return
        const { nextAt: _, ...rest } = found
        const next = nextAt === undefined ? {} : { nextAt }
        deliveries.set(found.id, { ...rest, ...next, state, attempts: found.attempts + 1 })
        attempts.push({ ...attempt, tookMs: Math.round(attempt.tookMs), number: ++lastNumber })
      }),
    attempts: ({ endpointId, limit, before = Infinity }) =>
      later(() => {
        const rows = attempts.flatMap((one) => {
          const delivery = deliveries.get(one.deliveryId)
          if (delivery?.endpointId !== endpointId || one.number >= before) return []
          const { eventId, type, state, nextAt } = delivery
          return [{ ...one, eventId, type, state, ...(nextAt === undefined ? {} : { nextAt }) }]
        })
        return rows.toReversed().slice(0, limit)
      }),
    replay: ({ endpointId, number, now }) =>
      later(() => {
        const attempt = attempts.find((one) => one.number === number)
        const found = deliveries.get(attempt?.deliveryId ?? '')
        if (found?.endpointId !== endpointId) return false
        deliveries.set(found.id, { ...found, nextAt: now, state: 'waiting' })
        return true
      }),
    prune: (before) =>
      later(() => remove(({ state, createdAt }) => state !== 'waiting' && createdAt < before)),
  }
}
