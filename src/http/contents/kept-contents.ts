import { systemClock } from '../../io/clock.ts'
import { startBeside } from '../../io/start-worker.ts'
import { type StartWorker, WorkThread } from '../../io/work-thread.ts'
import type { Archive } from '../../desk/archives.ts'
import type { OpenMessage } from '../../store/ports/contents.ts'
import type { StoredJourney } from '../../store/ports/journeys.ts'
import { openKept } from '../kept-message.ts'
import type { ContentAnswer, ContentForm, ContentTask } from './content-task.ts'

/** A message that is open on the thread, under a number of its own. */
interface OpenEntry {
  readonly number: number
  readonly octets: number
  readonly opened: Promise<unknown>
  /** How many ask for it now. */
  users: number
  usedAt: number
}

/** What stays open for whoever looks at the next tab. */
const limits = { messages: 16, octets: 64 * 1024 * 1024, ms: 30_000 } as const

/** What is shown of it: never what only says that something was done. */
export type Shown = Exclude<ContentAnswer, { readonly type: 'done' }>

/**
 * What messages hold, read on a thread of its own and once for all forms in which one is looked at: it
 * stays open there for a short while. Whether it is kept, and may be seen by who asks, is asked of the
 * archive each time.
 */
export class KeptContents {
  readonly #thread: WorkThread<ContentTask, ContentAnswer>
  readonly #now: () => number
  /** The one that was asked for last stands last. */
  readonly #open = new Map<string, OpenEntry>()
  #next = 0

  constructor(
    start: StartWorker = startContentWorker,
    now: () => number = () => systemClock.monotonicMs(),
  ) {
    this.#thread = new WorkThread(start, () => this.#open.clear())
    this.#now = now
  }

  /** How many messages are open. */
  get open(): number {
    return this.#open.size
  }

  /**
   * A message in one form.
   *
   * @throws WaybillError `not-found` when it is not kept (any more)
   */
  async show(
    { name, reads }: Pick<Archive, 'name' | 'reads'>,
    of: Pick<StoredJourney, 'id' | 'messageId' | 'subject'>,
    form: ContentForm,
  ): Promise<Shown> {
    const { id, messageId, subject } = of
    const key = `${name} ${messageId ?? ''}`
    const message = await openKept(reads, messageId, id).catch((problem: unknown) => {
      this.#leave(key)
      throw problem
    })
    const entry = this.#entry(key, message)
    entry.users++
    try {
      await entry.opened
      const answer = await this.#thread.do({ type: 'show', message: entry.number, form, subject })
      if (answer.type === 'done') throw new Error('contents: nothing was shown')
      return answer
    } finally {
      entry.users--
      entry.usedAt = this.#now()
      if (this.#open.get(key) !== entry) this.#close(entry)
      this.#tidy()
    }
  }

  #entry(key: string, message: OpenMessage): OpenEntry {
    this.#tidy()
    const entry = this.#open.get(key) ?? this.#begin(key, message)
    this.#open.delete(key)
    this.#open.set(key, entry)
    return entry
  }

  #begin(key: string, message: OpenMessage): OpenEntry {
    const number = this.#next++
    const opened = this.#read(number, message)
    const entry = { number, octets: message.size, opened, users: 0, usedAt: this.#now() }
    opened.catch(() => {
      if (this.#open.get(key) === entry) this.#open.delete(key)
    })
    return entry
  }

  async #read(number: number, message: OpenMessage): Promise<void> {
    const octets = await wholeOf(message)
    await this.#thread.do({ type: 'open', message: number, octets }, [octets.buffer])
  }

  /** Leaves what nobody asks for: what is too old, and the oldest of what is too much. */
  #tidy(): void {
    const oldest = this.#now() - limits.ms
    let octets = Array.from(this.#open.values()).reduce((sum, one) => sum + one.octets, 0)
    for (const [key, entry] of this.#open) {
      const isTooMuch = octets > limits.octets || this.#open.size > limits.messages
      if (entry.users > 0 || (!isTooMuch && entry.usedAt > oldest)) continue
      octets -= entry.octets
      this.#leave(key)
    }
  }

  /** It is closed when nobody asks for it any more. */
  #leave(key: string): void {
    const entry = this.#open.get(key)
    this.#open.delete(key)
    if (entry !== undefined) this.#close(entry)
  }

  #close({ users, number }: OpenEntry): void {
    // What cannot be told to a thread is told to none that has it open.
    if (users === 0) this.#thread.do({ type: 'close', message: number }).catch(() => undefined)
  }
}

/** Its octets, which nobody else has: they are given to the thread. */
async function wholeOf(message: OpenMessage): Promise<Uint8Array<ArrayBuffer>> {
  const octets = new Uint8Array(message.size)
  let at = 0
  for await (const chunk of message.chunks()) {
    octets.set(chunk, at)
    at += chunk.length
  }
  return octets
}

function startContentWorker(): ReturnType<StartWorker> {
  const setup = {
    file: 'content-worker',
    name: 'waybill-contents',
    memory: { maxOldGenerationSizeMb: 512 },
  }
  return startBeside(import.meta.url, setup)
}
