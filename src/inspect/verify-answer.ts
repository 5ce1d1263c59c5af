import type { ArcVerdict } from '../arc/arc.ts'
import { type DmarcVerdict, evaluateDmarc } from '../dmarc/dmarc.ts'
import type { DkimVerdict } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { type MessageHeader, splitMessage } from '../message/header-reader.ts'
import { checkSpf, type SpfVerdict } from '../spf/spf.ts'
import { type Evaluation, Inspection, type InspectionFacts } from './inspection.ts'
import { authenticationResultsText } from './results-field.ts'
import type { RequestId, SenderFacts, VerifyRequest, VerifySubject } from './verify-request.ts'

/** The answer to a `VerifyRequest`, with the parts that were asked for. `docs/verify.md`. */
export interface VerifyAnswer {
  readonly id: RequestId
  readonly spf?: {
    readonly result: SpfVerdict['result']
    readonly domain: string
    /** Only with `fail`, and only when the domain's owner published one (RFC 7208 §6.2). */
    readonly explanation?: string
  }
  /** One for each signature, top down; empty when the message is not signed. */
  readonly dkim?: readonly {
    readonly result: DkimVerdict['result']
    readonly domain: string | null
    readonly selector: string | null
    /** A `DkimReasonCode`; absent with `pass`. */
    readonly reason?: string
  }[]
  /** RFC 8617 §4.4: the chain validation status. */
  readonly arc?: { readonly result: ArcVerdict['result'] }
  readonly dmarc?: {
    readonly result: DmarcVerdict['result']
    /** What the owner publishes for this domain; `null` when no policy is known. */
    readonly policy: DmarcVerdict['policy']
    /** The same after `t=y`. */
    readonly disposition: DmarcVerdict['disposition']
    readonly orgDomain: string | null
    readonly spfAligned: boolean
    readonly dkimAligned: boolean
  }
  /** The value of the field that a receiver would write (RFC 8601). */
  readonly authenticationResults: string
}

/** What an answer rests on. */
export interface EvidenceSources {
  /** The DNS for requests that bring none. */
  resolver(): Resolver
  /** Our own name: the authserv-id, and `%{r}` in SPF's macros. */
  readonly receiver: string
  /** Unix seconds. */
  now(): number
}

/** Evaluates one request. Never rejects for anything that stands in it or in DNS. */
export async function answerVerifyRequest(
  request: VerifyRequest,
  world: EvidenceSources,
): Promise<VerifyAnswer> {
  const { id, zone, subject } = request
  const resolver = zone === undefined ? world.resolver() : new MemoryResolver(zone)
  const { receiver } = world
  const now = request.now ?? world.now()
  if (subject.type === 'parts') {
    return verifyAnswer(id, await evaluateParts(subject, { resolver, receiver, now }), receiver)
  }
  const { header, body } = splitMessage(subject.octets)
  const inspection = new MessageInspection(subject.sender, { resolver, receiver, now })
  inspection.header(header)
  inspection.body(body)
  return verifyAnswer(id, await inspection.finish(), receiver)
}

/** The verdicts that were asked for. */
export type VerifiedParts = Partial<Evaluation>

/** The short form of the verdicts. */
export function verifyAnswer(id: RequestId, parts: VerifiedParts, receiver: string): VerifyAnswer {
  const { spf, dkim, arc, dmarc } = parts
  return {
    id,
    ...(spf === undefined ? {} : { spf: shortSpf(spf) }),
    ...(dkim === undefined ? {} : { dkim: dkim.map(shortDkim) }),
    ...(arc === undefined ? {} : { arc: { result: arc.result } }),
    ...(dmarc === undefined ? {} : { dmarc: shortDmarc(dmarc) }),
    authenticationResults: authenticationResultsText(parts, receiver),
  }
}

interface Circumstances {
  readonly resolver: Resolver
  readonly receiver: string
  readonly now: number
}

async function evaluateParts(
  { spf, dmarc }: VerifySubject & { readonly type: 'parts' },
  { resolver, receiver, now }: Circumstances,
): Promise<VerifiedParts> {
  const [ofSpf, ofDmarc] = await Promise.all([
    spf === undefined ? undefined : checkSpf({ ...spf, receiver, now }, resolver),
    dmarc === undefined ? undefined : evaluateDmarc(dmarc, resolver),
  ])
  return {
    ...(ofSpf === undefined ? {} : { spf: ofSpf }),
    ...(ofDmarc === undefined ? {} : { dmarc: ofDmarc }),
  }
}

/**
 * The inspection of one message whose sender may be unknown: SPF is then left out, and DMARC rests
 * on DKIM alone. Call `header`, then `body` for each chunk, then `finish`.
 */
export class MessageInspection {
  readonly #inspection: Inspection
  readonly #senderKnown: boolean

  constructor(sender: SenderFacts | undefined, circumstances: Circumstances) {
    const { resolver, receiver, now } = circumstances
    // A client without an address has the result "none", for which nothing is asked.
    const facts: InspectionFacts = { ...(sender ?? nobody), receiver, now }
    this.#senderKnown = sender !== undefined
    const resolvers = { spf: resolver, dkim: resolver, arc: resolver, dmarc: resolver }
    this.#inspection = new Inspection(facts, resolvers)
  }

  header(header: MessageHeader): void {
    this.#inspection.header(header)
  }

  body(octets: Uint8Array): void {
    this.#inspection.body(octets)
  }

  async finish(): Promise<VerifiedParts> {
    const { spf, ...rest } = await this.#inspection.finish()
    return this.#senderKnown ? { spf, ...rest } : rest
  }
}

const nobody: SenderFacts = { ip: '', helo: '', mailFrom: '' }

function shortSpf(verdict: SpfVerdict): NonNullable<VerifyAnswer['spf']> {
  const { result, domain } = verdict
  const explanation = verdict.result === 'fail' ? verdict.explanation : undefined
  return { result, domain, ...(explanation === undefined ? {} : { explanation }) }
}

function shortDkim(verdict: DkimVerdict): NonNullable<VerifyAnswer['dkim']>[number] {
  const { result, domain = null, selector = null } = verdict
  return {
    result,
    domain,
    selector,
    ...(verdict.result === 'pass' ? {} : { reason: verdict.reason.code }),
  }
}

function shortDmarc(verdict: DmarcVerdict): NonNullable<VerifyAnswer['dmarc']> {
  const { result, policy, disposition, orgDomain, spfAligned, dkimAligned } = verdict
  return { result, policy, disposition, orgDomain, spfAligned, dkimAligned }
}
