import { type ArcVerdict, ArcVerifier } from '../arc/arc.ts'
import { type DkimVerdict, DkimVerifier } from '../dkim/dkim.ts'
import {
  type AuthenticatedDomain,
  beginDmarc,
  type DmarcCheck,
  type DmarcVerdict,
} from '../dmarc/dmarc.ts'
import {
  type DnsAnswer,
  type DnsOutage,
  dnsOutages,
  isOutage,
  type RecordData,
  type RecordType,
  type Resolver,
} from '../dns/resolver.ts'
import { unfoldedValue } from '../message/field.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import { BodyHashes, type KeptBodyHash } from '../signature/body-hash.ts'
import { checkSpf, type SpfVerdict } from '../spf/spf.ts'
import { type AuthorDomainVerdict, checkAuthorDomain } from './author-domain.ts'
import { publicSuffixes } from './public-suffixes.ts'

/**
 * What checking the signatures of one message may cost, while all other connections wait: a header of
 * 100 KB under ten DKIM signatures, and fifty ARC sets of 3 KB, each of which seals all below it.
 */
const dkimLimits = { maxSignedOctets: 1 << 20 } as const
const arcLimits = { maxSignedOctets: 1 << 22 } as const

/** The facts of a connection that the verdicts depend on. */
export interface InspectionFacts {
  /** Address of the client, as text. */
  readonly ip: string
  /** What it called itself. */
  readonly helo: string
  /** The reverse-path without brackets; empty for `<>`. */
  readonly mailFrom: string
  /** Our own name, for SPF's macros. */
  readonly receiver: string
  /** Unix seconds. */
  readonly now: number
}

/** A resolver for each evaluator, so that what each asked can be recorded apart. */
export interface InspectionResolvers {
  readonly spf: Resolver
  readonly dkim: Resolver
  readonly arc: Resolver
  readonly dmarc: Resolver
  /** For the question whether the author's domain exists, which is left out when this is absent. */
  readonly author?: Resolver | undefined
}

/** All verdicts on one message. */
export interface Evaluation {
  readonly spf: SpfVerdict
  readonly dkim: readonly DkimVerdict[]
  readonly arc: ArcVerdict
  readonly dmarc: DmarcVerdict
  /** Only where DMARC asks for nothing: where it does, nothing hangs on this. */
  readonly author?: AuthorDomainVerdict
  /** Some of what these verdicts rest on could not be asked at all, for a reason of ours. */
  readonly outage?: DnsOutage
}

/**
 * Inspects one message while it arrives: SPF from the first recipient on, keys for DKIM and ARC from
 * the end of the header on, body hashes for both as the octets pass. When the last octet is there,
 * only the verdict is left.
 *
 * Make it when the first recipient was taken; then call `header`, `body` for each chunk, `finish`.
 */
export class Inspection {
  readonly #facts: InspectionFacts
  readonly #watch = new OutageWatch()
  readonly #resolvers: InspectionResolvers
  readonly #spf: Promise<SpfVerdict>
  readonly #bodyHashes: BodyHashes
  #finished = false
  #dkim: DkimVerifier | undefined
  #arc: ArcVerifier | undefined
  #dmarc: DmarcCheck | undefined

  /** @param kept hashes of the body, when it was judged before and is not kept as a whole */
  constructor(
    facts: InspectionFacts,
    resolvers: InspectionResolvers,
    kept?: readonly KeptBodyHash[],
  ) {
    this.#bodyHashes = new BodyHashes(kept)
    this.#facts = facts
    const { author } = resolvers
    this.#resolvers = {
      spf: this.#watch.over(resolvers.spf),
      dkim: this.#watch.over(resolvers.dkim),
      arc: this.#watch.over(resolvers.arc),
      dmarc: this.#watch.over(resolvers.dmarc),
      author: author === undefined ? undefined : this.#watch.over(author),
    }
    this.#spf = checkSpf(facts, this.#resolvers.spf)
    // A letter may be given up before anybody waits for this; `finish` still hears of a fault.
    this.#spf.catch(() => undefined)
  }

  /** What the verdicts needed of the body; nothing before the message has ended. */
  get bodyHashes(): readonly KeptBodyHash[] {
    return this.#finished ? this.#bodyHashes.all : []
  }

  /** Whether a hash of the body was needed that is not among those that were kept. */
  get lacksBodyHash(): boolean {
    return this.#bodyHashes.lacking
  }

  header(header: MessageHeader): void {
    const { dkim, arc, dmarc } = this.#resolvers
    const shared = { header, now: this.#facts.now, bodyHashes: this.#bodyHashes }
    this.#dkim = new DkimVerifier({ ...shared, resolver: dkim, limits: dkimLimits })
    this.#arc = new ArcVerifier({ ...shared, resolver: arc, limits: arcLimits })
    const from = { type: 'fields', values: fromValues(header) } as const
    this.#dmarc = beginDmarc(from, dmarc, { publicSuffixList: publicSuffixes })
  }

  body(octets: Uint8Array): void {
    this.#bodyHashes.push(octets)
  }

  async finish(): Promise<Evaluation> {
    if (this.#dkim === undefined || this.#arc === undefined || this.#dmarc === undefined) {
      throw new Error('Inspection: finish before the header')
    }
    this.#bodyHashes.finish()
    this.#finished = true
    const [spf, dkim, arc] = await Promise.all([this.#spf, this.#dkim.finish(), this.#arc.finish()])
    const dmarc = await this.#dmarc.finish({
      // DMARC looks at MAIL FROM alone; with a null reverse-path that is postmaster@HELO
      // (RFC 9989 §4.4.2, RFC 7208 §2.4), which is what `checkSpf` evaluated.
      spf: { result: spf.result, domain: spf.domain },
      dkim: dkim.flatMap(authenticated),
    })
    const author = await this.#checkAuthor(dmarc)
    const { outage } = this.#watch
    return {
      spf,
      dkim,
      arc,
      dmarc,
      ...(author === undefined ? {} : { author }),
      ...(outage === undefined ? {} : { outage }),
    }
  }

  async #checkAuthor(dmarc: DmarcVerdict): Promise<AuthorDomainVerdict | undefined> {
    const { author } = this.#resolvers
    const { result, authorDomain, disposition } = dmarc
    if (author === undefined || authorDomain === null) return undefined
    const asksForNothing = result === 'none' || (result === 'fail' && disposition === 'none')
    return asksForNothing ? await checkAuthorDomain(authorDomain, author) : undefined
  }
}

/** A signature as DMARC sees it; one whose domain could not be read vouches for nobody. */
function authenticated(verdict: DkimVerdict): readonly AuthenticatedDomain[] {
  const { result, domain, selector } = verdict
  if (domain === undefined) return []
  return [{ result, domain, ...(selector === undefined ? {} : { selector }) }]
}

function fromValues(header: MessageHeader): readonly string[] {
  return header.fields.filter((field) => field.name === 'from').map(unfoldedValue)
}

/** Sees which questions of an inspection could not be asked at all. */
class OutageWatch {
  readonly #seen = new Set<DnsOutage>()

  /** What kept us from asking, the one that says most; `undefined` when everything was asked. */
  get outage(): DnsOutage | undefined {
    return dnsOutages.find((one) => this.#seen.has(one))
  }

  /** The same resolver, watched. */
  over(resolver: Resolver): Resolver {
    const note = <T>(answer: DnsAnswer<T>): DnsAnswer<T> => {
      if (answer.type === 'failed' && isOutage(answer.reason)) this.#seen.add(answer.reason)
      return answer
    }
    return {
      resolve: <T extends RecordType>(
        name: string,
        type: T,
        client?: string,
      ): Promise<DnsAnswer<RecordData[T]>> =>
        resolver.resolve(name, type, client).then<DnsAnswer<RecordData[T]>>(note),
    }
  }
}
