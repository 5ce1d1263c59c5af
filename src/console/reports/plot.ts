import uPlot from 'uplot'
import type { Day } from './model.ts'
import { columnsOf, dayNames } from './plot-data.ts'

const daySeconds = 86_400

/** Draws days into a place, in the colours of the page, as wide as the place is; gives its end. */
export function draw(place: HTMLElement, days: readonly Day[]): () => void {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 } }
  const chart = new uPlot(
    {
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
      width: Math.max(240, place.clientWidth),
      height: 220,
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      axes: [
        {
          ...axis,
          incrs: [1, 7, 30, 365].map((days) => days * daySeconds),
          values: (_, seconds) => dayNames(seconds),
        },
        axis,
      ],
      scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
      series: [
        {},
        { label: 'passed', stroke: colour('--pass'), width: 2, points: { show: true } },
        {
          label: 'failed',
          stroke: colour('--fail'),
          width: 2,
          dash: [6, 4],
          points: { show: true },
        },
      ],
    },
    columnsOf(days),
    place,
  )
  const watch = new ResizeObserver(() => {
    chart.setSize({ width: Math.max(240, place.clientWidth), height: 220 })
  })
  watch.observe(place)
  return () => {
    watch.disconnect()
    chart.destroy()
  }
}
