import type { ActPort } from '../store/ports/acts.ts'
import type { Change } from '../store/ports/changes.ts'
import type { JourneyPort, StoredJourney } from '../store/ports/journeys.ts'
import { eventsOf, type MailEvent, type MailEventType } from './mail-event.ts'
import type { Untold } from './untold.ts'

/** What a change is looked up in. */
export interface ChangedPorts {
  readonly journeys: Pick<JourneyPort, 'listed'>
  readonly acts: Pick<ActPort, 'list'>
}

/** A change, with what happened in it that was not told yet. */
export interface ReadChange<C extends Change = Change> {
  readonly change: C
  readonly events: readonly MailEvent[]
  /** Why the record of its journey cannot be read: that must not hold all others up. */
  readonly problem?: unknown
}

/** The events that changes of the store stand for, in their order; their journeys are read at one go. */
export async function readChanges<C extends Change>(
  { journeys, acts }: ChangedPorts,
  changes: readonly C[],
  untold: Untold,
): Promise<readonly ReadChange<C>[]> {
  const ids = changes.flatMap((change) => (change.type === 'journey' ? [change.id] : []))
  const found = ids.length === 0 ? [] : await journeys.listed(Array.from(new Set(ids)))
  const byId = new Map<string, StoredJourney>(found.map((journey) => [journey.id, journey]))
  const read: ReadChange<C>[] = []
  for (const change of changes) {
    if (change.type === 'journey') read.push(readJourney(change, byId.get(change.id), untold))
    else if (change.type === 'act') read.push({ change, events: await actEvents(acts, change.act) })
    else read.push({ change, events: [] })
  }
  return read
}

function readJourney<C extends Change>(
  change: C,
  journey: StoredJourney | undefined,
  untold: Untold,
): ReadChange<C> {
  if (journey === undefined) return { change, events: [] }
  try {
    return { change, events: untold.of(journey.id, eventsOf(journey)) }
  } catch (problem) {
    return { change, events: [], problem }
  }
}

async function actEvents(
  acts: ChangedPorts['acts'],
  number: number,
): Promise<readonly MailEvent[]> {
  const [act] = await acts.list({ limit: 1, before: number + 1 })
  const type = act?.number === number ? actTypes[act.what] : undefined
  if (act === undefined || type === undefined) return []
  const { who, why, at, detail } = act
  return [{ id: `evt_act_${act.number}`, type, at, detail: { who, why, ...told(detail) } }]
}

const actTypes: Readonly<Record<string, MailEventType>> = {
  'queue hold': 'message.held',
  'queue release': 'message.released',
  'account held': 'account.held',
  'webhook off': 'webhook.off',
  'report import': 'report.received',
  'certificate ends': 'certificate.ends',
  'certificate renewed': 'certificate.renewed',
}

/** What an act has under `id` is no letter's: in an event that is what `id` means. */
function told({ id, ...more }: Readonly<Record<string, unknown>>): MailEvent['detail'] {
  return id === undefined ? more : { webhook: id, ...more }
}
