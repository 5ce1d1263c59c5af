/** Where a try stands on the line of a plan, from 0 to 100. */
export interface PlanPoint {
  readonly kind: 'tried' | 'next' | 'later'
  readonly at: string
  readonly x: number
}

/** What waits, and how it is tried: times as the server tells them. */
export interface Planned {
  readonly created_at: string
  readonly expires_at: string
  readonly held: boolean
  readonly attempted_at: readonly string[]
  readonly planned_at: readonly string[]
}

/**
 * The tries of a plan on a line from the beginning to the end. The first ones are minutes apart and
 * the last ones hours: the line is stretched at its beginning, so that all can be told apart.
 */
export function planPoints(plan: Planned): readonly PlanPoint[] {
  const begin = Date.parse(plan.created_at)
  const whole = Math.max(1, Date.parse(plan.expires_at) - begin)
  const place = (at: string): number => {
    const part = Math.min(1, Math.max(0, (Date.parse(at) - begin) / whole))
    return Math.round(part ** (1 / 3) * 1000) / 10
  }
  const tried = plan.attempted_at.map((at) => ({ kind: 'tried', at, x: place(at) }) as const)
  if (plan.held) return tried
  const coming = plan.planned_at.map((at, index) => {
    return { kind: index === 0 ? 'next' : 'later', at, x: place(at) } as const
  })
  return [...tried, ...coming]
}
