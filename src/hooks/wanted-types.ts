import { WaybillError } from '../base/error.ts'
import { nearest } from '../base/nearest.ts'
import { eventTypes } from './mail-event.ts'

/**
 * Which types of events somebody wants: whole ones, and beginnings with their full stop
 * (`delivery.`); nothing stands for all of them.
 *
 * @throws WaybillError `usage` for a type that no event has
 */
export function wantedTypes(wanted: readonly string[]): (type: string) => boolean {
  const known = Object.keys(eventTypes)
  for (const one of wanted) {
    if (known.some((type) => fits(one, type))) continue
    const near = nearest(one, known)
    throw new WaybillError('usage', `No event has the type "${one.slice(0, 100)}".`, {
      hint: near === undefined ? `There are: ${known.join(', ')}` : `Did you mean "${near}"?`,
    })
  }
  return (type) => wanted.length === 0 || wanted.some((one) => fits(one, type))
}

function fits(wanted: string, type: string): boolean {
  return wanted.endsWith('.') ? type.startsWith(wanted) : type === wanted
}
