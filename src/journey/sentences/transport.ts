import type { StsFinding } from '../../mta-sts/finding.ts'
import type { DemandReason, HostDemand, Transport } from '../../transport/demand.ts'
import type { TransportFacts } from '../../transport/transport.ts'
import type { DeliveryStep } from '../delivery-steps.ts'
import { ended, listed, quoted, type Sentence } from '../sentence.ts'

/** Tells what the servers of a route must prove, and who asks for it. */
export function tellTransport(step: DeliveryStep & { readonly type: 'transport' }): Sentence {
  const { destination, facts, transport } = step
  const hosts = transport.result === 'no-route' ? [] : transport.hosts
  const common = {
    id: 'transport',
    label: 'how safe?',
    question: `What must the servers of ${quoted(destination)} prove?`,
    rules: rulesOf(hosts),
    details: {
      destination,
      wish: facts.wish,
      policy: facts.sts,
      settings: facts.rules,
      hosts,
    },
  }
  const policy = policyWords(hosts, facts)
  switch (transport.result) {
    case 'no-route':
      return { ...common, answer: 'Nothing: there is no server to go to.', verdict: 'skipped' }
    case 'temporary':
    case 'permanent': {
      const { result, status, because } = transport
      const verdict = result === 'permanent' ? 'fail' : 'unknown'
      const answer = `No server of it may have the message. ${ended(quoted(because, 600))}${policy}`
      return { ...common, answer, verdict, result: status }
    }
    case 'go': {
      const answer = `${demandWords(transport, facts)}${policy}`
      return { ...common, answer, verdict: verdictOf(hosts), result: resultOf(hosts) }
    }
  }
}

/** `mx1.a.example and mx2.a.example: TLS where it is offered, as nobody asks for more.` */
function demandWords(
  { hosts }: Transport & { readonly result: 'go' },
  facts: TransportFacts,
): string {
  const groups = Map.groupBy(hosts, (one) => wordsFor(one, facts))
  const parts = Array.from(groups, ([words, same]) => {
    const names = same.slice(0, 3).map(({ host }) => quoted(host))
    const more = same.length - names.length
    const all = more > 0 ? [...names, `${more} more`] : names
    return `${listed(all)}: ${words}.`
  })
  return parts.join(' ')
}

function wordsFor(host: HostDemand, { wish }: TransportFacts): string {
  const { demand, reason, before, tlsa } = host
  const promised = wish === 'required'
  const name = promised ? 'TLS, a certificate with its name and REQUIRETLS' : namedTls
  const named = demand.type === 'verified' ? name : 'TLS'
  switch (reason) {
    case 'nobody-asks':
      return 'TLS where it is offered, as nobody asks for more'
    case 'message-waives':
      return 'TLS where it is offered, as the message says "TLS-Required: No"'
    case 'setting':
      return `${named}, because the settings want it`
    case 'tlsa':
      return `TLS and a certificate that its TLSA records are about (DANE)${promised ? ', and REQUIRETLS' : ''}`
    case 'tlsa-unusable':
      return 'TLS, because it has TLSA records, though none that can be used'
    case 'tlsa-unknown':
      return `nothing goes there now, as its TLSA records could not be looked up${failedWords(tlsa)}`
    case 'sts':
      return `${named}, because the MTA-STS policy says so`
    case 'sts-mismatch':
      return 'nothing goes there, as the MTA-STS policy does not list it'
    case 'message-requires':
      return `${named}, because the message requires it`
    case 'name-not-proved':
      return 'nothing goes there, as the message requires TLS and nobody proves that it is the right server'
    case 'memory':
      return `TLS, because it had it before${before === undefined ? '' : ` (${dayOf(before.seenAt)})`}`
  }
}

const namedTls = 'TLS and a certificate with its name'

function failedWords(tlsa: HostDemand['tlsa']): string {
  return tlsa?.type === 'failed' ? ` (${tlsa.reason})` : ''
}

/** What is to be said of the MTA-STS policy beside what it demands. */
function policyWords(hosts: readonly HostDemand[], { sts }: TransportFacts): string {
  if (sts.type === 'failed') {
    return ` The MTA-STS policy could not be had: ${ended(quoted(sts.trouble.text, 300))}`
  }
  if (sts.type !== 'policy') return ''
  const problem = problemWords(sts)
  if (sts.policy.mode !== 'testing') return problem
  const unlisted = hosts.flatMap((one) => (one.sts?.result === 'mismatch' ? [one.host] : []))
  if (unlisted.length === 0) return ` The MTA-STS policy is being tested, and lists them.${problem}`
  const names = listed(unlisted.slice(0, 3).map((one) => quoted(one)))
  return ` The MTA-STS policy is being tested, and does not list ${names}.${problem}`
}

function problemWords({ problem }: StsFinding & { readonly type: 'policy' }): string {
  if (problem === undefined) return ''
  return ` It is an older one, as a newer one could not be had: ${ended(quoted(problem.text, 300))}`
}

/** `2026-11-20`. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

function verdictOf(hosts: readonly HostDemand[]): Sentence['verdict'] {
  if (hosts.some(({ demand }) => demand.type === 'skip')) return 'warn'
  return hosts.some(({ demand }) => demand.type === 'opportunistic') ? 'note' : 'ok'
}

/** The demand on the first server that mail may go to: the one that is tried first. */
function resultOf(hosts: readonly HostDemand[]): string {
  return hosts.find(({ demand }) => demand.type !== 'skip')?.demand.type ?? 'skip'
}

const rules: Readonly<Record<DemandReason, readonly string[]>> = {
  'nobody-asks': ['RFC 7435'],
  'message-waives': ['RFC 8689 §4.2.2'],
  setting: [],
  tlsa: ['RFC 7672 §2.2'],
  'tlsa-unusable': ['RFC 7672 §2.2'],
  'tlsa-unknown': ['RFC 7672 §2.1.2'],
  sts: ['RFC 8461 §5'],
  'sts-mismatch': ['RFC 8461 §4.1'],
  'message-requires': ['RFC 8689 §4.2.1'],
  'name-not-proved': ['RFC 8689 §4.2.1'],
  memory: [],
}

function rulesOf(hosts: readonly HostDemand[]): readonly string[] {
  return Array.from(new Set(hosts.flatMap(({ reason }) => rules[reason])))
}
