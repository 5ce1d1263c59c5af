/**
 * The door `waybill/spf`: may this client send mail for this domain? Sender Policy Framework, RFC
 * 7208 with its errata and RFC 8616 §4.
 */
import { parseDomain } from '../address/domain.ts'
import { formatIp, parseIp, unmapIp } from '../base/ip.ts'
import { isAscii } from '../base/octets.ts'
import type { Resolver } from '../dns/resolver.ts'
import { checkHost } from './check-host.ts'
import { Evaluation, cut, readIdentity } from './evaluation.ts'
import type { SpfIdentity, SpfVerdict } from './verdict.ts'

export { formatReceivedSpf, type ReceivedSpfOptions } from './received-spf.ts'
export { describeSpfAbsence, describeSpfProblem } from './problem-text.ts'
export { formatSpfTree } from './tree.ts'
export type {
  SpfAbsence,
  SpfCheck,
  SpfIdentity,
  SpfLookup,
  SpfOutcome,
  SpfProblem,
  SpfRecordType,
  SpfResult,
  SpfTerm,
  SpfTermKind,
  SpfVerdict,
} from './verdict.ts'

/** Limits that a receiver may choose (RFC 7208 §4.6.4). */
export interface SpfLimits {
  /** Terms that ask DNS; 10, and a receiver must not allow more. */
  readonly lookups?: number
  /** Terms whose question finds nothing; 2. */
  readonly voidLookups?: number
}

export interface SpfInput {
  /** Address of the SMTP client, IPv4 or IPv6 text; a zone index is ignored. */
  readonly ip: string
  /** The argument of HELO or EHLO. */
  readonly helo: string
  /** The reverse-path without its angle brackets; empty for `<>`, and HELO is checked then (§2.4). */
  readonly mailFrom: string
  /** `'helo'` checks the HELO identity although there is a reverse-path (§2.3). */
  readonly identity?: SpfIdentity
  /** Name of the host that does the check, for `%{r}`. */
  readonly receiver?: string
  /** Unix time in seconds, for `%{t}`; 0 when not given. */
  readonly now?: number
  readonly limits?: SpfLimits
}

/** No greeting is longer; macros that repeat it must not grow without bound. */
const maxHelo = 1024

/**
 * Evaluates the SPF policy of the domain in MAIL FROM, or in HELO.
 *
 * Never rejects for anything that the client says or a domain publishes: `result` and `problem` say
 * what was wrong. Asks at most 10 terms (RFC 7208 §4.6.4), with at most 11 questions each, one after
 * the other. The verdict is plain JSON and follows from the input and the answers alone.
 *
 * @see RFC 7208 §4
 */
export async function checkSpf(input: SpfInput, resolver: Resolver): Promise<SpfVerdict> {
  const identity = readIdentity(input)
  const ip = readClientAddress(input.ip)
  const lookupLimit = input.limits?.lookups ?? 10
  const voidLimit = input.limits?.voidLookups ?? 2
  const domain = identity.domain ?? cut(identity.senderDomain.toLowerCase())
  const common = {
    identity: identity.identity,
    sender: cut(`${identity.localPart}@${identity.senderDomain}`),
    ip: ip === undefined ? cut(input.ip) : formatIp(ip),
    helo: cut(input.helo),
    domain,
  }
  if (ip === undefined || identity.domain === undefined) {
    const lookups = { used: 0, limit: lookupLimit, void: 0, voidLimit }
    const absence = ip === undefined ? 'noAddress' : 'notADomain'
    return { result: 'none', ...common, terms: [], lookups, absence }
  }
  const { receiver = '', now = 0 } = input
  const helo = asciiName(input.helo.slice(0, maxHelo))
  const evaluation = new Evaluation(
    { ip, identity, helo, receiver, now, lookupLimit, voidLimit },
    resolver,
  )
  const { evidence, decision } = await checkHost({ evaluation, domain, explain: true })
  const lookups = {
    used: evaluation.used,
    limit: lookupLimit,
    void: evaluation.voidCount,
    voidLimit,
  }
  return { ...decision, ...common, ...evidence, lookups }
}

/** RFC 7208 §5: an IPv4-mapped address is that IPv4 address. */
function readClientAddress(text: string): ReturnType<typeof parseIp> {
  const zone = text.indexOf('%')
  const ip = parseIp(zone < 0 ? text : text.slice(0, zone))
  return ip === undefined ? undefined : unmapIp(ip)
}

/** A greeting in U-labels stands for its A-labels (RFC 8616 §4). */
function asciiName(helo: string): string {
  return isAscii(helo) ? helo : (parseDomain(helo) ?? helo)
}
