import type { Fault } from '../desk/fault.ts'
import type { FaultStage } from '../journey/steps.ts'
import type { DueReply, Said } from '../receive/port.ts'

/** How many octets an answer of megabytes has. */
const hugeOctets = 4 * 1024 * 1024
const nonsense = '\u0001\u0002 %%% no reply at all \u0003\r\n'

/** At which stage a reply is said; `undefined` where no fault can be set, and in the middle of AUTH. */
export function stageOf({
  command,
  code,
}: Pick<DueReply, 'command' | 'code'>): FaultStage | undefined {
  switch (command) {
    case '':
      return code === 220 || code === 421 || code === 554 ? 'connect' : undefined
    case 'EHLO':
      return 'ehlo'
    case 'STARTTLS':
      return 'starttls'
    case 'AUTH':
      return code === 334 ? undefined : 'auth'
    case 'MAIL FROM':
      return 'sender'
    case 'RCPT TO':
      return 'recipient'
    case 'DATA':
      return code === 354 ? 'content' : 'data'
    case 'BDAT':
      return 'data'
    case 'QUIT':
      return 'quit'
    default:
      return undefined
  }
}

/** How a reply is said under a fault. Pure. */
export function saidWrong({ stage, what, code, drop }: Fault, { text }: DueReply): Said {
  if (drop) return { text: '', next: 'drop' }
  if (code !== undefined) {
    // The session goes on as if it had been said otherwise, so where a handshake or the content would
    // come next it cannot.
    const ends = stage === 'starttls' || stage === 'content' || code === 421
    return {
      text: `${code} ${Math.floor(code / 100)}.3.0 A fault that was set on purpose.\r\n`,
      next: ends ? 'close' : 'go-on',
    }
  }
  switch (what) {
    case 'stall':
      return { text: '', next: 'go-on' }
    case 'lost':
      return { text: '', next: 'drop' }
    case 'huge':
      return { text: `${linesBefore(text)}${text}`, next: 'go-on' }
    case 'cut':
      return { text: text.slice(0, Math.ceil(text.length / 2)), next: 'close' }
    case 'garbage':
      return { text: nonsense, next: 'go-on' }
    case 'broken':
      return { text: `${text}${nonsense}`, next: 'close' }
    default:
      return { text, next: 'go-on' }
  }
}

/** Lines that go before a reply as the first of its lines, of megabytes. */
function linesBefore(text: string): string {
  const line = `${text.slice(0, 3)}-${'x'.repeat(500)}\r\n`
  return line.repeat(Math.ceil(hugeOctets / line.length))
}
