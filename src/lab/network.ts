import { isAddressLiteral } from '../address/address-literal.ts'
import { isWithin } from '../address/domain.ts'
import { type Dialer, type DialFailure, dialTcp } from '../io/dialer.ts'
import type { CallPlace } from '../io/outside-address.ts'
import type { RecipientAdmission } from '../receive/recipient.ts'
import type { Reply } from '../smtp/reply.ts'

/**
 * The lab's network: documentation addresses mean loopback ports, and nothing else can be reached.
 *
 * Each pair (who calls, who is called) has a listener of its own, so the called server knows which
 * address the call comes from without anything added to the dialogue.
 */
export class LabNetwork {
  readonly #ports = new Map<string, number>()
  readonly #webPorts = new Map<string, number>()
  readonly #fault: (stage: 'dial') => string | undefined

  /** @param fault what goes wrong on purpose with a connection that is to be made */
  constructor(fault: (stage: 'dial') => string | undefined = () => undefined) {
    this.#fault = fault
  }

  /** Calls from `fromIp` to `toIp`, port 25, end at this loopback port. */
  connect(fromIp: string, toIp: string, loopbackPort: number): void {
    this.#ports.set(`${fromIp} ${toIp}`, loopbackPort)
  }

  /** Calls by HTTPS to `ip`, whoever calls, end at this loopback port. */
  connectWeb(ip: string, loopbackPort: number): void {
    this.#webPorts.set(ip, loopbackPort)
  }

  /** Where the servers of the lab call others by HTTPS. */
  readonly webPlace: CallPlace = (ip) => {
    const port = this.#webPorts.get(ip)
    return port === undefined ? 'not in the lab' : { host: '127.0.0.1', port }
  }

  /** How a server at `fromIp` calls others. */
  dialerFrom(fromIp: string): Dialer {
    const portOf = (ip: string, port: number): number | undefined =>
      port === 25 ? this.#ports.get(`${fromIp} ${ip}`) : undefined
    return {
      dial: async ({ ip, port, timeoutMs }) => {
        const fault = dialFaults[this.#fault('dial') ?? '']
        if (fault !== undefined) {
          const text = `${fault.text}, by a fault that was set on purpose`
          return { type: 'failed', reason: fault.reason, text }
        }
        const loopbackPort = portOf(ip, port)
        if (loopbackPort !== undefined) return dialTcp('127.0.0.1', loopbackPort, timeoutMs)
        if (isDocumentationAddress(ip)) {
          return {
            type: 'failed',
            reason: 'refused',
            text: `nothing listens at ${ip} port ${port} in the lab`,
          }
        }
        const text = `this is the lab, and ${ip} is not in it: nothing was sent`
        return { type: 'failed', reason: 'not-allowed', text }
      },
      realPlace: ({ ip, port }) => {
        const loopbackPort = portOf(ip, port)
        return loopbackPort === undefined ? undefined : `127.0.0.1:${loopbackPort}`
      },
    }
  }
}

/** Nobody has to wait for the time-out of a fault. */
const dialFaults: Readonly<
  Record<string, { readonly reason: DialFailure; readonly text: string }>
> = {
  refused: { reason: 'refused', text: 'connection refused' },
  timeout: { reason: 'timeout', text: 'no answer' },
  unreachable: { reason: 'unreachable', text: 'no way leads there' },
}

/** The three IPv4 blocks of RFC 5737 and the IPv6 one of RFC 3849. */
function isDocumentationAddress(ip: string): boolean {
  return /^(?:192\.0\.2|198\.51\.100|203\.0\.113)\.|^2001:db8:/i.test(ip)
}

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
      if (lead.type !== 'remote') return undefined
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
