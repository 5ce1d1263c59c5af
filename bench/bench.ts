/** `npm run bench`: prints medians; every figure says what it was measured over. */
import { benchAccept } from './accept.ts'

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const rounds = Number(process.env['WAYBILL_BENCH_ROUNDS'] ?? 5)
const figures = await benchAccept({ messages: 3000, connections: 20, letterBytes: 6000, rounds })
const rates = figures.map(({ perSecond }) => perSecond)
const show = (value: number, digits = 0): string => value.toFixed(digits)
console.log('Durable accepts on port 25: 6 KB signed letters, 20 connections, SPF + DKIM + DMARC + record')
console.log(
  `  ${show(median(rates))} a second (${show(Math.min(...rates))} to ${show(Math.max(...rates))}, ${rounds} rounds of 3000)`,
)
console.log(
  `  server CPU ${show(median(figures.map((one) => one.serverCpuMsPerMessage)), 2)} ms a letter, peak memory ${Math.max(...figures.map((one) => one.serverPeakMb))} MB`,
)
