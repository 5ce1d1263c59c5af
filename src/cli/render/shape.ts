import { ageMinutes, type CountsJson, type ShapeJson } from '../../desk/shape.ts'
import { inOneLine } from '../../base/shown-text.ts'

/**
 * How much waits since when, as a table with one line for each group. A name that is too long for
 * the terminal has a line of its own: no number and no name is cut.
 */
export function shapeText(shape: ShapeJson, width: number): readonly string[] {
  const last = ageMinutes.at(-1) ?? 0
  const heads = ['all', 'held', ...ageMinutes.map((minutes) => String(minutes)), `${last}+`]
  const rows = [
    { name: 'all', numbers: numbersOf(shape) },
    ...shape.groups.map((group) => {
      return { name: nameOf(shape.by, group.name), numbers: numbersOf(group) }
    }),
  ]
  const widths = heads.map((head, at) => {
    return Math.max(head.length, ...rows.map(({ numbers }) => numbers[at]?.length ?? 0))
  })
  const line = (cells: readonly string[]): string => {
    return cells.map((cell, at) => cell.padStart((widths[at] ?? 0) + 1)).join('')
  }
  const numbersWide = widths.reduce((sum, one) => sum + one + 1, 0)
  const room = Math.max(0, Math.min(width, 160) - numbersWide)
  const wanted = Math.max(shape.by.length, ...rows.map(({ name }) => name.length))
  const first = Math.min(wanted, Math.max(room, 11))
  return [
    `${shape.by.padEnd(first)}${line(heads)}`,
    ...rows.map(({ name, numbers }) => {
      if (name.length <= first) return `${name.padEnd(first)}${line(numbers)}`
      return `${name}\n${' '.repeat(first)}${line(numbers)}`
    }),
  ]
}

function numbersOf({ total, held, ages }: CountsJson): readonly string[] {
  return [total, held, ...ages].map(String)
}

/** What has no name says what it is. */
function nameOf(by: ShapeJson['by'], name: string): string {
  if (name !== '') return inOneLine(name)
  switch (by) {
    case 'sender':
      return '<>'
    case 'account':
      return '(no account)'
    case 'kind':
      return '(not known)'
    case 'reason':
      return '(not tried yet)'
    case 'destination':
    case 'site':
      return '-'
  }
}
