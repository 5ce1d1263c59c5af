/** `npm run bench`: prints medians; every figure says what it was measured over. */
import { benchAccept } from './accept.ts'
import { benchEvaluate } from './evaluate.ts'
import { benchMemory } from './memory.ts'
import { benchParts } from './parts.ts'
import { median, spread } from './statistics.ts'

const rounds = Number(process.env['WAYBILL_BENCH_ROUNDS'] ?? 5)
const wanted = process.argv.slice(2)
const runs = (name: string): boolean => wanted.length === 0 || wanted.includes(name)

if (runs('accept')) {
  const orders = { messages: 3000, connections: 20, letterBytes: 6000, rounds }
  const figures = await benchAccept(orders)
  const rates = figures.map(({ perSecond }) => perSecond)
  const cpu = median(figures.map((one) => one.serverCpuMsPerMessage))
  const peak = Math.max(...figures.map((one) => one.serverPeakMb))
  console.log('Durable accepts on port 25: 6 KB signed letters, 20 connections;')
  console.log('SPF, DKIM, DMARC and the record on; the load generator is on the same machine')
  console.log(`  ${spread(rates, 0)} a second, ${rounds} rounds of 3000`)
  console.log(`  server CPU ${cpu.toFixed(2)} ms a letter, peak memory ${peak} MB\n`)
}

if (runs('evaluate')) {
  await benchEvaluate(rounds)
  await benchParts(rounds)
}
if (runs('memory')) benchMemory(rounds)
