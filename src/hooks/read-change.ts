import type { ActPort } from '../store/ports/acts.ts'
import type { Change } from '../store/ports/changes.ts'
import type { JourneyPort } from '../store/ports/journeys.ts'
import { eventsOf, type MailEvent, type MailEventType } from './mail-event.ts'
import type { Untold } from './untold.ts'

/** What a change is looked up in. */
export interface ChangedPorts {
  readonly journeys: Pick<JourneyPort, 'find'>
  readonly acts: Pick<ActPort, 'list'>
}

/** The events that a change of the store stands for, and that were not told yet. */
export async function readChange(
  { journeys, acts }: ChangedPorts,
  change: Change,
  untold: Untold,
): Promise<readonly MailEvent[]> {
  if (change.type === 'journey') {
    const found = await journeys.find(change.id)
    if (found.type !== 'found' || found.journey.id !== change.id) return []
    return untold.of(change.id, eventsOf(found.journey))
  }
  if (change.type !== 'act') return []
  const [act] = await acts.list({ limit: 1, before: change.act + 1 })
  const type = act?.number === change.act ? actTypes[act.what] : undefined
  if (act === undefined || type === undefined) return []
  const { who, why, at, detail } = act
  return [{ id: `evt_act_${act.number}`, type, at, detail: { who, why, ...detail } }]
}

const actTypes: Readonly<Record<string, MailEventType>> = {
  'queue hold': 'message.held',
  'queue release': 'message.released',
}
