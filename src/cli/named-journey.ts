import { openBundled } from '../desk/bundle-reading.ts'
import { type ReplayableJourney, storedDomains } from '../desk/replays.ts'
import { readPackedLines } from '../io/bundle-file.ts'
import type { JourneyView } from '../journey/view.ts'
import { dataFolderOf, type DataOptions, Stores } from './data.ts'

/** A journey that a command is about, out of a store or out of a bundle. */
export interface NamedJourney extends ReplayableJourney {
  readonly view: JourneyView
  /** Domains that a server has beside those of its settings. */
  readonly domains: readonly string[]
  readonly redacted: boolean
}

/**
 * Finds the journey and does something with it. What ends in `.waybill` is a bundle.
 *
 * @param named.which one of the journeys of a bundle
 * @throws WaybillError `not-found`, and `usage` when several may be meant
 */
export async function withJourney(
  { ref, which }: { readonly ref: string; readonly which: string | undefined },
  options: DataOptions,
  use: (journey: NamedJourney) => void | Promise<void>,
): Promise<void> {
  if (ref.endsWith('.waybill')) {
    await use({ ...(await openBundled(readPackedLines(ref), which)), domains: [] })
    return
  }
  const stores = new Stores(dataFolderOf(options))
  try {
    const journey = await stores.find(ref)
    await use({ ...journey, domains: await storedDomains(journey.reader), redacted: false })
  } finally {
    stores.close()
  }
}
