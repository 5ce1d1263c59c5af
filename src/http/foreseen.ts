import { readRecord } from '../journey/record.ts'
import { type JourneyView, viewJourney } from '../journey/view.ts'
import type { Foreseen } from '../sessions/letter-door.ts'

/** The journey that a letter would have, as its view. */
export function foreseenJourney({ handed, acceptances, routes }: Foreseen): JourneyView {
  const journeys = acceptances.flatMap((one) => one.journeys)
  const found = journeys.find(({ id }) => id === handed.id)
  if (found === undefined) throw new Error(`foreseenJourney: ${handed.id} was not put down`)
  const shared = [...found.shared, ...routes.shared]
  const facts = new Map(shared.map(({ hash, json }) => [hash, json]))
  const record = readRecord(found.json, [JSON.stringify(routes.steps)])
  const { status, summary } = found
  return viewJourney(record, facts, { status, summary, messageId: undefined })
}
