/** Where the time of one evaluation goes: its parts, each done alone, as a share of the whole. */
import { createHash, createPublicKey, sign, verify } from 'node:crypto'
import { splitMessage, verifyDkim } from '../src/dkim/dkim.ts'
import { evaluateDmarc } from '../src/dmarc/dmarc.ts'
import { MemoryResolver } from '../src/dns/memory-resolver.ts'
import { checkSpf } from '../src/spf/spf.ts'
import { evaluate } from './evaluation.ts'
import { senderZone, signedLetterOf, signingKey, signingTime } from './letters.ts'
import { median } from './statistics.ts'

const resolver = new MemoryResolver(senderZone('192.0.2.10'))
const client = { ip: '192.0.2.10', helo: 'mx.sender.example', mailFrom: 'sender@sender.example' }

/** The parts of evaluating a letter of so many octets. */
function partsOf(octets: number): Readonly<Record<string, () => unknown>> {
  const letter = signedLetterOf(octets)
  const { body } = splitMessage(letter)
  const signed = Buffer.alloc(500, 'a')
  const publicKey = createPublicKey(signingKey.privateKey)
  const signature = sign('sha256', signed, signingKey.privateKey)
  const now = signingTime + 100
  const dmarc = {
    from: { type: 'fields', values: ['Sender <sender@sender.example>'] },
    spf: { result: 'pass', domain: 'sender.example' },
    dkim: [{ result: 'pass', domain: 'sender.example' }],
  } as const
  return {
    whole: () => evaluate(letter),
    'RSA verify': () => verify('sha256', signed, publicKey, signature),
    'SHA-256 of the body': () => createHash('sha256').update(body).digest(),
    'header read': () => splitMessage(letter),
    'DKIM whole': () => verifyDkim(letter, { resolver, now }),
    SPF: () => checkSpf({ ...client, receiver: 'mx.perf.example', now }, resolver),
    DMARC: () => evaluateDmarc(dmarc, resolver),
  }
}

/** Prints the parts. */
export async function benchParts(rounds: number): Promise<void> {
  console.log('Where it goes (microseconds of CPU, each part alone)')
  for (const [name, octets] of [
    ['5 KB', 5_000],
    ['100 KB', 100_000],
  ] as const) {
    const took = await microseconds(partsOf(octets), rounds)
    const of = (part: string): number => took.get(part) ?? Number.NaN
    const whole = of('whole')
    const dkimRest =
      of('DKIM whole') - of('RSA verify') - of('SHA-256 of the body') - of('header read')
    const known = of('DKIM whole') + of('SPF') + of('DMARC')
    const rows: readonly (readonly [string, number])[] = [
      ['RSA verify', of('RSA verify')],
      ['SHA-256 of the body', of('SHA-256 of the body')],
      ['header read', of('header read')],
      ['the rest of DKIM', dkimRest],
      ['SPF', of('SPF')],
      ['DMARC', of('DMARC')],
      ['ARC and the joining', whole - known],
    ]
    const shown = rows.map(
      ([part, us]) => `${part} ${us.toFixed(0)} (${((100 * us) / whole).toFixed(0)}%)`,
    )
    console.log(`  ${name}: ${whole.toFixed(0)}; ${shown.join(', ')}`)
  }
  console.log('')
}

/** The parts in turn, round after round, so that noise falls on all of them alike. */
async function microseconds(
  parts: Readonly<Record<string, () => unknown>>,
  rounds: number,
): Promise<ReadonlyMap<string, number>> {
  const works = Object.entries(parts)
  for (const [, work] of works) await each(work, 600)
  const took = new Map<string, number[]>(works.map(([part]) => [part, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [part, work] of works) took.get(part)?.push(await each(work, 250))
  }
  return new Map(Array.from(took, ([part, values]) => [part, median(values)]))
}

/** Microseconds of CPU for each operation. */
async function each(work: () => unknown, forMs: number): Promise<number> {
  const before = process.cpuUsage()
  let done = 0
  for (let until = performance.now() + forMs; performance.now() < until; done++) await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / done
}
