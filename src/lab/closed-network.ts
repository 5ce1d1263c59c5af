import { isAddressLiteral } from '../address/address-literal.ts'
import { isWithin } from '../address/domain.ts'
import type { RecipientAdmission } from '../receive/recipient.ts'
import type { Reply } from '../smtp/reply.ts'

/**
 * A network that nothing leaves: mail for a domain that is not in it is refused with a reason, and
 * whoever writes to nobody hears whom there is.
 */
export function closedNetwork(network: {
  readonly people: readonly string[]
  /** Domains that are in it, with all below them. */
  readonly origins: readonly string[]
}): RecipientAdmission {
  const { people, origins } = network
  return {
    hint: `The lab has ${people.join(', ')}.`,
    refusal(_asked, lead) {
      if (lead.type === 'mailbox') return undefined
      const { destination } = lead
      const inside =
        !isAddressLiteral(destination) && origins.some((origin) => isWithin(destination, origin))
      return inside ? undefined : notInLab(destination)
    },
  }
}

/** Why nothing is sent to a domain that the lab does not have. */
export function notInLab(domain: string): Reply {
  const text = `This is the lab, and ${domain} is not in it: nothing leaves this computer.`
  return { code: 550, enhanced: '5.7.1', lines: [text] }
}
