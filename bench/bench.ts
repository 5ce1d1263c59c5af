/** `npm run bench`: prints medians; every figure says what it was measured over. */
import { benchAccept } from './accept.ts'
import { benchConsole } from './console.ts'
import { benchEvaluate } from './evaluate.ts'
import { benchIdle } from './idle.ts'
import { benchJsonl } from './jsonl.ts'
import { benchList } from './list.ts'
import { benchMemory } from './memory.ts'
import { benchMillion } from './million.ts'
import { benchOut, outwardRows } from './out.ts'
import { benchParts } from './parts.ts'
import { benchRecording } from './recording.ts'

const all = [
  'accept',
  'recording',
  ...outwardRows,
  'idle',
  'jsonl',
  'evaluate',
  'memory',
  'list',
  'search',
  'million',
  'console',
] as const
const rounds = Number(process.env['WAYBILL_BENCH_ROUNDS'] ?? 5)
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !all.some((one) => one === name))
if (unknown.length > 0) {
  console.error(`There is no row "${unknown.join('", "')}". There are: ${all.join(', ')}.`)
  process.exit(2)
}
const runs = (name: (typeof all)[number]): boolean => asked.length === 0 || asked.includes(name)

if (runs('accept')) await benchAccept(rounds)
if (runs('recording')) await benchRecording(rounds)
const outward = outwardRows.filter(runs)
if (outward.length > 0) benchOut(rounds, outward)
if (runs('idle')) await benchIdle(rounds)
if (runs('jsonl')) await benchJsonl(rounds)
if (runs('evaluate')) {
  await benchEvaluate(rounds)
  await benchParts(rounds)
}
if (runs('memory')) benchMemory(rounds)
const lists = (['list', 'search'] as const).filter(runs)
if (lists.length > 0) await benchList(lists)
if (runs('million')) await benchMillion()
if (runs('console')) await benchConsole(rounds)
