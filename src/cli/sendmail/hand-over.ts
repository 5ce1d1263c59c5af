import { WaybillError } from '../../base/error.ts'
import { askServer } from '../../control/ask.ts'
import { submitBySmtp } from '../../deliver/submit.ts'
import type { UnixSubmission } from '../../desk/submit.ts'
import { systemClock } from '../../io/clock.ts'
import { tcpDialer } from '../../io/dialer.ts'
import type { SendmailCall } from './arguments.ts'
import type { ReadyLetter } from './letter.ts'
import type { Outcome } from './outcome.ts'

/** Where a letter may be handed in, in the order of trying. */
export interface Ways {
  /** The data folder whose server is asked; absent where none is known. */
  readonly folder: string | undefined
  /** Where SMTP is spoken. */
  readonly servers: readonly { readonly ip: string; readonly port: number }[]
}

/** Most octets of a letter for the control socket: base64 makes a third more of them. */
const maxOctets = 90 * 1024 * 1024
/** A server that is busy, or checks a big letter, may take a while. */
const timeoutMs = 600_000

/**
 * Hands a letter in: to the server of the data folder, over its control socket; else by SMTP to the
 * first server that speaks. Who has refused it is not gone round.
 */
export async function handOver(
  letter: ReadyLetter,
  call: Pick<SendmailCall, 'notify' | 'ret' | 'envid'>,
  ways: Ways,
  by: string,
): Promise<Outcome> {
  const tried: string[] = []
  const { folder, servers } = ways
  if (folder !== undefined && letter.octets.length <= maxOctets) {
    const asked = await overSocket(letter, call, folder, by)
    if (asked.type === 'outcome') return asked.outcome
    tried.push(asked.why)
  }
  for (const server of servers) {
    const place = `${server.ip}:${server.port}`
    const said = await submitBySmtp(
      { ...letter, ...call, hostname: 'localhost' },
      { server, dialer: tcpDialer, clock: systemClock },
    )
    if (said.type === 'unreachable') tried.push(`${place}: ${said.because}`)
    else if (said.type === 'taken') return { type: 'taken', id: said.reference, by: place }
    else return { ...said, by: place }
  }
  return { type: 'unreachable', tried }
}

type OverSocket =
  | { readonly type: 'outcome'; readonly outcome: Outcome }
  | { readonly type: 'not-asked'; readonly why: string }

async function overSocket(
  letter: ReadyLetter,
  { notify, ret, envid }: Pick<SendmailCall, 'notify' | 'ret' | 'envid'>,
  folder: string,
  by: string,
): Promise<OverSocket> {
  const { from, to, octets } = letter
  const input = { from, to, octets: Buffer.from(octets).toString('base64'), notify, ret, envid }
  const request = { operation: 'submit', input, by }
  try {
    const asked = await askServer(request, { folder, clock: systemClock, timeoutMs })
    if (asked.type === 'absent') return { type: 'not-asked', why: `${folder}: no server is there` }
    // What the operation gave: the greeting said that the server is of our version.
    const said = asked.value as UnixSubmission
    const server = 'the server'
    const outcome: Outcome =
      said.type === 'taken' ? { type: 'taken', id: said.id, by: server } : { ...said, by: server }
    return { type: 'outcome', outcome }
  } catch (problem) {
    if (!(problem instanceof WaybillError)) throw problem
    // Whether it was done is not known then, and to hand it in again might send it twice; a program
    // that gets 75 tries again, as it would after a lost answer of SMTP (RFC 1047).
    if (/ended before it answered|waited \d+ s/.test(problem.message)) {
      return { type: 'outcome', outcome: { type: 'unreachable', tried: [problem.message] } }
    }
    return { type: 'not-asked', why: problem.message }
  }
}
