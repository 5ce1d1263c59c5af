import { concat } from '../../base/octets.ts'
import { ChangeFeed } from '../change-feed.ts'
import { type ContentSink, contentOf } from '../ports/contents.ts'
import { changeMemoryAccounts, putMemoryAct } from './accounts.ts'
import { writeMemoryChanges } from './changes.ts'
import { changeMemoryCredentials } from './credentials.ts'
import { removeInMemory, setMemoryFlags } from './mailboxes.ts'
import { acceptInMemory } from './post.ts'
import {
  holdInMemory,
  leaseInMemory,
  nextDueInMemory,
  releaseInMemory,
  releaseMemoryLeases,
  settleInMemory,
  takeInMemory,
} from './queue.ts'
import { memoryReads } from './reader.ts'
import { putInMemory, removeRegisterInMemory } from './register.ts'
import { pruneMemory } from './retention.ts'
import { emptyTables, type MemoryWork, UndoLog } from './tables.ts'
import type { Operation, Results } from '../operations.ts'
import type { NewContent } from '../ports/post.ts'
import { askHere, readPorts } from '../reads.ts'
import type { Store } from '../ports/store.ts'
import { defaultChangesKept } from '../change-notes.ts'
import { type Submit, writingPorts } from '../writing-ports.ts'

export interface MemoryStoreOptions {
  /** Called before each change; what it throws is the fault of that step (for tests). */
  readonly beforeChange?: () => void
  /** How many changes are remembered; 5,000 when absent. */
  readonly changesKept?: number
}

/**
 * The store in memory: the same behaviour as the real one, nothing durable. For tests of what
 * stands above the store; the contract tests hold both to the same words.
 */
export function openMemoryStore(options: MemoryStoreOptions = {}): Store {
  const work: MemoryWork = {
    tables: emptyTables(),
    undo: new UndoLog(options.beforeChange ?? (() => undefined)),
  }
  const ask = askHere(memoryReads(work.tables))
  const read = readPorts(ask)
  let lastChange = 0
  const feed = new ChangeFeed({
    read: (query) => ask('changes', query),
    last: () => lastChange,
    want: (_types, heard) => heard(lastChange),
  })
  const kept = options.changesKept ?? defaultChangesKept
  let closed = false
  /** All of an operation or, when it throws, nothing of it. Never answers in the same turn. */
  const submit: Submit = async (operation) => {
    if (closed) throw new Error('Store: it is closed')
    await Promise.resolve()
    const { result, changes } = work.undo.atomically(() => {
      const done = resultOf(work, operation)
      return { result: done, changes: writeMemoryChanges(work, { last: lastChange, kept }) }
    })
    lastChange += changes.length
    feed.push(changes)
    return result
  }
  return {
    ...writingPorts(submit, read, {
      settle: (settlements) => submit<'settle'>({ type: 'settle', settlements }),
    }),
    post: { accept: (acceptance) => submit<'accept'>({ type: 'accept', acceptance }) },
    contents: { newContent: () => new MemorySink() },
    retention: {
      prune: async (request) => (await submit<'prune'>({ type: 'prune', request })).removed,
    },
    changes: (query) => feed.changes(query),
    async close() {
      closed = true
      // What is under way has its turn before this.
      await Promise.resolve()
      feed.close()
    },
  }
}

function resultOf<T extends Operation['type']>(
  work: MemoryWork,
  operation: Extract<Operation, { readonly type: T }>,
): Results[T] {
  // Each kind of operation has its own kind of result; the compiler does not see which is which.
  return valueOf(work, operation) as Results[T]
}

function valueOf(work: MemoryWork, operation: Operation): Results[keyof Results] {
  const { tables, undo } = work
  switch (operation.type) {
    case 'accept':
      acceptInMemory(work, operation.acceptance)
      return undefined
    case 'lease':
      return leaseInMemory(work, operation.request)
    case 'settle':
      return settleInMemory(work, operation.settlements)
    case 'releaseLeases':
      releaseMemoryLeases(work, operation.of)
      return undefined
    case 'hold':
      return holdInMemory(work, operation.queueIds, operation.how)
    case 'release':
      return releaseInMemory(work, operation)
    case 'take':
      return takeInMemory(work, operation.request)
    case 'nextDueAt':
      return nextDueInMemory(work)
    case 'setFlags':
      return setMemoryFlags(work, operation.change)
    case 'removeMail':
      return removeInMemory(work, operation.removal)
    case 'putDkimKey': {
      const { key } = operation
      undo.set(tables.dkimKeys, `${key.domain} ${key.selector}`, key)
      undo.tell({ type: 'key', domain: key.domain })
      return undefined
    }
    case 'changeAccounts':
      return changeMemoryAccounts(work, operation.change)
    case 'changeCredentials':
      return changeMemoryCredentials(work, operation.change)
    case 'putAct':
      return putMemoryAct(work, operation.act)
    case 'putRegister':
      putInMemory(work, operation.entries)
      return undefined
    case 'removeRegister':
      return removeRegisterInMemory(work, operation)
    case 'prune':
      return { removed: pruneMemory(work, operation.request), more: false }
  }
}

class MemorySink implements ContentSink {
  #chunks: Uint8Array[] | undefined = []

  push(chunk: Uint8Array): void {
    if (this.#chunks === undefined) throw new Error('MemorySink: push after the end')
    this.#chunks.push(chunk.slice())
  }

  finish(): Promise<NewContent> {
    if (this.#chunks === undefined) throw new Error('MemorySink: finish after the end')
    const octets = concat(this.#chunks)
    this.#chunks = undefined
    return Promise.resolve(contentOf(octets))
  }

  shorten(content: NewContent, octets: number): Promise<NewContent> {
    const { source } = content
    if (source.type !== 'octets') throw new Error('MemorySink: this content is not from here')
    return Promise.resolve(contentOf(source.octets.subarray(0, octets)))
  }

  abort(): void {
    this.#chunks = undefined
  }
}
