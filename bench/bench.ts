/** `npm run bench`: prints medians; every figure says what it was measured over. */
import { benchAccept } from './accept.ts'
import { benchEvaluate } from './evaluate.ts'

const rounds = Number(process.env['WAYBILL_BENCH_ROUNDS'] ?? 5)
const wanted = process.argv.slice(2)
const runs = (name: string): boolean => wanted.length === 0 || wanted.includes(name)

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

if (runs('accept')) {
  const orders = { messages: 3000, connections: 20, letterBytes: 6000, rounds }
  const figures = await benchAccept(orders)
  const rates = figures.map(({ perSecond }) => perSecond)
  const cpu = median(figures.map((one) => one.serverCpuMsPerMessage))
  const peak = Math.max(...figures.map((one) => one.serverPeakMb))
  console.log('Durable accepts on port 25: 6 KB signed letters, 20 connections;')
  console.log('SPF, DKIM, DMARC and the record on; the load generator is on the same machine')
  console.log(
    `  ${median(rates).toFixed(0)} a second (${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)}, ${rounds} rounds of 3000)`,
  )
  console.log(`  server CPU ${cpu.toFixed(2)} ms a letter, peak memory ${peak} MB\n`)
}

if (runs('evaluate')) {
  console.log('Evaluations a second of CPU, one process; mailauth 7 in the same run')
  for (const { name, ours, theirs, ratio } of await benchEvaluate(rounds)) {
    console.log(
      `  ${name.padEnd(38)} ours ${ours.toFixed(1).padStart(8)}   theirs ${theirs.toFixed(1).padStart(8)}   ratio ${ratio.toFixed(2)}`,
    )
  }
}
