import { formatIp, type IpAddress, parseIp, reverseName, unmapIp } from '../base/ip.ts'
import { type DnsAnswer, normalizeName, type Resolver } from '../dns/resolver.ts'

/** A name from the reverse tree, and whether it leads back to the client. */
export interface IprevName {
  readonly name: string
  readonly answer: 'client' | 'other-addresses' | 'no-address' | 'failed'
  /** The addresses of the name, as far as they are kept: ten. */
  readonly addresses: readonly string[]
}

/** Whether a client has a name that leads back to it. RFC 8601 §2.7.3, §3. Plain data. */
export type IprevVerdict = {
  /** The address that was asked about; as it was given when it is none. */
  readonly ip: string
  /** In the order of the answer, ten at most. */
  readonly names: readonly IprevName[]
  /** How many more names there were, which were not looked at. */
  readonly ignored: number
} & (
  | {
      readonly result: 'pass'
      /** The first name that leads back. */
      readonly name: string
    }
  | { readonly result: 'fail' }
  | { readonly result: 'permerror'; readonly because: 'no-name' | 'not-an-address' }
  | {
      readonly result: 'temperror'
      /** `not-asked`: names of no zone here, which the lab and the catcher do not look up. */
      readonly because: 'reverse-failed' | 'forward-failed' | 'not-asked'
    }
)

/** RFC 8601 §3: a client must not be able to make us ask without end; SPF has the same limit. */
const maxNames = 10
const maxAddresses = 10

/**
 * Asks for the names of an address, and for the addresses of those names. RFC 8601 §3.
 *
 * One question, and up to ten more at a time. Never rejects for anything that DNS says.
 */
export async function checkIprev(ip: string, resolver: Resolver): Promise<IprevVerdict> {
  const parsed = parseIp(ip)
  const nothing = { ip, names: [], ignored: 0 }
  if (parsed === undefined) return { ...nothing, result: 'permerror', because: 'not-an-address' }
  const client = unmapIp(parsed)
  const asked = { ...nothing, ip: formatIp(client) }
  const reverse = await resolver.resolve(reverseName(client), 'PTR')
  if (reverse.type === 'failed') {
    const because = reverse.reason === 'not-asked' ? 'not-asked' : 'reverse-failed'
    return { ...asked, result: 'temperror', because }
  }
  const all =
    reverse.type === 'found' ? new Set(reverse.records.map(normalizeName)) : new Set<string>()
  if (all.size === 0) return { ...asked, result: 'permerror', because: 'no-name' }
  const looked = [...all].slice(0, maxNames)
  const names = await Promise.all(looked.map((name) => lookForward(name, client, resolver)))
  const found = { ip: asked.ip, names, ignored: all.size - looked.length }
  const match = names.find(({ answer }) => answer === 'client')
  if (match !== undefined) return { ...found, result: 'pass', name: match.name }
  // A name that could not be asked about might have been the one.
  if (names.some(({ answer }) => answer === 'failed')) {
    return { ...found, result: 'temperror', because: 'forward-failed' }
  }
  return { ...found, result: 'fail' }
}

async function lookForward(
  name: string,
  client: IpAddress,
  resolver: Resolver,
): Promise<IprevName> {
  const type = client.family === 4 ? 'A' : 'AAAA'
  const answer: DnsAnswer<string> = await resolver.resolve(name, type)
  if (answer.type === 'failed') return { name, answer: 'failed', addresses: [] }
  if (answer.type !== 'found' || answer.records.length === 0) {
    return { name, answer: 'no-address', addresses: [] }
  }
  const text = formatIp(client)
  const same = answer.records.some((record) => {
    const ip = parseIp(record)
    return ip !== undefined && ip.family === client.family && formatIp(ip) === text
  })
  const addresses = answer.records.slice(0, maxAddresses)
  return { name, answer: same ? 'client' : 'other-addresses', addresses }
}
