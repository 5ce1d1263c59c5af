import type { Writer } from '../directory/directory.ts'
import type { AtDoor, LetterDoor } from '../sessions/letter-door.ts'
import type { ReceiptPort } from '../store/ports/receipts.ts'
import type { Visitor } from './access.ts'

/** Where a letter is handed in, and as whose. */
export interface SendingPlace {
  readonly door: Pick<LetterDoor, 'hand' | 'foresee'>
  readonly as: AtDoor['as']
  /** What its client counts as; its own address when absent. */
  readonly ip?: string
}

/** How letters are sent over HTTP. */
export interface Sending {
  /** The place for a letter whose From has this domain, from whoever asks. */
  place(visitor: Visitor, authorDomain: string): Promise<SendingPlace>
  /** The same where nothing is to happen. */
  foresight(visitor: Visitor, authorDomain: string): Promise<SendingPlace>
  /** How much a letter may be. */
  readonly limits: LetterDoor['limits']
  /** Where it is kept which keys were used. */
  readonly receipts: readonly ReceiptPort[]
}

/** In whose names somebody may write who asks over HTTP. */
export function writerOf({ account, domains }: Visitor): Writer {
  return account === undefined ? { domains } : { account }
}

/** Of one server whose users write: all that is sent goes the way of a submission. */
export function submitting(door: LetterDoor, receipts: ReceiptPort): Sending {
  const place = (visitor: Visitor): Promise<SendingPlace> => {
    return Promise.resolve({ door, as: writerOf(visitor) })
  }
  return {
    place,
    foresight: place,
    receipts: [receipts],
    get limits() {
      return door.limits
    },
  }
}
