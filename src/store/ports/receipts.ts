/**
 * That a letter was taken under a key which its sender chose: who asks again with the same key gets
 * the answer of then, and no second letter is made.
 */
export interface NewReceipt {
  /** Who asked; keys of others are others. */
  readonly who: string
  readonly key: string
  /** SHA-256 of what was asked, lower-case hexadecimal. */
  readonly request: string
  /** What was answered, as JSON. */
  readonly answer: string
  /** Unix milliseconds. */
  readonly at: number
}

/** How long a receipt is kept. */
export const receiptMs: number = 24 * 3_600_000

/** The receipts that there are. */
export interface ReceiptPort {
  /** The one that is there, also when it is older than `receiptMs` and not removed yet. */
  find(who: string, key: string): Promise<NewReceipt | undefined>
}
