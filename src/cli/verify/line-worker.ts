/** A thread that answers batches of lines. */
import { parentPort, workerData } from 'node:worker_threads'
import { answerLines } from './answer-lines.ts'
import type { LineReply, LineTask } from './line-threads.ts'
import { openEvidence, type EvidenceSetup } from './evidence-sources.ts'

const setup: EvidenceSetup = workerData
const world = openEvidence(setup)

function say(reply: LineReply, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(reply, [...transfer])
}

async function answer({ number, octets }: LineTask): Promise<void> {
  const answered = await answerLines(octets, world)
  say({ type: 'answered', number, answered }, [answered.octets.buffer])
}

// A rejection, which is a fault of ours, ends the thread, and so the whole run hears of it.
parentPort?.on('message', (task: LineTask) => void answer(task))
say({ type: 'ready' })
