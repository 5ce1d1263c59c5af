/** Which header fields a signature means, when a name occurs more than once. */

import type { HeaderField } from '../message/field.ts'

/** The fields of one header, ready to be chosen from by many signatures. */
export class FieldSelection {
  readonly #fields: readonly HeaderField[]
  /** Positions of the fields of each name, top down. */
  readonly #positions = new Map<string, number[]>()

  constructor(fields: readonly HeaderField[]) {
    this.#fields = fields
    for (let i = 0; i < fields.length; i++) {
      const name = fields[i]?.name ?? ''
      const known = this.#positions.get(name)
      if (known === undefined) this.#positions.set(name, [i])
      else known.push(i)
    }
  }

  /** How many fields have this name (lower case). */
  count(name: string): number {
    return this.#positions.get(name)?.length ?? 0
  }

  /**
   * The fields for the names of `h=`, in that order. Each time a name stands there it takes the next
   * field of that name from the bottom up; when none is left it stands for nothing, which is how a
   * signer forbids that one is added (RFC 6376 §5.4.2). Each field is taken at most once.
   *
   * @param except position of a field that is never taken: the signature itself (§3.5, `h=`)
   */
  select(names: readonly string[], except = -1): readonly (HeaderField | undefined)[] {
    const left = new Map<string, number>()
    return names.map((name) => {
      const positions = this.#positions.get(name)
      if (positions === undefined) return undefined
      let at = left.get(name) ?? positions.length - 1
      if (positions[at] === except) at--
      left.set(name, at - 1)
      const position = positions[at]
      return position === undefined ? undefined : this.#fields[position]
    })
  }
}
