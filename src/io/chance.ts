import { randomInt } from 'node:crypto'

/** Chance that nobody can guess, in [0, 1): for ids, Message-IDs and the boundaries of reports. */
export function chance(): number {
  return randomInt(2 ** 47) / 2 ** 47
}
