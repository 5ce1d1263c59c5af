import { formatIp, parseIp, unmapIp } from '../base/ip.ts'
import type { DnsAnswer, DnssecState } from '../dns/resolver.ts'
import type { QuestionList } from './questions.ts'
import type { ReachCheck } from './reach.ts'
import type { SelfCheck } from './self.ts'

export type FamilyOrder = 'ipv6-first' | 'ipv4-first' | 'ipv4-only' | 'ipv6-only'

export interface FoundAddress {
  readonly address: string
  readonly family: 4 | 6
  readonly dnssec: DnssecState
}

/** What the name of an exchange led to. The first two need no question. */
export type AddressAnswer =
  | { readonly type: 'not-a-name' | 'over-limit' }
  | { readonly type: 'self' }
  | { readonly type: 'no-such-name' | 'no-address' | 'could-not-ask' }
  /** All addresses are such that mail is not taken there; each with what it is. */
  | { readonly type: 'not-public'; readonly refused: readonly string[] }
  | {
      readonly type: 'addresses'
      readonly addresses: readonly FoundAddress[]
      /** Those that were left out, each with what it is. */
      readonly refused: readonly string[]
    }

/**
 * Asks A and AAAA of one exchange, at the same time, and puts the addresses in order.
 *
 * An address of our own makes the whole exchange ours, and so does a name of our own that it is an alias
 * of: behind NAT nobody here may know the address. When one question failed and the other gave
 * nothing, the exchange is unknown, not absent.
 */
export async function lookUpAddresses(
  host: string,
  asked: QuestionList,
  {
    isSelf,
    reach,
    order,
  }: { readonly isSelf: SelfCheck; readonly reach: ReachCheck; readonly order: FamilyOrder },
): Promise<AddressAnswer> {
  const [a, aaaa] = await Promise.all([
    order === 'ipv6-only' ? undefined : asked.ask(host, 'A'),
    order === 'ipv4-only' ? undefined : asked.ask(host, 'AAAA'),
  ])
  if ([...aliasesOf(a), ...aliasesOf(aaaa)].some((name) => isSelf.alias(name))) {
    return { type: 'self' }
  }
  const four = addressesOf(a)
  const six = addressesOf(aaaa)
  const refused: string[] = []
  const refusedOnes = new Set<string>()
  for (const { address } of [...four, ...six]) {
    const ip = parseIp(address)
    if (ip === undefined) continue
    if (isSelf.address(ip)) return { type: 'self' }
    const what = reach.forbidden(ip)
    if (what === undefined) continue
    refusedOnes.add(address)
    refused.push(`${address} is ${what}`)
  }
  const addresses = (order === 'ipv4-first' ? inTurn(four, six) : inTurn(six, four)).filter(
    ({ address }) => !refusedOnes.has(address),
  )
  if (addresses.length > 0) return { type: 'addresses', addresses, refused }
  if (a?.type === 'failed' || aaaa?.type === 'failed') return { type: 'could-not-ask' }
  if (refused.length > 0) return { type: 'not-public', refused }
  if (a?.type === 'noName' || aaaa?.type === 'noName') return { type: 'no-such-name' }
  return { type: 'no-address' }
}

function aliasesOf(answer: DnsAnswer<string> | undefined): readonly string[] {
  return answer === undefined || answer.type === 'failed' ? [] : (answer.aliases ?? [])
}

/** In the resolver's order. Text that is no address is passed over; mapped ones are IPv4. */
function addressesOf(answer: DnsAnswer<string> | undefined): readonly FoundAddress[] {
  if (answer?.type !== 'found') return []
  const { dnssec } = answer
  return answer.records.flatMap((text) => {
    const ip = parseIp(text)
    if (ip === undefined) return []
    const plain = unmapIp(ip)
    return [{ address: formatIp(plain), family: plain.family, dnssec }]
  })
}

function inTurn<T>(first: readonly T[], second: readonly T[]): readonly T[] {
  const all: T[] = []
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    all.push(...first.slice(i, i + 1), ...second.slice(i, i + 1))
  }
  return all
}
