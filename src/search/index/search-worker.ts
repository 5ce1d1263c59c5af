/** The thread that keeps the index of the search and answers from it, beside the work of the server. */
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../io/clock.ts'
import { dataFolder } from '../../store/data-folder.ts'
import { problemOf } from '../../base/error-data.ts'
import { openReads, portsHere } from '../../store/sqlite/sqlite-reader.ts'
import { Indexer } from './indexer.ts'
import type { SearchReply, SearchRequest, SearchSetup } from './search-thread.ts'

const setup: SearchSetup = workerData
const reads = openReads({ folder: setup.folder, busyTimeoutMs: 5000 })
const indexer = new Indexer({
  path: dataFolder(setup.folder).search,
  store: { reads, ports: portsHere(reads, setup.folder) },
  clock: systemClock,
  told: (problem) => reply({ type: 'told', problem }),
})

function reply(message: SearchReply): void {
  parentPort?.postMessage(message)
}

/** Mail goes first: where a thread can be less urgent than others of its process, this one is. */
function stepBack(): void {
  try {
    const own = readlinkSync('/proc/thread-self')
    setPriority(Number(own.split('/').at(-1)), 10)
  } catch {
    // It rests between its steps as well.
  }
}

async function answer({ number, query, page }: Extract<SearchRequest, { type: 'search' }>) {
  try {
    reply({ type: 'found', number, found: await indexer.search(query, page) })
  } catch (error) {
    reply({ type: 'failed', number, problem: problemOf(error) })
  }
}

stepBack()
const running = indexer.run()

parentPort?.on('message', (request: SearchRequest) => {
  if (request.type === 'search') {
    void answer(request)
    return
  }
  void indexer.close().then(async () => {
    await running
    reads.close()
    parentPort?.close()
  })
})
