import type { Clock } from '../base/clock.ts'
import type { Directory } from '../directory/directory.ts'
import type { ConvertedStep } from '../journey/converted-step.ts'
import type { ClientTransaction, Setback } from '../smtp/client-types.ts'
import { setback } from '../smtp/failure.ts'
import type { OpenMessage } from '../store/ports/contents.ts'
import { transactionFor } from './attempt.ts'
import type { ClientSession } from './client-session.ts'
import type { Letter } from './letters.ts'
import { sevenBitLetter } from './seven-bit-letter.ts'

/** With what a letter is signed again that was converted. */
export interface SigningTools {
  /** Whose keys these are. Absent: there are none. */
  readonly directory?: Pick<Directory, 'signingKeys'> | undefined
  readonly clock: Clock
}

/** A letter as it goes over one session, or why it cannot. */
export type WhatGoes =
  | {
      readonly type: 'letter'
      readonly transaction: ClientTransaction
      readonly chunks: AsyncIterable<Uint8Array>
      /** It was converted. */
      readonly told?: ConvertedStep
    }
  | { readonly type: 'refused'; readonly setback: Setback }

/**
 * The letter as the server can take it: where it does not offer 8BITMIME, octets over 127 are coded,
 * or the letter is not sent (RFC 6152 §3).
 */
export async function whatGoes(
  items: Letter['items'],
  message: OpenMessage,
  to: { readonly session: ClientSession; readonly host: string },
  { directory, clock }: SigningTools,
): Promise<WhatGoes> {
  const transaction = transactionFor(items, message)
  const asItIs = !transaction.eightBit || to.session.takesEightBit
  // An address that needs SMTPUTF8 is said to no server without 8BITMIME: RFC 6531 §3.1.
  if (asItIs || transaction.smtpUtf8) {
    return { type: 'letter', transaction, chunks: message.chunks() }
  }
  const made = await sevenBitLetter(message, {
    keysFor: async (domain) => (await directory?.signingKeys(domain)) ?? [],
    now: clock.now(),
  })
  if (made.type === 'impossible') {
    const text = `The message has octets over 127, the server does not offer 8BITMIME, and it cannot be converted: ${made.text}`
    return { type: 'refused', setback: setback('eightBitNotOffered', 'MAIL', text) }
  }
  const { size, told } = made
  const sevenBit = { ...transaction, size, eightBit: false }
  const letter = { type: 'letter', transaction: sevenBit, chunks: made.chunks() } as const
  return told === undefined
    ? letter
    : { ...letter, told: { type: 'converted', host: to.host, ...told } }
}
