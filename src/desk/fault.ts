import { WaybillError } from '../base/error.ts'
import { nearest } from '../base/nearest.ts'
import { type FaultStage, faultStages } from '../journey/steps.ts'

/** Something that is made to go wrong, to see what a program makes of it. */
export interface Fault {
  readonly stage: FaultPlace
  /** In percent. */
  readonly probability: number
  /** What is answered, 400 to 599; `undefined`: as it would be anyway. */
  readonly code: number | undefined
  /** How long the answer waits. */
  readonly delayMs: number
  /** The connection is dropped instead of an answer. */
  readonly drop: boolean
  /** What happens that is neither of these. */
  readonly what?: FaultWord
}

/** Where a fault can be set: a stage of a session, before there is one, and in DNS. */
export type FaultPlace = FaultStage | 'dial' | 'dns'

/** What can happen at each place beside an answer, a wait and the end of the connection. */
const words = {
  /** Of the answer, wherever there is one. */
  answer: [
    /** It never comes. */
    'stall',
    /** It has megabytes. */
    'huge',
    /** It ends in the middle, and the connection with it. */
    'cut',
    /** It is octets that mean nothing. */
    'garbage',
    /** What was asked for is done, and the connection ends without a word. */
    'lost',
  ],
  /** 421 to the second letter of a connection. */
  sender: ['once'],
  starttls: [
    /** Octets that are no TLS, behind the 220. */
    'broken',
    /** The handshake with a certificate that has ended, is for another name, of an unknown issuer. */
    'expired',
    'wrong-name',
    'untrusted',
  ],
  dial: ['refused', 'timeout', 'unreachable'],
  dns: ['timeout', 'servfail', 'refused', 'garbage', 'lie'],
} as const

/** What can happen, by its word. */
export type FaultWord = (typeof words)[keyof typeof words][number]

/** Certificates that nobody should believe. */
export type WrongCertificate = 'expired' | 'wrong-name' | 'untrusted'

const faultPlaces: readonly FaultPlace[] = ['dial', ...faultStages, 'dns']

/** Where an answer can be another one, or wait, or not come: the server's own words lead there. */
const answered: readonly FaultPlace[] = ['connect', 'auth', 'sender', 'recipient', 'data']

const mostDelayMs = 10 * 60_000

/** The words of a place. */
function wordsOf(stage: FaultPlace): readonly FaultWord[] {
  if (stage === 'dial') return words.dial
  if (stage === 'dns') return words.dns
  if (stage === 'sender') return [...words.answer, ...words.sender]
  return stage === 'starttls' ? [...words.answer, ...words.starttls] : words.answer
}

/**
 * A fault of these parts.
 *
 * @throws WaybillError `usage` when there is no such fault
 */
export function madeFault(
  parts: Omit<Fault, 'stage' | 'what'> & {
    readonly stage: string
    readonly what?: string | undefined
  },
): Fault {
  const { code, probability, delayMs, drop } = parts
  const stage = faultPlaces.find((one) => one === parts.stage)
  if (stage === undefined) throw noSuch('stage', parts.stage, faultPlaces)
  if (code !== undefined && !(Number.isInteger(code) && code >= 400 && code <= 599)) {
    throw wrong('A fault answers with a code of 400 to 599')
  }
  if (!(probability >= 0 && probability <= 100)) throw wrong('A chance is 0 to 100 percent')
  if (!(Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= mostDelayMs)) {
    throw wrong('An answer can wait for at most 10 minutes')
  }
  if (code !== undefined && drop) throw wrong('A fault answers or drops the connection, not both')
  const more = { code, probability, delayMs, drop }
  if (parts.what === undefined) {
    if (code === undefined && delayMs === 0 && !drop) {
      throw wrong('A fault needs a code, a delay, or to drop the connection')
    }
    if (stage === 'dial' || stage === 'dns') {
      throw wrong(`At ${stage} a fault is one of ${wordsOf(stage).join(', ')}`)
    }
    if (delayMs > 0 && !answered.includes(stage)) {
      throw wrong(`An answer can wait at ${answered.join(', ')}`)
    }
    return { stage, ...more }
  }
  const known = wordsOf(stage)
  const what = known.find((one) => one === parts.what)
  if (what === undefined) throw noSuch(`fault at ${stage}`, parts.what, known)
  if (code !== undefined || drop || delayMs > 0) {
    throw wrong(`A fault is "${what}", or an answer, or a wait, but not several`)
  }
  return { stage, what, ...more }
}

function noSuch(kind: string, asked: string, all: readonly string[]): WaybillError {
  const near = nearest(asked, all)
  const hint = near === undefined ? `One of ${all.join(', ')}.` : `Did you mean "${near}"?`
  return new WaybillError('usage', `There is no ${kind} "${asked.slice(0, 50)}".`, { hint })
}

function wrong(text: string): WaybillError {
  return new WaybillError('usage', `${text}.`)
}
