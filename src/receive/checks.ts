import type { Clock } from '../base/clock.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import type { Resolver } from '../dns/resolver.ts'
import { Inspection, type InspectionFacts } from '../inspect/inspection.ts'
import { checkIprev, type IprevVerdict } from '../inspect/iprev.ts'
import type { Begin } from '../journey/builder.ts'
import type { Envelope } from './port.ts'

interface ChecksNeeds {
  readonly resolver: Resolver
  readonly clock: Clock
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, journeyId: string) => void
}

/** What is asked about one letter; each evaluator's questions are recorded apart. */
export class Checks {
  readonly recorders: Readonly<
    Record<'spf' | 'dkim' | 'arc' | 'dmarc' | 'author' | 'iprev', RecordingResolver>
  >
  readonly inspection: Inspection
  readonly begin: Begin
  /** Information only: nobody waits for it, so it may be missing at the end. */
  iprev: IprevVerdict | undefined

  constructor(
    { resolver, clock, report }: ChecksNeeds,
    facts: InspectionFacts,
    { journey }: Envelope,
  ) {
    const recorder = (): RecordingResolver => new RecordingResolver(resolver, clock, facts.ip)
    this.recorders = {
      spf: recorder(),
      dkim: recorder(),
      arc: recorder(),
      dmarc: recorder(),
      author: recorder(),
      iprev: recorder(),
    }
    this.begin = journey.begin()
    this.inspection = new Inspection(facts, this.recorders)
    checkIprev(facts.ip, this.recorders.iprev).then(
      (verdict) => {
        this.iprev = verdict
      },
      (problem: unknown) => report(problem, journey.id),
    )
  }
}
