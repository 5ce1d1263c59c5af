/**
 * One contender in a process of its own: reads orders as JSON lines, does that work for so long, and
 * answers each with a line. Alone in its process, no other code shapes what the engine compiles, and
 * no other garbage is collected in its time.
 */
import { createPrivateKey, sign } from 'node:crypto'
import { createInterface } from 'node:readline'
import { authenticate } from 'mailauth'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'
import { signDkim } from '../src/dkim/dkim.ts'
import { evaluate } from './evaluation.ts'
import { letterOf, senderZone, signedLetterOf, signingKey, signingTime } from './letters.ts'

export type WorkName =
  | 'evaluate/waybill'
  | 'evaluate/mailauth'
  | 'sign/waybill'
  | 'sign/mailauth'
  | 'sign/crypto'

/** What a contender is asked to do. */
export interface Order {
  readonly work: WorkName
  /** The length of the letter. */
  readonly octets: number
  readonly forMs: number
}

/** What it answers. */
export interface Done {
  /** Operations for each second of this process's CPU, of all its threads. */
  readonly perCpuSecond: number
}

type Work = (octets: number) => () => Promise<void> | void

const zone = senderZone('192.0.2.10')
const { privateKey } = signingKey

const works: Record<WorkName, Work> = {
  'evaluate/waybill': (octets) => {
    const letter = signedLetterOf(octets)
    return () => evaluate(letter)
  },
  'evaluate/mailauth': (octets) => {
    const letter = signedLetterOf(octets)
    return () => evaluateByMailauth(letter)
  },
  'sign/waybill': (octets) => {
    const letter = letterOf(octets)
    const keys = [{ domain: 'sender.example', selector: 'b1', privateKey }]
    return () => void signDkim(letter, { keys, now: signingTime })
  },
  'sign/mailauth': (octets) => {
    const letter = letterOf(octets)
    const key = { signingDomain: 'sender.example', selector: 'b1', privateKey }
    // Its types ask for the key here; what it signs with is the list.
    const options = { ...key, canonicalization: 'relaxed/relaxed', signatureData: [key] }
    return async () => {
      const made = await dkimSign(letter, options)
      if (!made.signatures.startsWith('DKIM-Signature:')) throw new Error('mailauth: not signed')
    }
  },
  // What no signer can do without: the RSA operation over a header of this length.
  'sign/crypto': () => {
    const key = createPrivateKey(privateKey)
    const header = Buffer.alloc(500, 'a')
    return () => void sign('sha256', header, key)
  },
}

async function evaluateByMailauth(letter: Buffer): Promise<void> {
  const resolver = (name: string, type: string): Promise<string[][]> => {
    const found = zone[name]
    if (type === 'TXT' && found !== undefined) return Promise.resolve(found.TXT.map((one) => [one]))
    return Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }))
  }
  const result = await authenticate(letter, {
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

async function obey({ work, octets, forMs }: Order): Promise<Done> {
  const operation = works[work](octets)
  // Two thirds of the time before anything counts: the engine compiles what it sees often.
  await repeat(operation, forMs * 2)
  const before = process.cpuUsage()
  const done = await repeat(operation, forMs)
  const { user, system } = process.cpuUsage(before)
  return { perCpuSecond: (done * 1e6) / (user + system) }
}

async function repeat(operation: () => Promise<void> | void, forMs: number): Promise<number> {
  const until = performance.now() + forMs
  let done = 0
  do {
    await operation()
    done++
  } while (performance.now() < until)
  return done
}

for await (const line of createInterface({ input: process.stdin })) {
  const order: Order = JSON.parse(line)
  process.stdout.write(`${JSON.stringify(await obey(order))}\n`)
}
