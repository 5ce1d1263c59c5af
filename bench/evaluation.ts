/** One whole evaluation, as the server does it for an arriving letter. */
import { splitMessage } from '../src/dkim/dkim.ts'
import { MemoryResolver } from '../src/dns/memory-resolver.ts'
import { Inspection } from '../src/inspect/inspection.ts'
import { senderZone, signingTime } from './letters.ts'

const facts = {
  ip: '192.0.2.10',
  helo: 'mx.sender.example',
  mailFrom: 'sender@sender.example',
  receiver: 'mx.perf.example',
  now: signingTime + 100,
}
const resolver = new MemoryResolver(senderZone(facts.ip))
const resolvers = { spf: resolver, dkim: resolver, arc: resolver, dmarc: resolver }

/** An evaluation that has not seen its message yet. */
export function beginEvaluation(): Inspection {
  return new Inspection(facts, resolvers)
}

/** Ends it; the letters are made so that anything but `pass` is a fault of the bench. */
export async function endEvaluation(inspection: Inspection): Promise<void> {
  const { dmarc } = await inspection.finish()
  if (dmarc.result !== 'pass') throw new Error(`ours: ${dmarc.result}`)
}

/** Evaluates a signed letter that is in memory. */
export async function evaluate(letter: Uint8Array): Promise<void> {
  const inspection = beginEvaluation()
  const { header, body } = splitMessage(letter)
  inspection.header(header)
  inspection.body(body)
  await endEvaluation(inspection)
}
