import type { LabPorts } from './lab.ts'
import { openLab } from './lab.ts'
import { labTools } from './lab-tools.ts'
import type { Situation } from '../lab/situations.ts'
import type { StoreReader, StoredJourney } from '../store/store.ts'

/** A journey with the store that it lies in. */
export interface FoundIn {
  readonly reader: StoreReader
  readonly journey: StoredJourney
}

const freePorts: LabPorts = { smtp: 0, submission: 0, submissions: 0, dns: 0 }

/**
 * Opens a lab of its own on free ports, runs a situation to its end, and gives its journeys to
 * `look`: the receiving one first (the last one, when the letter came twice), then the sending one,
 * then the others. The lab is closed after that.
 */
export async function runSituation<T>(
  situation: Situation,
  input: {
    readonly folder: string
    report(problem: unknown, where: string): void
    look(journeys: readonly FoundIn[]): T | Promise<T>
  },
): Promise<T> {
  const { folder, report } = input
  const lab = await openLab({ folder, ports: freePorts, taken: 'strict', report })
  try {
    const startedAt = lab.clock.now()
    await situation.run(labTools(lab))
    const received = newest(lab.south.store.read, startedAt, 'in')
    const sent = newest(lab.north.store.read, startedAt, 'out')
    const letters = sent.filter(({ journey }) => journey.mailFrom !== '')
    const reports = sent.filter(({ journey }) => journey.mailFrom === '')
    const ordered = [...received.slice(0, 1), ...letters, ...received.slice(1), ...reports]
    return await input.look(ordered)
  } finally {
    await lab.close()
  }
}

function newest(reader: StoreReader, since: number, direction: 'in' | 'out'): readonly FoundIn[] {
  const rows = reader.listJourneys({ limit: 20, direction })
  return rows.flatMap(({ id, startedAt }) => {
    if (startedAt < since) return []
    const found = reader.findJourney(id)
    return found.type === 'found' ? [{ reader, journey: found.journey }] : []
  })
}
