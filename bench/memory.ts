/**
 * The memory that one evaluation of 10 MB needs beyond the chunk in hand. A process of its own,
 * which has evaluated small letters before: what is measured is the rise of its resident set.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { splitMessage } from '../src/dkim/dkim.ts'
import { beginEvaluation, endEvaluation, evaluate } from './evaluation.ts'
import { bodyLine, letterOf, signatureOf, signedLetterOf } from './letters.ts'
import { spread } from './statistics.ts'

const octets = 10_000_000
/** About 64 KiB, as a socket brings them. */
const linesInChunk = 900

/** What the measured process is told: it never has the letter as a whole. */
interface Order {
  /** The header with its signature, in base64. */
  readonly header: string
  readonly bodyLines: number
}

/** Prints the rise over so many processes. */
export function benchMemory(rounds: number): void {
  if (process.platform !== 'linux') {
    console.log('Memory of one evaluation of 10 MB: not measured, it is read from /proc\n')
    return
  }
  const letter = letterOf(octets)
  const bodyOctets = splitMessage(letter).body.length
  const header = signatureOf(letter) + letter.toString('latin1', 0, letter.length - bodyOctets)
  const order: Order = {
    header: Buffer.from(header, 'latin1').toString('base64'),
    bodyLines: bodyOctets / bodyLine.length,
  }
  const rises: number[] = []
  for (let round = 0; round < rounds; round++) {
    const args = [...process.execArgv, '--expose-gc', fileURLToPath(import.meta.url)]
    const done = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      input: JSON.stringify(order),
    })
    if (done.status !== 0) throw new Error(done.stderr)
    rises.push(Number(done.stdout))
  }
  console.log('Memory of one evaluation of 10 MB that comes in chunks of 64 KiB')
  console.log(`  ${spread(rises, 1)} MiB more than before, ${rounds} processes\n`)
}

/** Resident memory in MiB: what it is, and the most it was since `forgetPeak`. */
function resident(): { readonly now: number; readonly peak: number } {
  const status = readFileSync('/proc/self/status', 'latin1')
  const value = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
  return { now: value('VmRSS'), peak: value('VmHWM') }
}

function forgetPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5')
}

async function measure(order: Order): Promise<number> {
  const small = signedLetterOf(5_000)
  for (let i = 0; i < 2_000; i++) await evaluate(small)
  const { header } = splitMessage(Buffer.from(order.header, 'base64'))
  globalThis.gc?.()
  forgetPeak()
  const before = { resident: resident().now, buffers: process.memoryUsage().arrayBuffers }
  let kept = 0
  const inspection = beginEvaluation()
  inspection.header(header)
  for (let left = order.bodyLines; left > 0; left -= linesInChunk) {
    // A new one each time: an evaluator that kept its chunks would be seen.
    inspection.body(Buffer.from(bodyLine.repeat(Math.min(left, linesInChunk)), 'latin1'))
    // The garbage of the one who makes the chunks is not the evaluator's.
    globalThis.gc?.({ type: 'minor' })
    await new Promise(setImmediate)
    kept = Math.max(kept, process.memoryUsage().arrayBuffers - before.buffers)
  }
  await endEvaluation(inspection)
  // Pages that were free before hide what is kept: the larger of both counts.
  return Math.max(resident().peak - before.resident, kept / 2 ** 20)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(String(await measure(JSON.parse(readFileSync(0, 'utf8')))))
}
