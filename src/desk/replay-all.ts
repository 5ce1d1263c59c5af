import { WaybillError } from '../base/error.ts'
import type { ReplayOverrides } from '../journey/overrides.ts'
import { isChanged, isOtherVerdict, type ReplayView, viewReplay } from '../journey/replay-view.ts'
import type { ReadPorts } from '../store/reads.ts'
import { type Archives, openJourney } from './archives.ts'
import { replayOpened } from './replays.ts'

/** How many journeys are looked up at once: what is held in memory of them. */
const pageSize = 100

/** One journey that was decided again. */
export interface ReplayedJourney {
  readonly site: string
  readonly summary: string
  readonly view: ReplayView
}

/**
 * Decides every stored journey again, one after the other, newest first. What comes in meanwhile is
 * left out, what goes meanwhile as well.
 *
 * @param overridesFor what is changed, by the store: its domains belong to the rules
 */
export async function* replayEach(
  archives: Archives,
  overridesFor: (reads: ReadPorts) => Promise<ReplayOverrides>,
): AsyncGenerator<ReplayedJourney> {
  for (const { name: site, reads } of archives.all) {
    const overrides = await overridesFor(reads)
    let behind: string | undefined
    for (;;) {
      const query = { limit: pageSize, ...(behind === undefined ? {} : { behind }) }
      const rows = await reads.journeys.list(query)
      for (const { id, summary } of rows) {
        const view = await replayNamed(reads, id, overrides)
        if (view !== undefined) yield { site, summary, view }
      }
      behind = rows.at(-1)?.id
      if (behind === undefined || rows.length < pageSize) break
    }
  }
}

async function replayNamed(
  reads: ReadPorts,
  id: string,
  overrides: ReplayOverrides,
): Promise<ReplayView | undefined> {
  const found = await reads.journeys.find(id)
  if (found.type !== 'found') return undefined
  const journey = await openJourney(reads, found.journey)
  try {
    return viewReplay(journey.record, await replayOpened(journey, overrides))
  } catch (problem) {
    // A content that is damaged or gone: this journey cannot be replayed, the others can.
    if (!(problem instanceof WaybillError)) throw problem
    return { id, replayed: false, because: problem.message }
  }
}

/** How a replay of all journeys went. */
export interface ReplayCounts {
  readonly journeys: number
  readonly same: number
  /** Another verdict. */
  readonly changed: number
  /** The same verdict, for other reasons. */
  readonly other_reasons: number
  /** Something that nobody asked then would be needed, and nothing else differs. */
  readonly not_recorded: number
  /** There was no verdict to derive. */
  readonly nothing: number
  readonly not_replayable: number
  /** Why, with how many. */
  readonly because: Readonly<Record<string, number>>
}

/** Counts what a replay of all journeys came to. */
export class ReplayCount {
  #counts: ReplayCounts = {
    journeys: 0,
    same: 0,
    changed: 0,
    other_reasons: 0,
    not_recorded: 0,
    nothing: 0,
    not_replayable: 0,
    because: {},
  }

  get counts(): ReplayCounts {
    return this.#counts
  }

  /** @returns whether it differs, so that it is to be told */
  add(view: ReplayView): boolean {
    const kind = kindOf(view)
    const { journeys, because } = this.#counts
    this.#counts = { ...this.#counts, journeys: journeys + 1, [kind]: this.#counts[kind] + 1 }
    if (!view.replayed) {
      const count = (because[view.because] ?? 0) + 1
      const known = view.because in because || Object.keys(because).length < mostReasons
      if (known) this.#counts = { ...this.#counts, because: { ...because, [view.because]: count } }
    }
    return kind === 'changed' || kind === 'other_reasons'
  }
}

/** Reasons that are told apart; there are few, unless a disk is broken. */
const mostReasons = 50

function kindOf(view: ReplayView): Exclude<keyof ReplayCounts, 'journeys' | 'because'> {
  if (!view.replayed) return 'not_replayable'
  if (view.because !== undefined) return 'nothing'
  const changed = view.steps.filter(isChanged)
  if (changed.some(isOtherVerdict)) return 'changed'
  if (changed.length > 0) return 'other_reasons'
  return view.missing.length > 0 ? 'not_recorded' : 'same'
}
