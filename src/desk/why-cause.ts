import type { AnswerReading } from '../answers/kinds.ts'
import type { NextTurn } from '../answers/turn.ts'
import type { DnsFailure } from '../dns/resolver.ts'
import type { DeliveryStep } from '../journey/delivery-steps.ts'
import type { JourneyRecord } from '../journey/record.ts'
import { ended } from '../journey/sentence.ts'

type Attempt = DeliveryStep & { readonly type: 'attempt' }
type Steps = JourneyRecord['steps']

/** What the steps before an attempt tell of why it was in vain, which no answer of a server tells. */
export interface Cause {
  /** In place of what the kind of the reading means. */
  readonly says: string
  /** Who can mend it, also while the letter waits. */
  readonly next: NextTurn
}

/**
 * Why an attempt was in vain, where DNS, DANE or MTA-STS was why; `undefined`: its reading says it. Pure,
 * and of records of every version.
 */
export function causeOf(
  { steps }: Pick<JourneyRecord, 'steps'>,
  attempt: Attempt,
  reading: AnswerReading | undefined,
): Cause | undefined {
  const before = stepsOf(steps, attempt)
  if (attempt.host === '') return dnsCause(before)
  return reading?.rule === 'own.tlsFailed' ? tlsCause(before, attempt.host) : undefined
}

/** How often the whole letter went to a server for this recipient, and nobody knows whether it took it. */
export function timesUnanswered(
  { steps }: Pick<JourneyRecord, 'steps'>,
  recipient: string,
): number {
  return steps.filter((step) => {
    if (step.type !== 'attempt' || step.recipient !== recipient) return false
    return step.reading?.rule === 'own.unknownAfterMessage'
  }).length
}

/** Of one attempt: those since the one before it for the same recipient. */
function stepsOf(steps: Steps, attempt: Attempt): Steps {
  const end = steps.findIndex((step) => step === attempt)
  const before = steps.slice(0, end)
  const begin = before.findLastIndex((step) => {
    return step.type === 'attempt' && step.recipient === attempt.recipient
  })
  return before.slice(begin + 1)
}

function dnsCause(steps: Steps): Cause | undefined {
  for (const { name, reason } of unanswered(steps)) {
    if (reason === 'no-resolver') return noResolver
    if (reason !== 'servfail') continue
    return {
      says: `The DNS servers cannot answer for ${name} (SERVFAIL): the zone fails DNSSEC, or its name servers do not work.`,
      next: {
        turn: 'other-server',
        todo: `The owner of the zone of ${name} has to mend it (\`delv ${name}\` shows whether it is DNSSEC).`,
      },
    }
  }
  return undefined
}

const noResolver: Cause = {
  says: 'None of our DNS servers answers.',
  next: {
    turn: 'operator',
    todo: 'Whoever runs this server has to see why: the servers of dns.servers, or of /etc/resolv.conf, and the way there.',
  },
}

interface Unanswered {
  readonly name: string
  readonly reason: DnsFailure
}

/** Questions without an answer that kept us from sending. */
function unanswered(steps: Steps): readonly Unanswered[] {
  const last = steps.findLast((step) => step.type === 'route' || step.type === 'transport')
  if (last?.type === 'route' && last.route.type === 'temporary') {
    return last.route.questions.flatMap(({ name, answer }) => {
      return answer.type === 'failed' ? [{ name, reason: answer.reason }] : []
    })
  }
  if (last?.type !== 'transport' || last.transport.result !== 'temporary') return []
  return last.transport.hosts.flatMap(({ tlsa }) => (tlsa?.type === 'failed' ? [tlsa] : []))
}

function tlsCause(steps: Steps, host: string): Cause | undefined {
  const failed = steps.findLast((step) => step.type === 'peer-tls-failed' && step.host === host)
  // Without a certificate the handshake itself failed, and nobody knows whose fault that is.
  if (failed?.type !== 'peer-tls-failed' || failed.certificate === undefined) return undefined
  const why = ended(failed.problem)
  if (failed.demanded === 'dane') {
    return {
      says: `The certificate of ${host} does not fit the TLSA record that the destination publishes (DANE): ${why}`,
      next: theirs('the certificate, or the TLSA record'),
    }
  }
  if (failed.demanded !== 'verified') return undefined
  switch (reasonFor(steps, host)) {
    case 'sts':
      return {
        says: `The destination enforces an MTA-STS policy, and the certificate of ${host} does not hold for that host: ${why}`,
        next: theirs('the certificate, or the policy'),
      }
    case 'setting':
      return {
        says: `The settings of this server want a proved certificate there (delivery.verified_to), and that of ${host} does not hold: ${why}`,
        next: {
          turn: 'operator',
          todo: 'Either the postmaster of the destination mends the certificate, or whoever runs this server takes the setting away.',
        },
      }
    default:
      return undefined
  }
}

function theirs(what: string): NextTurn {
  return { turn: 'other-server', todo: `The postmaster of the destination has to mend ${what}.` }
}

function reasonFor(steps: Steps, host: string) {
  const step = steps.findLast(({ type }) => type === 'transport')
  if (step?.type !== 'transport' || step.transport.result === 'no-route') return undefined
  return step.transport.hosts.find((one) => one.host === host)?.reason
}
