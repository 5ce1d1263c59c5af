/**
 * Whole evaluations (SPF, DKIM with RSA-2048, DMARC; DNS in memory) by us and by mailauth, and
 * signing by us, by mailauth and by `crypto.sign` alone. Each contender has its own process; they
 * work in turn, so that all see the same machine.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Done, Order } from './contender.ts'
import { median, spread } from './statistics.ts'

interface Comparison {
  readonly name: string
  readonly octets: number
  readonly ours: Order['work']
  readonly theirs: Order['work']
  readonly forMs: number
}

const comparisons: readonly Comparison[] = [
  ...(
    [
      ['evaluate 5 KB, mailauth', 5_000, 700],
      ['evaluate 100 KB, mailauth', 100_000, 700],
      ['evaluate 10 MB, mailauth', 10_000_000, 1500],
    ] as const
  ).map(([name, octets, forMs]) => {
    return { name, octets, forMs, ours: 'evaluate/waybill', theirs: 'evaluate/mailauth' } as const
  }),
  {
    name: 'sign 5 KB, mailauth',
    octets: 5_000,
    forMs: 700,
    ours: 'sign/waybill',
    theirs: 'sign/mailauth',
  },
  {
    name: 'sign 5 KB, crypto.sign alone',
    octets: 5_000,
    forMs: 700,
    ours: 'sign/waybill',
    theirs: 'sign/crypto',
  },
]

/** A process that works on order. */
class Contender {
  readonly #process = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(new URL('contender.ts', import.meta.url))],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  readonly #answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()

  async work(order: Order): Promise<number> {
    this.#process.stdin.write(`${JSON.stringify(order)}\n`)
    const answer = await this.#answers.next()
    if (answer.done === true) throw new Error(`no answer to ${order.work}`)
    const { perCpuSecond }: Done = JSON.parse(answer.value)
    return perCpuSecond
  }

  end(): void {
    this.#process.stdin.end()
  }
}

/** Runs all comparisons over so many rounds and prints them. */
export async function benchEvaluate(rounds: number): Promise<void> {
  console.log('Operations a second of CPU; one process each, in turn')
  for (const { name, octets, ours, theirs, forMs } of comparisons) {
    const [us, them] = [new Contender(), new Contender()]
    const pairs: (readonly [number, number])[] = []
    for (let round = 0; round < rounds; round++) {
      pairs.push([
        await us.work({ work: ours, octets, forMs }),
        await them.work({ work: theirs, octets, forMs }),
      ])
    }
    us.end()
    them.end()
    const ratios = pairs.map(([a, b]) => a / b)
    const figure = (at: 0 | 1): string => median(pairs.map((pair) => pair[at])).toFixed(1)
    console.log(
      `  ${name.padEnd(30)} ours ${figure(0).padStart(8)}   theirs ${figure(1).padStart(8)}   ratio ${spread(ratios, 2)}`,
    )
  }
}
