import { useEffect, useRef, useState } from 'preact/hooks'
import type { Day } from './model.ts'

/** Days as two lines. What draws them is read when there is something to draw; a table tells the same. */
export function Chart({ days }: { readonly days: readonly Day[] }) {
  const place = useRef<HTMLDivElement>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    let end: (() => void) | undefined
    let over = false
    void import('./plot.ts').then(
      ({ draw }) => {
        if (!over && place.current !== null) end = draw(place.current, days)
      },
      () => setFailed(true),
    )
    return () => {
      over = true
      end?.()
    }
  }, [days])
  if (failed) return <p class="muted">The chart could not be read; the table has the numbers.</p>
  return (
    <figure>
      <div class="chart" ref={place} aria-hidden="true" />
      <figcaption class="small muted">Solid: passed. Dashed: failed.</figcaption>
    </figure>
  )
}
