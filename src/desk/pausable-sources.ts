import { WaybillError } from '../base/error.ts'
import { nearest } from '../base/nearest.ts'

/** A source of the settings, as far as pauses go. */
export interface PausableSource {
  readonly name: string
  readonly ipv4?: string
  readonly ipv6?: string
}

/** The source that has an address; `undefined`: it is of none. */
export function sourceWith(
  sources: readonly PausableSource[],
  ip: string,
): PausableSource | undefined {
  return sources.find(({ ipv4, ipv6 }) => ipv4 === ip || ipv6 === ip)
}

/**
 * Whose name is wrong would else believe that nothing goes from it.
 *
 * @throws WaybillError `usage`
 */
export function mustBeSource(sources: readonly PausableSource[], name: string): void {
  const names = sources.map((one) => one.name)
  if (names.includes(name)) return
  const near = nearest(name, names)
  const hint =
    names.length === 0 ? 'The settings have no [[source]].' : `There are ${names.join(', ')}.`
  throw new WaybillError('usage', `There is no source "${name}".`, {
    hint: near === undefined ? hint : `Did you mean "${near}"?`,
  })
}
