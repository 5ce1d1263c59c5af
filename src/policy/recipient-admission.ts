import { type AskedFor, type RecipientAdmission, recipientText } from '../receive/recipient.ts'
import { replies } from '../receive/replies.ts'
import type { Greylist } from './greylist.ts'

/**
 * Lets strangers in who came before, and tells the others to come again (RFC 6647). Users of ours
 * wait for nothing, nor does who writes to the postmaster (RFC 5321 §4.5.1).
 */
export function greylisting(
  list: Pick<Greylist, 'mustWait'>,
  /** Unix milliseconds. */
  now: () => number,
): RecipientAdmission {
  return {
    refusal({ path, by, ip, mailFrom }: AskedFor) {
      if (by === 'user' || path.type === 'postmaster') return undefined
      const waits = list.mustWait({ ip, mailFrom, rcptTo: recipientText(path), now: now() })
      return waits ? replies.greylisted : undefined
    },
  }
}
