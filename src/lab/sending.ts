import { faultless } from '../catch/catching.ts'
import { catchingManner } from '../catch/manners.ts'
import { type Sending, type SendingPlace, writerOf } from '../http/sending.ts'
import type { Visitor } from '../http/access.ts'
import type { Manner } from '../sessions/sessions.ts'
import type { Lab } from './lab.ts'
import { places } from './places.ts'

/**
 * Sends as people of the lab do: who writes as somebody of north or of south goes the way of that
 * server's users, and everybody else is a stranger at the port that catches.
 */
export function labSending({ north, south, faults }: Lab): Sending {
  const choose = async (
    visitor: Visitor,
    domain: string,
    manner: Manner,
  ): Promise<SendingPlace> => {
    for (const { site } of [north, south]) {
      const { door } = site
      if (await door.isLocal(domain)) return { door, as: writerOf(visitor) }
    }
    return { door: south.site.door, as: { stranger: manner }, ip: places.stranger.ip }
  }
  return {
    place: (visitor, domain) => choose(visitor, domain, catchingManner(faults)),
    foresight: (visitor, domain) => choose(visitor, domain, faultless),
    limits: south.site.door.limits,
    receipts: [north.store.receipts, south.store.receipts],
  }
}
