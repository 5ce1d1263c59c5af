/** `npm run bench`: prints medians; every figure says what it was measured over. */
import { benchAccept } from './accept.ts'
import { benchEvaluate } from './evaluate.ts'
import { benchMemory } from './memory.ts'
import { benchParts } from './parts.ts'

const rounds = Number(process.env['WAYBILL_BENCH_ROUNDS'] ?? 5)
const wanted = process.argv.slice(2)
const runs = (name: string): boolean => wanted.length === 0 || wanted.includes(name)

if (runs('accept')) await benchAccept(rounds)
if (runs('evaluate')) {
  await benchEvaluate(rounds)
  await benchParts(rounds)
}
if (runs('memory')) benchMemory(rounds)
