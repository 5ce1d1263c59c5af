import { WaybillError } from '../base/error.ts'
import { type Fault, type FaultWord, madeFault } from './fault.ts'

/** A fault that people ask for by a name. */
export interface NamedFault {
  readonly name: string
  /** As it is written in parts: `STAGE:WHAT`. */
  readonly text: string
  /** One line for the list. */
  readonly title: string
}

/** What goes wrong most often out there, in the order in which a session could meet it. */
export const namedFaults: readonly NamedFault[] = [
  { name: 'refused', text: 'dial:refused', title: 'nobody listens' },
  { name: 'unreachable', text: 'dial:unreachable', title: 'no way leads there' },
  { name: 'no-answer', text: 'dial:timeout', title: 'the connection is never made' },
  { name: 'silent', text: 'connect:stall', title: 'it is made, and nobody says a word' },
  { name: 'busy', text: 'connect:421', title: 'the greeting is 421: come back later' },
  { name: 'turned-away', text: 'connect:554', title: 'the greeting is 554: no mail here' },
  { name: 'no-esmtp', text: 'ehlo:502', title: 'EHLO is unknown there' },
  {
    name: 'tls-refused',
    text: 'starttls:454',
    title: 'TLS is offered, and refused when asked for',
  },
  { name: 'tls-broken', text: 'starttls:broken', title: 'what comes behind STARTTLS is no TLS' },
  { name: 'expired-cert', text: 'starttls:expired', title: 'the certificate has ended' },
  { name: 'wrong-cert', text: 'starttls:wrong-name', title: 'the certificate is for another name' },
  { name: 'unknown-ca', text: 'starttls:untrusted', title: 'nobody knows who issued it' },
  { name: 'login-refused', text: 'auth:535', title: 'no password is good enough' },
  {
    name: 'one-letter-a-connection',
    text: 'sender:once',
    title: '421 to the second letter of each connection',
  },
  { name: 'greylisting', text: 'recipient:451:50', title: 'half of the recipients are put off' },
  { name: 'mailbox-full', text: 'recipient:452', title: 'no room for anybody' },
  { name: 'no-such-user', text: 'recipient:550', title: 'nobody is known' },
  { name: 'no-data', text: 'content:451', title: 'DATA is put off' },
  { name: 'spam', text: 'data:554', title: 'the whole letter is refused' },
  { name: 'hangs-up', text: 'data:drop', title: 'the connection is dropped before it is taken' },
  { name: 'lost-reply', text: 'data:lost', title: 'it is taken, and the answer never arrives' },
  { name: 'slow-answer', text: 'data:20s', title: 'the answer to the letter takes 20 seconds' },
  { name: 'endless-reply', text: 'recipient:huge', title: 'an answer of megabytes' },
  { name: 'cut-reply', text: 'recipient:cut', title: 'an answer that ends in the middle' },
  { name: 'nonsense', text: 'sender:garbage', title: 'an answer that means nothing' },
  { name: 'dns-down', text: 'dns:timeout', title: 'DNS says nothing' },
  { name: 'dns-broken', text: 'dns:servfail', title: 'DNS answers that it cannot' },
  { name: 'dns-lies', text: 'dns:lie', title: 'DNS names an address where nobody is' },
  { name: 'dns-changes', text: 'dns:lie:50', title: 'DNS names another address each time' },
]

/**
 * Reads a fault as it is written on the command line: one of `namedFaults`, or `STAGE:WHAT[:CHANCE]`,
 * where WHAT is a code, a time to wait (`2s`, `500ms`), both (`451+2s`), `drop`, or a word of its
 * stage, and CHANCE is in percent: `recipient:451:50`.
 *
 * @throws WaybillError `usage`
 */
export function parseFault(given: string): Fault {
  const text = namedFaults.find(({ name }) => name === given)?.text ?? given
  const [stage = '', what = '', chance = '100', ...more] = text.split(':')
  const parts = what.split('+')
  const code = parts.find((part) => /^\d{3}$/.test(part))
  const delay = parts.map((part) => /^(\d{1,6})(ms|s)$/.exec(part)).find((found) => found !== null)
  const [word, ...others] = parts.filter((part) => part !== code && part !== delay?.[0])
  const percent = /^(\d{1,3}(?:\.\d{1,3})?)%?$/.exec(chance)?.[1]
  const isWord = word === undefined || /^[a-z][a-z-]*$/.test(word)
  if (more.length > 0 || others.length > 0 || !isWord || percent === undefined) {
    throw new WaybillError('usage', `"${given}" is no fault.`, {
      hint: 'STAGE:WHAT[:CHANCE], such as recipient:451, data:drop:10 or sender:421+2s:50; or a name of `waybill lab fault --list`',
    })
  }
  return madeFault({
    stage,
    what: word === 'drop' ? undefined : word,
    code: code === undefined ? undefined : Number(code),
    probability: Number(percent),
    delayMs: Number(delay?.[1] ?? 0) * (delay?.[2] === 's' ? 1000 : 1),
    drop: word === 'drop',
  })
}

/** A fault as `parseFault` reads it. */
export function faultText(fault: {
  readonly stage: string
  readonly what: FaultWord | null
  readonly code: number | null
  readonly drop: boolean
  readonly delay_ms: number
  readonly probability: number
}): string {
  const { stage, code, drop, delay_ms: delay, probability } = fault
  const what = [
    ...(fault.what === null ? [] : [fault.what]),
    ...(code === null ? [] : [String(code)]),
    ...(drop ? ['drop'] : []),
    ...(delay === 0 ? [] : [`${delay}ms`]),
  ]
  return `${stage}:${what.join('+')}:${probability}`
}
