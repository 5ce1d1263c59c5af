/**
 * Whole evaluations (SPF, DKIM with RSA-2048, DMARC; DNS in memory) in one process, ours and
 * mailauth's in turn, so that both see the same machine. And signing, against `crypto.sign` alone.
 */
import { createPrivateKey, sign } from 'node:crypto'
import { authenticate } from 'mailauth'
import { MemoryResolver } from '../src/dns/memory-resolver.ts'
import { formatDkimRecord, generateDkimKey, signDkim, splitMessage } from '../src/dkim/dkim.ts'
import { Inspection } from '../src/inspect/inspection.ts'

export interface Comparison {
  readonly name: string
  /** Operations a second of CPU, medians over the rounds. */
  readonly ours: number
  readonly theirs: number
  /** Median of the rounds' own ratios. */
  readonly ratio: number
}

const key = generateDkimKey('rsa')
const keyRecord = formatDkimRecord({ type: 'rsa', publicKey: key.publicKey })
const zone = {
  'sender.example': { TXT: ['v=spf1 ip4:192.0.2.10 -all'] },
  'b1._domainkey.sender.example': { TXT: [keyRecord] },
  '_dmarc.sender.example': { TXT: ['v=DMARC1; p=reject'] },
}
const keys = [{ domain: 'sender.example', selector: 'b1', privateKey: key.privateKey }]

/** A signed letter of about so many octets. */
function letter(octets: number): Buffer {
  const header =
    'From: Sender <sender@sender.example>\r\nTo: <receiver@perf.example>\r\nSubject: A letter\r\n' +
    'Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\n\r\n'
  const line = 'The quick brown fox jumps over the lazy dog, and writes home about it.\r\n'
  const message = Buffer.from(header + line.repeat(Math.ceil(octets / line.length)), 'latin1')
  const fields = signDkim(message, { keys, now: 1_790_000_000 }).join('')
  return Buffer.concat([Buffer.from(fields), message])
}

async function evaluate(message: Uint8Array): Promise<void> {
  const resolver = new MemoryResolver(zone)
  const inspection = new Inspection(
    {
      ip: '192.0.2.10',
      helo: 'mx.sender.example',
      mailFrom: 'sender@sender.example',
      receiver: 'mx.perf.example',
      now: 1_790_000_100,
    },
    { spf: resolver, dkim: resolver, arc: resolver, dmarc: resolver },
  )
  const { header, body } = splitMessage(message)
  inspection.header(header)
  inspection.body(body)
  const { dmarc } = await inspection.finish()
  if (dmarc.result !== 'pass') throw new Error(`ours: ${dmarc.result}`)
}

async function evaluateTheirs(message: Buffer): Promise<void> {
  const resolver = (name: string, type: string): Promise<string[][]> => {
    const found: { readonly TXT: readonly string[] } | undefined = Reflect.get(zone, name)
    if (type === 'TXT' && found !== undefined) return Promise.resolve(found.TXT.map((one) => [one]))
    return Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }))
  }
  const result = await authenticate(message, {
    ip: '192.0.2.10',
    helo: 'mx.sender.example',
    sender: 'sender@sender.example',
    mta: 'mx.perf.example',
    resolver,
    disableBimi: true,
  })
  const dmarc = result.dmarc
  if (dmarc === false || dmarc?.status.result !== 'pass') throw new Error('mailauth: not pass')
}

/** Operations for each second of this process's CPU. */
async function rate(work: () => Promise<void> | void, forMs: number): Promise<number> {
  const until = performance.now() + forMs
  const before = process.cpuUsage()
  let done = 0
  do {
    await work()
    done++
  } while (performance.now() < until)
  const { user, system } = process.cpuUsage(before)
  return (done * 1e6) / (user + system)
}

const median = (values: readonly number[]): number => {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function compare(
  name: string,
  ours: () => Promise<void> | void,
  theirs: () => Promise<void> | void,
  options: { readonly rounds: number; readonly forMs: number },
): Promise<Comparison> {
  const { rounds, forMs } = options
  await rate(ours, forMs / 2)
  await rate(theirs, forMs / 2)
  const pairs: (readonly [number, number])[] = []
  for (let i = 0; i < rounds; i++) pairs.push([await rate(ours, forMs), await rate(theirs, forMs)])
  return {
    name,
    ours: median(pairs.map(([a]) => a)),
    theirs: median(pairs.map(([, b]) => b)),
    ratio: median(pairs.map(([a, b]) => a / b)),
  }
}

/** All comparisons, each over `rounds` rounds. */
export async function benchEvaluate(rounds: number): Promise<readonly Comparison[]> {
  const results: Comparison[] = []
  for (const [name, octets, forMs] of [
    ['evaluate 5 KB', 5_000, 400],
    ['evaluate 100 KB', 100_000, 400],
    ['evaluate 10 MB', 10_000_000, 1200],
  ] as const) {
    const message = letter(octets)
    const options = { rounds, forMs }
    results.push(
      await compare(
        name,
        () => evaluate(message),
        () => evaluateTheirs(message),
        options,
      ),
    )
  }
  const unsigned = letter(5_000)
  const bare = createPrivateKey(key.privateKey)
  const data = Buffer.alloc(400, 'a')
  const signing = { rounds, forMs: 400 }
  results.push(
    await compare(
      'sign 5 KB (against crypto.sign alone)',
      () => void signDkim(unsigned, { keys, now: 1_790_000_000 }),
      () => void sign('sha256', data, bare),
      signing,
    ),
  )
  return results
}
