import { Worker } from 'node:worker_threads'
import type { Reply, WriterLink } from './commit-queue.ts'
import type { WriterSetup } from './open-writer.ts'
import type { Problem } from '../operations.ts'
import { errorOf } from '../operations.ts'
import { storeBroken } from '../problems.ts'

/** What the thread says: first one of `ready` and `failed`, then replies, at last `closed`. */
export type ThreadMessage =
  | { readonly type: 'ready'; readonly unexplained: readonly string[] }
  | { readonly type: 'failed'; readonly problem: Problem }
  | { readonly type: 'reply'; readonly reply: Reply }
  | { readonly type: 'closed' }

/** Starts the writer on a thread of its own. Rejects when the database cannot be opened. */
export function startWriterThread(setup: WriterSetup): Promise<WriterLink> {
  // From source the file ends in .ts, compiled in .js; the worker is beside us in both.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./writer-worker.${ending}`, import.meta.url), {
    workerData: setup,
    // Not those of the process: `node -e` has some that no worker may have.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    name: 'waybill-writer',
    // What passes through the writer is soon done with: unbounded, its heap grows to what it never
    // uses again.
    resourceLimits: { maxYoungGenerationSizeMb: 24 },
  })
  return new Promise((resolve, reject) => {
    worker.once('message', (message: ThreadMessage) => {
      forget(worker)
      if (message.type === 'ready') return resolve(linkTo(worker, message.unexplained))
      const problem = message.type === 'failed' ? message.problem : { message: 'no answer' }
      void worker.terminate()
      reject(errorOf(problem))
    })
    worker.once('error', (cause) => reject(storeBroken(cause)))
    worker.once('exit', () => reject(storeBroken(new Error('the writer thread has ended'))))
  })
}

function linkTo(worker: Worker, unexplained: readonly string[]): WriterLink {
  worker.unref()
  return {
    unexplained,
    post(batch, transfer) {
      worker.postMessage({ type: 'batch', batch }, [...transfer])
    },
    listen({ reply, ended }) {
      worker.on('message', (message: ThreadMessage) => {
        if (message.type === 'reply') reply(message.reply)
      })
      worker.on('error', ended)
      worker.on('exit', () => ended(new Error('the writer thread has ended')))
    },
    doors: {
      open: (port, mark) => worker.postMessage({ type: 'door', port, mark }, [port]),
      lost: (mark) => worker.postMessage({ type: 'lost', mark }),
    },
    watch(types) {
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
