import { matchesHost } from '../address/host-pattern.ts'
import type { ChainCertificate } from '../dane/chain.ts'
import { checkDane, type DaneVerdict } from '../dane/check.ts'
import { tlsaDigest } from '../io/certificate-chain.ts'
import type { CertificateFacts, TlsFacts } from '../io/tls-facts.ts'
import type { TargetDemand } from '../transport/demand.ts'
import type { TlsStrength } from '../transport/memory.ts'
import type { Way } from './way.ts'

/** What a server must prove when it is connected to. */
export type Demand = Exclude<TargetDemand, { readonly type: 'skip' }>

/** Nothing. */
export const noDemand: Demand = { type: 'opportunistic' }

/** What is demanded of a server, also by the way that the settings give it: the stricter of both. */
export function stricter(demand: Demand, { need }: Pick<Way, 'need'>, host: string): Demand {
  if (demand.type === 'verified' || demand.type === 'dane') return demand
  if (need === 'verified') return { type: 'verified', names: [host] }
  return need === 'required' ? { type: 'encrypted' } : demand
}

/** The name that a server is asked for by SNI: for DANE the TLSA base domain (RFC 7672 §8.1). */
export function serverNameFor(demand: Demand, host: string): string {
  return demand.type === 'dane' ? (demand.names[0] ?? host) : host
}

/** How a TLS session stands to what was demanded of it. */
export type Proof =
  | { readonly result: 'holds'; readonly strength: TlsStrength; readonly record?: string }
  | { readonly result: 'lacks'; readonly problem: string; readonly flaw: ProofFlaw }

/** What is wrong with a certificate, as reports tell it apart. RFC 8460 §4.3.2.1. */
export type ProofFlaw =
  | 'certificate-host-mismatch'
  | 'certificate-expired'
  | 'certificate-not-trusted'
  | 'validation-failure'

/**
 * Holds a TLS session to what was demanded.
 *
 * @param chain reads the certificates that the server sent
 * @param now   Unix milliseconds
 */
export function prove(
  demand: Demand,
  session: { readonly facts: TlsFacts; readonly chain: () => readonly ChainCertificate[] },
  now: number,
): Proof {
  const { facts, chain } = session
  switch (demand.type) {
    case 'opportunistic':
    case 'encrypted':
      // Whether an authority vouches for it is worth knowing all the same.
      return { result: 'holds', strength: facts.certificate?.trusted ? 'verified' : 'encrypted' }
    case 'verified':
      return proveByAuthority(demand.names, facts.certificate, chain)
    case 'dane': {
      const { records, names } = demand
      const verdict = checkDane({ records, names, chain: chain(), now, digest: tlsaDigest })
      if (verdict.result === 'match') {
        return { result: 'holds', strength: 'dane', record: verdict.record }
      }
      return { result: 'lacks', ...daneWords[verdict.reason] }
    }
  }
}

/** Why the other side is not proved to be who it should be; `undefined`: it is. */
export function lacksTrust({ certificate }: Pick<TlsFacts, 'certificate'>): string | undefined {
  if (certificate === undefined) return 'the server has shown no certificate'
  if (certificate.trusted) return undefined
  return `its certificate does not hold (${certificate.problem ?? 'for no reason that was told'})`
}

/** Whether an authority vouches for a certificate with one of these names in it. RFC 8461 §4.1. */
export function proveByAuthority(
  names: readonly string[],
  certificate: CertificateFacts | undefined,
  chain: () => readonly ChainCertificate[],
): Proof {
  const distrust = lacksTrust({ certificate })
  if (distrust !== undefined || certificate === undefined) {
    return { result: 'lacks', problem: distrust ?? '', flaw: flawOf(certificate ?? {}) }
  }
  // RFC 8461 §4.1, RFC 9525 §6.3: the name must be in subjectAltName; TLS libraries may have taken a
  // common name for it.
  const [own] = chain()
  const has = own?.dnsNames.some((name) => names.some((one) => matchesHost(name, one))) ?? false
  if (has || names.some((one) => certificate.names.includes(`IP Address:${one}`))) {
    return { result: 'holds', strength: 'verified' }
  }
  const problem = `its certificate has not the name ${names.join(' or ')}`
  return { result: 'lacks', problem, flaw: 'certificate-host-mismatch' }
}

/** Why a certificate that is not trusted is not, as reports tell it. */
function flawOf({ problem }: Partial<Pick<CertificateFacts, 'problem'>>): ProofFlaw {
  switch (problem) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'certificate-host-mismatch'
    case 'CERT_HAS_EXPIRED':
      return 'certificate-expired'
    default:
      return 'certificate-not-trusted'
  }
}

type DaneProblem = (DaneVerdict & { readonly result: 'mismatch' })['reason']

const daneWords: Readonly<
  Record<DaneProblem, { readonly problem: string; readonly flaw: ProofFlaw }>
> = {
  'no-certificate': {
    problem: 'it has shown no certificate that can be read',
    flaw: 'validation-failure',
  },
  'no-match': {
    problem: 'none of its TLSA records is about a certificate that it has shown',
    flaw: 'validation-failure',
  },
  'wrong-name': {
    problem: 'its TLSA records are about an authority, and its certificate has not its name',
    flaw: 'certificate-host-mismatch',
  },
  expired: {
    problem: 'its TLSA records are about an authority, and a certificate has expired',
    flaw: 'certificate-expired',
  },
  'not-yet-valid': {
    problem: 'its TLSA records are about an authority, and a certificate does not hold yet',
    flaw: 'validation-failure',
  },
  'not-an-authority': {
    problem: 'its TLSA records are about a certificate that may not sign others',
    flaw: 'certificate-not-trusted',
  },
  'bad-signature': {
    problem: 'its TLSA records are about an authority that has not signed its certificate',
    flaw: 'certificate-not-trusted',
  },
}
