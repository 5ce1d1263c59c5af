import type { ClientTransaction, RecipientOutcome } from '../smtp/client-types.ts'

/** A message under way. */
export interface Sending {
  readonly transaction: ClientTransaction
  readonly content: AsyncIterator<Uint8Array>
  /** How much of the content was read. */
  octets: number
  /** All of it is said, and its answer is to come. */
  allSent: boolean
  readonly tell: (recipients: readonly RecipientOutcome[]) => void
}

/** The next part of the content; `unreadable` also when it is not as long as the envelope said. */
export async function nextOf(
  sending: Sending,
): Promise<{ readonly octets: Uint8Array; readonly last: boolean } | 'unreadable'> {
  const { size } = sending.transaction
  try {
    const { done, value } = await sending.content.next()
    if (done === true) {
      const whole = size === null || sending.octets === size
      return whole ? { octets: new Uint8Array(0), last: true } : 'unreadable'
    }
    sending.octets += value.length
    return { octets: value, last: false }
  } catch {
    return 'unreadable'
  }
}

/** What was not read is let go, so that a file behind it is closed; how that ends tells nothing. */
export function letGo(content: AsyncIterator<Uint8Array>): void {
  content.return?.().catch(() => {})
}
