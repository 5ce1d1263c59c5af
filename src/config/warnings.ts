import { parseDomain } from '../address/domain.ts'
import { domainOf } from '../address/mailbox.ts'
import { parseNetwork } from '../base/ip.ts'
import { isOwnRange, plainNetwork } from '../base/ip-ranges.ts'
import type { Settings } from './settings.ts'

/** Public networks that hold more are rarely one's own. */
const widestPublic = { 4: 24, 6: 56 } as const

/** What is allowed and still worth a second look: `config test` and the start tell it. */
export function settingWarnings({
  submission,
  bounces,
  domains,
}: Pick<Settings, 'submission' | 'bounces' | 'domains'>): readonly string[] {
  const { trusted_networks: networks, trusted_any_sender: anySender } = submission
  const wide = networks.flatMap((text) => {
    const network = parseNetwork(text)
    if (network === undefined || isOwnRange(network)) return []
    const { ip, prefixLength } = plainNetwork(network)
    if (prefixLength >= widestPublic[ip.family]) return []
    return [
      `submission.trusted_networks: ${text} is a wide network of the internet; everybody in it can send through this server.`,
    ]
  })
  const open =
    anySender && networks.some((text) => !isOwnRange(parseNetwork(text) ?? noNetwork))
      ? [
          'submission.trusted_any_sender: machines of the internet may write in anybody’s name; what they send is not signed, and is soon called spam.',
        ]
      : []
  return [...wide, ...open, ...foreignSenders(bounces, domains)]
}

/** Who is not of this house sends nothing from here. */
function foreignSenders(
  { verp }: Settings['bounces'],
  domains: readonly string[],
): readonly string[] {
  const ours = new Set(domains.map((name) => parseDomain(name) ?? name))
  return verp.flatMap((sender) => {
    const domain = sender.includes('@') ? domainOf(sender) : sender
    if (sender === '*' || ours.has(parseDomain(domain) ?? domain)) return []
    return [`bounces.verp: ${sender} is in none of your domains, so no letter leaves from it.`]
  })
}

/** Of what cannot be read nothing is said here: the schema has refused it. */
const noNetwork = { ip: { family: 4, octets: [127, 0, 0, 1] }, prefixLength: 32 } as const
