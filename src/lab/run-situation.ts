import { silent } from '../base/log.ts'
import type { ReadPorts } from '../store/reads.ts'
import type { StoredJourney } from '../store/ports/journeys.ts'
import { type Lab, type LabPorts, openLab } from './lab.ts'
import { labTools } from './tools.ts'
import type { Situation } from './situation.ts'

/** A journey with the store that it lies in. */
export interface FoundIn {
  readonly reader: ReadPorts
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
    readonly report: (problem: unknown, where: string) => void
    look(journeys: readonly FoundIn[]): T | Promise<T>
  },
): Promise<T> {
  const { folder, report } = input
  const lab = await openLab({ folder, log: silent, ports: freePorts, taken: 'strict', report })
  try {
    return await input.look(await letHappen(situation, lab))
  } finally {
    await lab.close()
  }
}

/** Lets a situation happen in a lab that is open, and gives its journeys in the order of above. */
export async function letHappen(situation: Situation, lab: Lab): Promise<readonly FoundIn[]> {
  const { north, south } = { north: lab.north.store, south: lab.south.store }
  const before = new Set([...(await ids(north, 'out')), ...(await ids(south, 'in'))])
  await situation.run(labTools(lab))
  const received = await journeys(south, 'in', before)
  const sent = await journeys(north, 'out', before)
  const letters = sent.filter(({ journey }) => journey.mailFrom !== '')
  const reports = sent.filter(({ journey }) => journey.mailFrom === '')
  return [...received.slice(0, 1), ...letters, ...received.slice(1), ...reports]
}

/** More journeys than any situation makes. */
const limit = 50

async function ids(reader: ReadPorts, direction: 'in' | 'out'): Promise<readonly string[]> {
  return (await reader.journeys.list({ limit, direction })).map(({ id }) => id)
}

/** The journeys that were not there before, newest first. Times do not tell: the clock was moved. */
async function journeys(
  reader: ReadPorts,
  direction: 'in' | 'out',
  before: ReadonlySet<string>,
): Promise<readonly FoundIn[]> {
  const all: FoundIn[] = []
  for (const id of await ids(reader, direction)) {
    const found = before.has(id) ? undefined : await reader.journeys.find(id)
    if (found?.type === 'found') all.push({ reader, journey: found.journey })
  }
  return all
}
