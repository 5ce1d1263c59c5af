/** Whole reports at once, for tests: the program gathers and writes them piece by piece. */
import { aggregateParts, type Reporter } from '../format-aggregate.ts'
import {
  AggregateGatherer,
  type AggregateRow,
  type GatheredReport,
  type GatherLimits,
} from '../gather-aggregate.ts'

/** The reports about these rows. */
export function gatherAggregate(
  rows: Iterable<AggregateRow>,
  limits?: GatherLimits,
): readonly GatheredReport[] {
  const gatherer = new AggregateGatherer(limits)
  for (const row of rows) gatherer.add(row)
  return Array.from(gatherer.reports())
}

/** The whole XML of a report. */
export function formatAggregate(report: GatheredReport, reporter: Reporter): string {
  return Array.from(aggregateParts(report, reporter)).join('')
}
