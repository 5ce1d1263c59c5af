/**
 * Remembers what a pure function makes of a text. What is kept follows from the text alone, so no
 * result depends on what was kept before, and who fills it with texts of their own costs others no
 * more than the making.
 */
export class TextMemo<Value extends object> {
  readonly #make: (text: string) => Value
  readonly #maxTexts: number
  readonly #maxLength: number
  readonly #known = new Map<string, Value>()

  /** @param limits.maxLength longer texts are read anew each time */
  constructor(
    make: (text: string) => Value,
    limits: { readonly maxTexts: number; readonly maxLength: number },
  ) {
    this.#make = make
    this.#maxTexts = limits.maxTexts
    this.#maxLength = limits.maxLength
  }

  /** The same as `make(text)`. */
  get(text: string): Value {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const value = this.#make(text)
    if (text.length > this.#maxLength) return value
    if (this.#known.size >= this.#maxTexts) {
      // The oldest goes; what is in use is soon back.
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest)
        break
      }
    }
    this.#known.set(text, value)
    return value
  }
}
