import type { Change, Changes, ChangesQuery, Gap } from '../store/ports/changes.ts'
import type { MessagePort, OpenMessage } from '../store/ports/contents.ts'
import type { JourneyPort } from '../store/ports/journeys.ts'
import { shapeOf } from '../store/queue-shape.ts'
import type { ReadPorts } from '../store/reads.ts'
import { type Archive, Archives } from './archives.ts'
import { copiedMessage, isSentBy } from './own-journey.ts'
import { isForeign, ownJourneys } from './own-journeys.ts'

/**
 * The archives as one account may see them: what it sent and what was filed for it, of the latter
 * nothing about other recipients. Whatever is asked of them, all doors are limited by this one place.
 */
export function ownArchives(archives: Archives, account: string): Archives {
  return new Archives(
    archives.all.map(
      ({ name, reads, changes, desk, retry, down, standing, turns, sites }): Archive => {
        const own = ownReads(reads, account)
        return {
          name,
          reads: own,
          ...(changes === undefined
            ? {}
            : { changes: (query) => ownChanges(changes(onlyJourneys(query)), own.journeys) }),
          ...(desk === undefined ? {} : { desk }),
          ...(retry === undefined ? {} : { retry }),
          ...(down === undefined ? {} : { down }),
          ...(standing === undefined ? {} : { standing }),
          ...(turns === undefined ? {} : { turns }),
          ...(sites === undefined ? {} : { sites }),
        }
      },
    ),
  )
}

function ownReads(reads: ReadPorts, account: string): ReadPorts {
  const journeys = ownJourneys(reads.journeys, account)
  const list: ReadPorts['queue']['list'] = async ({ filter = {}, ...query }) => {
    if (isForeign(filter, account)) return []
    const items = await reads.queue.list({ ...query, filter: { ...filter, account } })
    const ids = Array.from(new Set(items.map(({ journeyId }) => journeyId)))
    const own = await journeys.listed(ids)
    const sent = new Set(own.filter((one) => isSentBy(one, account)).map(({ id }) => id))
    return items.filter(({ journeyId }) => sent.has(journeyId))
  }
  const queue: ReadPorts['queue'] = {
    list,
    shape: async ({ filter = {}, ...query }) => {
      return shapeOf(await list({ filter, limit: Number.MAX_SAFE_INTEGER }), query)
    },
  }
  const mailboxes = (): ReturnType<ReadPorts['mailboxes']['list']> => {
    return reads.mailboxes.list(account)
  }
  const isOwn = async (mailbox: number): Promise<boolean> => {
    return (await mailboxes()).some(({ id }) => id === mailbox)
  }
  return {
    journeys,
    messages: ownMessages(reads.messages),
    mailboxes: {
      list: mailboxes,
      items: (query) => reads.mailboxes.items({ ...query, account }),
      changed: async (query) => {
        if (await isOwn(query.mailbox)) return await reads.mailboxes.changed(query)
        return { items: [], expunged: [] }
      },
    },
    queue,
    // Whatever the house has beside mail is the house's.
    keys: { list: async () => [] },
    accounts: {
      accounts: async () => [],
      account: async () => undefined,
      aliases: async () => [],
      domains: async () => [],
    },
    acts: { list: async () => [] },
    register: { find: async () => undefined, list: async () => [] },
    receipts: { find: async () => undefined },
    apiKeys: { list: async () => [], byHash: async () => undefined },
    secondFactors: { list: async () => [], find: async () => undefined },
    async counts() {
      const items = await queue.list({ limit: Number.MAX_SAFE_INTEGER })
      const boxes = await mailboxes()
      return {
        messages: boxes.reduce((sum, { messages }) => sum + messages, 0),
        queued: items.length,
        held: items.filter(({ held }) => held).length,
        journeys: (await journeys.search({ filter: {}, limit: mostCounted })).rows.length,
      }
    },
    async changesBehind(query) {
      const page = await reads.changesBehind(query)
      const own: Change[] = []
      for (const change of page.changes) if (await isTold(change, journeys)) own.push(change)
      return { ...page, changes: own }
    },
  }
}

/** Of an account's own journeys so many are counted. */
const mostCounted = 1000

/** A copy is what was filed: what came in may name who got it blindly. */
function ownMessages(messages: MessagePort): MessagePort {
  return {
    async open(id) {
      const copied = copiedMessage(id)
      if (copied === undefined) return await messages.open(id)
      const message = await messages.open(copied)
      return message === undefined ? undefined : copyOf(message)
    },
  }
}

function copyOf(message: OpenMessage): OpenMessage {
  const { id, size } = message
  const chunks = (): AsyncIterable<Uint8Array> => message.chunks()
  const made = { prefix: new Uint8Array(0), omit: [], contentSize: size }
  return { id, size, made, chunks, original: chunks }
}

/** What concerns no journey is told to nobody but the house. */
function onlyJourneys(query: ChangesQuery | undefined): ChangesQuery {
  return { ...query, only: ['journey'] }
}

function ownChanges(changes: Changes, journeys: Pick<JourneyPort, 'listed'>): Changes {
  return {
    async next() {
      for (;;) {
        const result = await changes.next()
        if (result.done === true || (await isTold(result.value, journeys))) return result
      }
    },
    // Not a generator: its end would wait for the change that is waited for.
    return: async () => (await changes.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

async function isTold(
  change: Change | Gap,
  journeys: Pick<JourneyPort, 'listed'>,
): Promise<boolean> {
  if (change.type === 'gap') return true
  return change.type === 'journey' && (await journeys.listed([change.id])).length > 0
}
