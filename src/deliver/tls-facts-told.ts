import { tlsaText } from '../dane/tlsa.ts'
import type { StsFinding, StsTrouble } from '../mta-sts/finding.ts'
import type { TlsFact, TlsFactPolicy } from '../report/tls-fact.ts'
import type { HostDemand } from '../transport/demand.ts'
import type { Proof } from './proof.ts'
import type { TlsOutcome } from './tls-told.ts'

/** What a session was held to. */
interface Held {
  readonly host: HostDemand
  readonly ip: string
  /** Our address that it was called from; empty where none was used. */
  readonly from: string
  readonly destination: string
  readonly sts: StsFinding
}

/**
 * What is told of one session: a fact for each policy that it was under, and one without where there
 * was none. RFC 8460 §4.
 */
export function factsOf(outcome: TlsOutcome, held: Held): readonly TlsFact[] {
  const { host, ip, from } = held
  const called = from === '' ? {} : { from }
  const policies = policiesOf(held)
  return policies.map((policy) => {
    const isUnlisted = policy.type === 'sts' && host.sts?.result === 'mismatch'
    const result = isUnlisted ? unlisted : resultOf(outcome, policy.type, host)
    return { policy, mxHost: host.host, ip, ...called, result }
  })
}

/**
 * What is told of an MTA-STS policy that could not be had, or not as new as it could be. Where DNS did
 * not answer and none is kept, nobody knows whether there is one. RFC 8460 §4.3.2.2.
 */
export function policyFacts({
  destination,
  sts,
}: Pick<Held, 'destination' | 'sts'>): readonly TlsFact[] {
  const trouble = troubleIn(sts)
  if (trouble === undefined || (sts.type === 'failed' && trouble.stage === 'dns')) return []
  const none = { type: 'sts', domain: destination, strings: [], mxHosts: [] } as const
  const policy = sts.type === 'policy' ? stsPolicy(destination, sts) : none
  const { resultType, text: reason } = trouble
  return [{ policy, mxHost: '', ip: '', result: { type: 'failure', resultType, reason } }]
}

/** What is told of a host that nothing may go to, by its policies. */
export function skipFacts(
  host: HostDemand,
  { destination, sts }: Pick<Held, 'destination' | 'sts'>,
): readonly TlsFact[] {
  const common = { mxHost: host.host, ip: '' }
  if (host.reason === 'tlsa-unknown' && host.tlsa?.type === 'failed') {
    const { name, reason } = host.tlsa
    const policy = { type: 'tlsa', domain: host.host, strings: [], mxHosts: [] } as const
    const failure = { type: 'failure', resultType: 'dnssec-invalid' } as const
    return [{ ...common, policy, result: { ...failure, reason: `${name}: ${reason}` } }]
  }
  if (host.reason === 'sts-mismatch' && sts.type === 'policy') {
    return [{ ...common, policy: stsPolicy(destination, sts), result: unlisted }]
  }
  return []
}

function troubleIn(sts: StsFinding): StsTrouble | undefined {
  switch (sts.type) {
    case 'none':
      return undefined
    case 'policy':
      return sts.problem
    case 'failed':
      return sts.trouble
  }
}

/** RFC 8460 §4.3.3: there is no word of its own for it. */
const unlisted = {
  type: 'failure',
  resultType: 'validation-failure',
  reason: 'the policy does not list the host',
} as const

function policiesOf({ host, destination, sts }: Held): readonly TlsFactPolicy[] {
  const policies: TlsFactPolicy[] = []
  if (host.tlsa?.type === 'found') {
    const { base, usable, unusable } = host.tlsa
    const strings = [...usable.map((one) => tlsaText(one)), ...unusable.map(({ record }) => record)]
    policies.push({ type: 'tlsa', domain: base, strings, mxHosts: [] })
  }
  if (host.sts !== undefined && host.sts.result !== 'no-policy' && sts.type === 'policy') {
    policies.push(stsPolicy(destination, sts))
  }
  if (policies.length > 0) return policies
  return [{ type: 'no-policy-found', domain: destination, strings: [], mxHosts: [] }]
}

function stsPolicy(
  domain: string,
  { policy }: StsFinding & { readonly type: 'policy' },
): TlsFactPolicy {
  return { type: 'sts', domain, strings: policy.lines, mxHosts: policy.mx }
}

function resultOf(
  outcome: TlsOutcome,
  policy: TlsFactPolicy['type'],
  host: HostDemand,
): TlsFact['result'] {
  switch (outcome.type) {
    case 'not-offered':
      return { type: 'failure', resultType: 'starttls-not-supported' }
    case 'failed':
      return { type: 'failure', resultType: 'validation-failure', reason: outcome.problem }
    case 'tls': {
      const { facts, proof, byAuthority } = outcome
      // MTA-STS looks at the certificate also while a policy is tested, or DANE has held (RFC 8461 §5).
      if (policy === 'sts') return resultIn(byAuthority, facts.certificate?.problem)
      return (policy === 'tlsa' ? noneUsable(host) : undefined) ?? resultIn(proof)
    }
  }
}

/** @param code of the TLS library, which says more than our sentence */
function resultIn(proof: Proof, code?: string): TlsFact['result'] {
  if (proof.result === 'holds') return { type: 'success' }
  return { type: 'failure', resultType: proof.flaw, reason: code ?? proof.problem }
}

/**
 * RFC 8460 §4.3.2.1: none of the TLSA records is valid. Where none can be used mail goes all the same
 * (RFC 7672 §2.2), and this is how the owner hears of it.
 */
function noneUsable({ tlsa }: HostDemand): TlsFact['result'] | undefined {
  if (tlsa?.type !== 'found' || tlsa.usable.length > 0) return undefined
  const reason = Array.from(new Set(tlsa.unusable.map(({ why }) => why))).join(', ')
  return { type: 'failure', resultType: 'tlsa-invalid', reason }
}
