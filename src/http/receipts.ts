import { createHash } from 'node:crypto'
import { type NewReceipt, type ReceiptPort, receiptMs } from '../store/ports/receipts.ts'
import { problem, ProblemError } from './problem.ts'

/** A request that has a key, under which it is done once. */
export interface Keyed {
  readonly who: string
  readonly key: string
  /** SHA-256 of what is asked. */
  readonly request: string
}

/** What is asked under a key: the same octets in the same form, at the same path. */
export function fingerprint(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}

/**
 * Keys for requests that must not be done twice (draft-ietf-httpapi-idempotency-key-header-07). What
 * was taken is kept with the letter, in one; here is only what is still under way.
 */
export class Receipts {
  readonly #ports: readonly ReceiptPort[]
  readonly #underWay = new Set<string>()

  constructor(ports: readonly ReceiptPort[]) {
    this.#ports = ports
  }

  /**
   * Does it, or gives the answer of the time before.
   *
   * @throws ProblemError the key was used for something else, or the first request still runs
   */
  async once<T>(
    keyed: Keyed,
    now: number,
    run: () => Promise<T>,
  ): Promise<
    | { readonly type: 'done'; readonly value: T }
    | { readonly type: 'again'; readonly answer: string }
  > {
    const name = JSON.stringify([keyed.who, keyed.key])
    if (this.#underWay.has(name)) throw new ProblemError(stillRuns)
    this.#underWay.add(name)
    try {
      const before = await this.#find(keyed, now)
      if (before === undefined) return { type: 'done', value: await run() }
      if (before.request !== keyed.request) throw new ProblemError(otherRequest)
      return { type: 'again', answer: before.answer }
    } finally {
      this.#underWay.delete(name)
    }
  }

  async #find({ who, key }: Keyed, now: number): Promise<NewReceipt | undefined> {
    const found = await Promise.all(this.#ports.map((port) => port.find(who, key)))
    return found.find((one) => one !== undefined && one.at > now - receiptMs)
  }
}

const stillRuns = problem(409, 'still-running', {
  title: 'The first request with this key still runs',
  detail: 'A request with the same Idempotency-Key has not been answered yet.',
  hint: 'Ask again in a moment: then its answer is here.',
})

const otherRequest = problem(422, 'key-used', {
  title: 'This key was used for another request',
  detail: 'The same Idempotency-Key came with another body within the last 24 hours.',
  hint: 'Make a new key for each letter.',
})
