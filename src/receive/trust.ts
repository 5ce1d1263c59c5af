import { inNetwork, type IpNetwork, parseIp, unmapIp } from '../base/ip.ts'

/** Machines that may send without a log-in. Plain data: it crosses threads. */
export interface TrustedNetworks {
  readonly networks: readonly TrustedNetwork[]
  /** They may write in the name of domains that are not ours. */
  readonly anySender: boolean
}

export interface TrustedNetwork {
  /** As the settings have it. */
  readonly text: string
  /** In the family that its addresses are of. */
  readonly network: IpNetwork
}

/** Why a client may send without a log-in. */
export interface Trust {
  /** The network of the settings that it is in. */
  readonly network: string
  /** What limits and the queue count its letters under, where others have an account. */
  readonly name: string
  readonly anySender: boolean
}

/** Whether the settings vouch for a client; `undefined` for a stranger, and for what is no address. */
export function trustIn(trusted: TrustedNetworks | undefined, client: string): Trust | undefined {
  if (trusted === undefined || trusted.networks.length === 0) return undefined
  const read = parseIp(client)
  if (read === undefined) return undefined
  const ip = unmapIp(read)
  const found = trusted.networks.find(({ network }) => {
    return inNetwork(ip, network.ip, network.prefixLength)
  })
  if (found === undefined) return undefined
  const { text: network } = found
  return { network, name: `network ${network}`, anySender: trusted.anySender }
}
