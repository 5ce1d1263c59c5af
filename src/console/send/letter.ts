/** A test message as the form has it: in fields, or pasted whole. */
export interface Draft {
  readonly how: 'fields' | 'whole'
  readonly from: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly raw: string
}

/** What is posted for it. Of a whole one, the envelope counts where it is said. */
export function bodyOf({ how, from, to, subject, text, raw }: Draft): Record<string, string> {
  if (how === 'fields') return { from, to, subject, text }
  return {
    raw: base64(raw),
    ...(from === '' ? {} : { envelope_from: from }),
    ...(to === '' ? {} : { rcpt_to: to }),
  }
}

function base64(text: string): string {
  return btoa(
    Array.from(new TextEncoder().encode(text), (octet) => String.fromCharCode(octet)).join(''),
  )
}

/**
 * The key under which a letter is taken once: it stays while the same letter is asked for, so that
 * pressing the button again after an answer was lost makes no second one.
 */
export class OnceKey {
  readonly #random: () => string
  #of: { readonly body: string; readonly key: string } | undefined

  constructor(random: () => string = randomKey) {
    this.#random = random
  }

  for(body: Readonly<Record<string, string>>): string {
    const text = JSON.stringify(body)
    if (this.#of?.body !== text) this.#of = { body: text, key: this.#random() }
    return this.#of.key
  }

  /** It was answered: the next one is another letter, even with the same words. */
  done(): void {
    this.#of = undefined
  }
}

/** Not `randomUUID`, which browsers keep from pages that do not come by https. */
function randomKey(): string {
  return crypto.getRandomValues(new BigUint64Array(2)).join('-')
}
