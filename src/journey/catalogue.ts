import type { Step } from './steps.ts'
import type { Sentence } from './sentence.ts'
import { tellArrival } from './sentences/arrival.ts'
import { tellBounced } from './sentences/bounced.ts'
import { tellCaught } from './sentences/caught.ts'
import { tellDelivery } from './sentences/delivery.ts'
import { tellEnding } from './sentences/ending.ts'
import { tellForwarded } from './sentences/forwarded.ts'
import { tellIprev } from './sentences/iprev.ts'
import { tellReported } from './sentences/reported.ts'
import { tellVouched } from './sentences/vouched.ts'
import { tellArc, tellDecision, tellDkim, tellDmarc, tellSpf } from './sentences/verdicts.ts'

/** The one catalogue: every step in words. Most steps are one sentence, a route is two. */
export function tell(step: Step): readonly Sentence[] {
  switch (step.type) {
    case 'connect':
    case 'tls':
    case 'tls-failed':
    case 'helo':
    case 'login':
    case 'limit':
    case 'command-refused':
    case 'sender':
    case 'recipient':
    case 'message':
    case 'completed':
    case 'adapted':
      return [tellArrival(step)]
    case 'vouched':
      return [tellVouched(step)]
    case 'iprev':
      return [tellIprev(step.verdict)]
    case 'spf':
      return [tellSpf(step.verdict)]
    case 'dkim':
      return [tellDkim(step.verdicts)]
    case 'arc':
      return [tellArc(step.verdict)]
    case 'dmarc':
      return [tellDmarc(step.verdict)]
    case 'decision':
      return [tellDecision(step.decision)]
    case 'caught':
    case 'fault':
      return [tellCaught(step)]
    case 'received-spf':
    case 'refused':
    case 'deferred':
    case 'dropped':
    case 'filed':
    case 'signed':
    case 'unsigned':
    case 'queued':
      return [tellEnding(step)]
    case 'forwarded':
    case 'not-forwarded':
      return [tellForwarded(step)]
    case 'reported':
    case 'not-reported':
      return [tellReported(step)]
    case 'route':
    case 'source':
    case 'dial':
    case 'shared':
    case 'peer-tls':
    case 'peer-no-tls':
    case 'peer-tls-failed':
    case 'peer-login':
    case 'transport':
    case 'converted':
    case 'attempt':
    case 'notified':
    case 'not-notified':
    case 'put-off':
    case 'held':
    case 'released':
    case 'paused':
    case 'given-up':
    case 'probed':
      return tellDelivery(step)
    case 'suppressed':
    case 'returned':
    case 'complained':
      return [tellBounced(step)]
  }
}

/** Which side of the journey a step belongs to. */
export function sideOf(step: Step, direction: 'in' | 'out'): 'sending' | 'receiving' {
  return direction === 'in' || step.type === 'filed' ? 'receiving' : 'sending'
}
