import type { Sending, SendingPlace } from '../http/sending.ts'
import { chance } from '../io/clock.ts'
import { Faults } from '../desk/faults.ts'
import type { LetterDoor } from '../sessions/letter-door.ts'
import type { Manner } from '../sessions/sessions.ts'
import type { ReceiptPort } from '../store/ports/receipts.ts'
import { catchingManner } from './manners.ts'

/** Catches without faults: nothing strikes a letter that is not sent. */
export const faultless: Manner = catchingManner(new Faults(chance, []))

/** Of a catcher: whatever is sent is caught, as if it had come by its port. */
export function catching(door: LetterDoor, receipts: ReceiptPort, faults: Faults): Sending {
  const place = (manner: Manner): Promise<SendingPlace> => {
    return Promise.resolve({ door, as: { stranger: manner } })
  }
  return {
    place: () => place(catchingManner(faults)),
    foresight: () => place(faultless),
    limits: door.limits,
    receipts: [receipts],
  }
}
