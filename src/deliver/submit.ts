import { parseForwardPath, parseReversePath } from '../address/path.ts'
import type { Clock } from '../base/clock.ts'
import { isAscii, octetString } from '../base/octets.ts'
import type { Dialer } from '../io/dialer.ts'
import { splitMessage } from '../message/header-reader.ts'
import {
  type ClientTransaction,
  defaultClientOptions,
  type RecipientOutcome,
  type Setback,
} from '../smtp/client-types.ts'
import type { NotifyWhen } from '../smtp/parameters.ts'
import { describeReply } from '../smtp/reply.ts'
import { ClientSession } from './client-session.ts'

/** A letter for a server that is known. Addresses without brackets; empty for the null sender. */
export interface SubmittedBySmtp {
  readonly from: string
  readonly to: readonly string[]
  readonly octets: Uint8Array
  readonly notify: readonly NotifyWhen[] | null
  readonly ret: 'FULL' | 'HDRS' | null
  readonly envid: string | null
  /** As it is said in EHLO. */
  readonly hostname: string
}

/** What became of it: all recipients have it, or none. */
export type SmtpSubmission =
  /** `reference`: of its journey, where the server is one of ours. */
  | { readonly type: 'taken'; readonly reference: string | undefined }
  | {
      readonly type: 'refused'
      readonly at: 'connect' | 'sender' | 'recipients' | 'message'
      readonly code: number
      readonly text: string
      readonly recipients: readonly { readonly address: string; readonly text: string }[]
    }
  | { readonly type: 'unreachable'; readonly because: string }

const dialTimeoutMs = 10_000

/**
 * Hands a letter to the server of this machine by SMTP, for all of its recipients or for none: they
 * are named once to see whether each is taken, and then the letter is sent. Never rejects.
 */
export async function submitBySmtp(
  letter: SubmittedBySmtp,
  tools: {
    readonly server: { readonly ip: string; readonly port: number }
    readonly dialer: Dialer
    readonly clock: Clock
  },
): Promise<SmtpSubmission> {
  const { server, dialer, clock } = tools
  const dialled = await dialer.dial({ ...server, timeoutMs: dialTimeoutMs })
  if (dialled.type === 'failed') return { type: 'unreachable', because: dialled.text }
  const session = new ClientSession({
    peer: dialled.peer,
    options: { ...defaultClientOptions, hostname: letter.hostname, eightBitToSevenBitPeer: 'send' },
    clock,
    serverName: server.ip,
    trustAnchors: undefined,
  })
  try {
    const greeted = await session.greet()
    if (greeted.type === 'failed') return refusedAt('connect', greeted.failure)
    const transaction = transactionOf(letter)
    const seen = await session.send({ ...transaction, stopAfter: 'RCPT' }, nothing())
    const refusal = whatStands(seen, letter)
    if (refusal !== undefined) return refusal
    const sent = await session.send(transaction, once(letter.octets))
    const [first] = sent
    if (first?.result === 'accepted' && sent.every(({ result }) => result === 'accepted')) {
      return {
        type: 'taken',
        reference: /[0-9a-hjkmnp-tv-z]{16}/.exec(first.reply.lines.join(' '))?.[0],
      }
    }
    return whatStands(sent, letter) ?? { type: 'unreachable', because: 'it said nothing' }
  } finally {
    session.quit()
    await session.closed
  }
}

/** Why it cannot go to all; `undefined` where it can. */
function whatStands(
  outcomes: readonly RecipientOutcome[],
  { to }: SubmittedBySmtp,
): SmtpSubmission | undefined {
  const bad = outcomes.flatMap((outcome, index) =>
    outcome.result === 'accepted' ? [] : [{ address: to[index] ?? '', outcome }],
  )
  const [first] = bad
  if (first === undefined) return undefined
  const { atCommand } = first.outcome
  if (atCommand !== 'RCPT')
    return refusedAt(atCommand === 'MAIL' ? 'sender' : 'message', first.outcome)
  const refusal = refusedAt('recipients', first.outcome)
  if (refusal.type !== 'refused') return refusal
  const recipients = bad.map(({ address, outcome }) => ({ address, text: wordsOf(outcome) }))
  return { ...refusal, recipients }
}

function refusedAt(
  at: 'connect' | 'sender' | 'recipients' | 'message',
  failure: Setback,
): SmtpSubmission {
  const { reply, result } = failure
  if (reply === null && at === 'connect') return { type: 'unreachable', because: failure.text }
  const code = reply?.code ?? (result === 'failed' ? 550 : 450)
  return { type: 'refused', at, code, text: wordsOf(failure), recipients: [] }
}

function wordsOf({ reply, text }: Setback): string {
  return reply === null ? text : describeReply(reply)
}

/** Addresses were read before. */
function transactionOf(letter: SubmittedBySmtp): ClientTransaction {
  const { from, to, octets, notify, ret, envid } = letter
  const reversePath = parseReversePath(`<${from}>`)
  if (!reversePath.ok) throw new Error(`submitBySmtp: ${reversePath.problem}`)
  const { header } = splitMessage(octets)
  return {
    reversePath: reversePath.value,
    recipients: to.map((address) => {
      const path = parseForwardPath(`<${address}>`)
      if (!path.ok) throw new Error(`submitBySmtp: ${path.problem}`)
      return { forwardPath: path.value, notify, orcpt: null }
    }),
    size: octets.length,
    eightBit: octets.some((octet) => octet > 127),
    smtpUtf8: ![from, ...to].every(isAscii),
    utf8Header: !isAscii(octetString(header.octets)),
    ret,
    envid,
  }
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
