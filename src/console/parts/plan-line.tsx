import { useMemo } from 'preact/hooks'
import { count, span } from './plain.ts'
import { type Planned, planPoints } from './plan.ts'
import { Time } from './text.tsx'

/** A retry plan: past tries, the next one and those behind it until the end, as a line and in words. */
export function PlanLine({ plan }: { readonly plan: Planned }) {
  const points = useMemo(() => planPoints(plan), [plan])
  const { held, attempted_at: tried, planned_at: planned, expires_at: end } = plan
  const [next] = planned
  const left = Date.parse(end) - Date.now()
  return (
    <>
      <svg class="plan" viewBox="-2 0 104 10" aria-hidden="true" preserveAspectRatio="none">
        <path class="way" d="M0 5H100M0 1V9M100 1V9" />
        {points.map(({ kind, x }, index) => (
          <path key={index} class={kind} d={shapes[kind](x)} />
        ))}
      </svg>
      <span class="small">
        {tried.length === 0 ? 'not tried yet' : `tried ${count(tried.length, 'time')}`},{' '}
        {held || next === undefined ? (
          'waits for release'
        ) : (
          <>
            next <Time at={next} />
            {planned.length > 1 ? `, then up to ${planned.length - 1} more` : ''}
          </>
        )}
        , given up <Time at={end} />{' '}
        <span class="muted">({left > 0 ? `in ${span(left)}` : 'now'})</span>
      </span>
    </>
  )
}

const shapes = {
  tried: (x: number) => `M${x - 1} 3L${x + 1} 7M${x - 1} 7L${x + 1} 3`,
  next: (x: number) => `M${x} 1V9`,
  later: (x: number) => `M${x} 4V6`,
} as const
