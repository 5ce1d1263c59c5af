/** Which header fields a signature means, when a name occurs more than once, and how they are shown. */
import type { HeaderField } from '../message/field.ts'

/** The fields of one name. */
interface Namesakes {
  /** Where they stand in the header, top down. */
  readonly positions: number[]
  /** Index in `positions` of the one that is taken next; -1 when none is left. */
  next: number
}

/** The fields of one header, ready to be chosen from by many signatures. */
export class FieldSelection {
  readonly #fields: readonly HeaderField[]
  readonly #byName = new Map<string, Namesakes>()

  constructor(fields: readonly HeaderField[]) {
    this.#fields = fields
    for (let i = 0; i < fields.length; i++) {
      const name = fields[i]?.name ?? ''
      const known = this.#byName.get(name)
      if (known === undefined) this.#byName.set(name, { positions: [i], next: 0 })
      else known.positions.push(i)
    }
  }

  /** How many fields have this name (lower case). */
  count(name: string): number {
    return this.#byName.get(name)?.positions.length ?? 0
  }

  /**
   * The fields for the names of `h=`, in that order. Each time a name stands there it takes the next
   * field of that name from the bottom up; when none is left it stands for nothing, which is how a
   * signer forbids that one is added (RFC 6376 §5.4.2). Each field is taken at most once.
   *
   * @param except position of a field that is never taken: the signature itself (§3.5, `h=`)
   */
  select(names: readonly string[], except = -1): readonly (HeaderField | undefined)[] {
    const meant = names.map((name) => this.#byName.get(name))
    for (const one of meant) if (one !== undefined) one.next = one.positions.length - 1
    return meant.map((one) => {
      while (one !== undefined && one.next >= 0) {
        const position = one.positions[one.next--]
        if (position !== undefined && position !== except) return this.#fields[position]
      }
      return undefined
    })
  }
}

/** No more of `h=` is shown: no name of a real field is longer (RFC 5322 §2.1.1). */
const maxShownNames = 100
const maxShownName = 77

/** The names of `h=` as a verdict shows them: a hostile list must not fill the record. */
export function shownNames(names: readonly string[]): readonly string[] {
  return names.slice(0, maxShownNames).map((name) => name.slice(0, maxShownName))
}
