import { WaybillError } from '../base/error.ts'
import { type JourneyLine, type MessageLine, octetsIn } from '../bundle/bundle-lines.ts'
import { type BundleEvent, BundleReader } from '../bundle/bundle-reader.ts'
import { hashOf } from '../bundle/letters.ts'
import { rowOfRecord } from '../journey/row.ts'
import type { ContentSink } from '../store/ports/contents.ts'
import type { NewMessage } from '../store/ports/post.ts'
import type { Store } from '../store/ports/store.ts'
import { type Operation, textMember } from './act.ts'
import { readJourneyLine } from './bundle-reading.ts'

/** What came out of a bundle. */
export interface Imported {
  readonly journeys: number
  /** Those that were here already, and were left alone. */
  readonly known: number
  readonly messages: number
}

/** What the desk needs for it. */
export interface ImportPart {
  readonly imports: {
    readonly store: Pick<Store, 'post' | 'contents' | 'messages' | 'journeys'>
    /** The lines of a packed file. */
    readonly linesOf: (path: string) => AsyncIterable<string>
  }
}

/** `waybill import`: the server reads the file itself, as it alone writes to its store. */
export const bundleImport: Operation<ImportPart, { readonly file: string }, Imported> = {
  name: 'import',
  read: (input) => ({ file: textMember('import', input, 'file') }),
  run: ({ imports }, { file }) => importBundle(imports.linesOf(file), imports.store),
  tell: ({ file }, result) => ({ file, ...result }),
}

/**
 * Brings the journeys of a bundle into a store, each with its letter in one commit: what is imported
 * when a bundle breaks off stays. Nothing of it is sent or filed.
 *
 * @throws WaybillError `usage` for what is no bundle, and what the store says
 */
export async function importBundle(
  lines: AsyncIterable<string>,
  store: ImportPart['imports']['store'],
): Promise<Imported> {
  const reader = new BundleReader()
  const letters = new IncomingLetters(store)
  let imported: Imported = { journeys: 0, known: 0, messages: 0 }
  try {
    for await (const text of lines) {
      const event = reader.push(text)
      if (event.type !== 'journey') await letters.take(event)
      else imported = add(imported, await importJourney(event, letters, store))
    }
    reader.end()
    return imported
  } finally {
    letters.abort()
  }
}

function add(one: Imported, other: Imported): Imported {
  return {
    journeys: one.journeys + other.journeys,
    known: one.known + other.known,
    messages: one.messages + other.messages,
  }
}

async function importJourney(
  { journey, facts: all }: Extract<BundleEvent, { type: 'journey' }>,
  letters: IncomingLetters,
  store: ImportPart['imports']['store'],
): Promise<Imported> {
  const { record, facts } = readJourneyLine(journey, all)
  const found = await store.journeys.find(journey.id)
  if (found.type === 'found' && found.journey.id === journey.id) {
    return { journeys: 0, known: 1, messages: 0 }
  }
  const message = await letters.forJourney(journey)
  const shared = Array.from(facts, ([hash, json]) => ({ hash, json }))
  const { status, summary, record: json } = journey
  const messageId = journey.message === null ? {} : { messageId: journey.message }
  const row = rowOfRecord(record, { status, summary, json, shared, ...messageId })
  await store.post.accept({
    ...(message === undefined ? {} : { message }),
    journeys: [row],
    queue: [],
    mailbox: [],
    laterSteps: journey.appended.map((steps) => ({ journeyId: journey.id, steps, shared: [] })),
  })
  return { journeys: 1, known: 0, messages: message === undefined ? 0 : 1 }
}

/** The letter that came last, on its way into the store. */
class IncomingLetters {
  readonly #store: ImportPart['imports']['store']
  #open: { readonly message: MessageLine; readonly sink: ContentSink } | undefined
  #ready: { readonly message: NewMessage; readonly sink: ContentSink } | undefined
  /** The hashes of all letters of this bundle. */
  readonly #hashes = new Map<string, string>()

  constructor(store: ImportPart['imports']['store']) {
    this.#store = store
  }

  async take(event: BundleEvent): Promise<void> {
    if (event.type === 'message') {
      this.abort()
      this.#open = { message: event.message, sink: this.#store.contents.newContent('own') }
    } else if (event.type === 'octets') await this.#open?.sink.push(event.octets)
    else if (event.type === 'whole' && this.#open !== undefined) {
      const { message, sink } = this.#open
      const content = await sink.finish()
      if (content.sha256 !== event.sha256) {
        throw new WaybillError(
          'usage',
          `The letter ${message.id} was changed: its hash is another.`,
        )
      }
      const { id, omit } = message
      this.#hashes.set(id, content.sha256)
      this.#ready = { message: { id, omit, prefix: octetsIn(message.prefix), content }, sink }
      this.#open = undefined
    }
  }

  /** The letter of a journey, where it is not in the store already. */
  async forJourney({ id, message: wanted }: JourneyLine): Promise<NewMessage | undefined> {
    if (wanted === null) return undefined
    const there = await this.#store.messages.open(wanted)
    if (there !== undefined) {
      // Nobody's letter is shown for another's because a bundle says that it has the same id.
      if ((await hashOf(there.original())) === this.#hashes.get(wanted)) return undefined
      throw new WaybillError('usage', `There is another letter ${wanted} here already.`)
    }
    const ready = this.#ready
    if (ready === undefined || ready.message.id !== wanted) {
      throw new WaybillError('usage', `The letter of the journey ${id} does not stand before it.`)
    }
    this.#ready = undefined
    return ready.message
  }

  /** What was not wanted goes. */
  abort(): void {
    this.#open?.sink.abort()
    this.#ready?.sink.abort()
    this.#open = undefined
    this.#ready = undefined
  }
}
