import { RecentMap } from './recent-map.ts'

/**
 * Remembers what a pure function makes of a text. What is kept follows from the text alone, so no
 * result depends on what was kept before, and who fills it with texts of their own costs others no
 * more than the making.
 */
export class TextMemo<Value extends object> {
  readonly #make: (text: string) => Value
  readonly #maxLength: number
  readonly #known: RecentMap<string, Value>

  /** @param limits.maxLength longer texts are read anew each time */
  constructor(
    make: (text: string) => Value,
    limits: { readonly maxTexts: number; readonly maxLength: number },
  ) {
    this.#make = make
    this.#maxLength = limits.maxLength
    this.#known = new RecentMap(limits.maxTexts)
  }

  /** The same as `make(text)`. */
  get(text: string): Value {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const value = this.#make(text)
    // The oldest goes; what is in use is soon back.
    if (text.length <= this.#maxLength) this.#known.set(text, value)
    return value
  }
}
