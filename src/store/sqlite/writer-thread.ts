import type { Worker } from 'node:worker_threads'
import type { Reply, WriterLink } from './commit-queue.ts'
import type { WriterSetup } from './open-writer.ts'
import { errorOf, type Problem } from '../../base/error-data.ts'
import { storeBroken } from '../problems.ts'
import { startBeside } from '../../io/start-worker.ts'

/** What the thread says: first one of `ready` and `failed`, then replies, at last `closed`. */
export type ThreadMessage =
  | { readonly type: 'ready'; readonly unexplained: readonly string[] }
  | { readonly type: 'failed'; readonly problem: Problem }
  | { readonly type: 'reply'; readonly reply: Reply }
  /** A `watch` was heard; changes up to this number were committed before. */
  | { readonly type: 'watching'; readonly last: number }
  | { readonly type: 'closed' }

/** What the thread is given. */
export interface WriterThreadSetup extends WriterSetup {
  /** It writes the number of the last change that was committed here, before it says more of it. */
  readonly lastChange: BigInt64Array
}

/** Starts the writer on a thread of its own. Rejects when the database cannot be opened. */
export function startWriterThread(setup: WriterSetup): Promise<WriterLink> {
  const lastChange = new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT))
  const worker = startBeside(import.meta.url, {
    file: 'writer-worker',
    data: { ...setup, lastChange } satisfies WriterThreadSetup,
    name: 'waybill-writer',
    // What passes through the writer is soon done with: unbounded, its heap grows to what it never
    // uses again.
    memory: { maxYoungGenerationSizeMb: 24 },
  })
  return new Promise((resolve, reject) => {
    worker.once('message', (message: ThreadMessage) => {
      forget(worker)
      if (message.type === 'ready') {
        const last = (): number => Number(Atomics.load(lastChange, 0))
        return resolve(linkTo(worker, message.unexplained, last))
      }
      const problem = message.type === 'failed' ? message.problem : { message: 'no answer' }
      void worker.terminate()
      reject(errorOf(problem))
    })
    worker.once('error', (cause) => reject(storeBroken(cause)))
    worker.once('exit', () => reject(storeBroken(new Error('the writer thread has ended'))))
  })
}

function linkTo(
  worker: Worker,
  unexplained: readonly string[],
  lastChange: () => number,
): WriterLink {
  /** For each `watch` on its way, oldest first, whom to tell that it was heard. */
  const watching: ((last: number) => void)[] = []
  worker.unref()
  return {
    unexplained,
    post(batch, transfer) {
      worker.postMessage({ type: 'batch', batch }, [...transfer])
    },
    listen({ reply, ended }) {
      worker.on('message', (message: ThreadMessage) => {
        if (message.type === 'reply') reply(message.reply)
        else if (message.type === 'watching') watching.shift()?.(message.last)
      })
      worker.on('error', ended)
      worker.on('exit', () => ended(new Error('the writer thread has ended')))
    },
    doors: {
      open: (port, mark) => worker.postMessage({ type: 'door', port, mark }, [port]),
      lost: (mark) => worker.postMessage({ type: 'lost', mark }),
    },
    lastChange,
    watch(types, heard) {
      watching.push(heard)
      worker.postMessage({ type: 'watch', types })
    },
    setBusy(busy) {
      if (busy) worker.ref()
      else worker.unref()
    },
    close() {
      return new Promise((resolve) => {
        forget(worker)
        worker.ref()
        worker.on('error', () => undefined) // it had failed before; its end follows
        worker.once('exit', () => resolve())
        worker.postMessage({ type: 'close' })
        // A thread that has already ended says nothing more.
        if (worker.threadId === -1) resolve()
      })
    },
  }
}

/** By name, because the worker listens to itself too: without that it would fall silent. */
function forget(worker: Worker): void {
  for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
}
