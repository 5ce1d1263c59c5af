import type { AnswerReading } from './kinds.ts'
import { type Heard, readAnswer } from './read-answer.ts'
import { replyOf } from './reply-of.ts'
import type { Reply } from '../smtp/reply.ts'

/** What a report says of one recipient, read by the same rules as an answer that we heard ourselves. */
export interface ReadReport {
  /** The reply, where the report tells one. */
  readonly reply: Reply | undefined
  readonly reading: AnswerReading
}

/**
 * Reads what a bounce says.
 *
 * @param report.status `d.d.d`, as the report has it
 * @param report.said   its Diagnostic-Code, or the sentences about the recipient
 */
export function readReported(report: {
  readonly status: string
  readonly said: string
}): ReadReport {
  const { status } = report
  const said = report.said.replace(/^\s*[A-Za-z0-9-]{1,40}\s*;\s*/, '').trim()
  const told = replyIn(said)
  // RFC 3464 §2.3.4: the status tells what the reply may leave out. x.0.0 tells nothing.
  const usable = /^[45]\.\d{1,3}\.\d{1,3}$/.test(status) && !status.endsWith('.0.0')
  // Codes that stand for nothing but their class.
  const code = told?.code ?? (status.startsWith('4') ? 499 : 599)
  const ofClass = usable && status[0] === String(code)[0] ? status : null
  const reply = {
    code,
    enhanced: told?.enhanced ?? ofClass,
    lines: told?.lines ?? [said],
  }
  const heard: Heard = { because: 'reply', atCommand: commandIn(said), status, reply }
  return { reply: told, reading: readAnswer(heard) }
}

/** The reply that begins the text, or stands behind `said:` or the like in it. */
function replyIn(said: string): Reply | undefined {
  const at = /(?:^|said:?|response:?|error:?|->|<<<|[:(<"'\n])\s*['"]?(?=[45]\d\d[ -])/i.exec(
    said.slice(0, 4000),
  )
  return at === null ? undefined : replyOf(said.slice(at.index + at[0].length))
}

/** Which command was refused, where the text says it, as Postfix and Exim do. */
function commandIn(said: string): Heard['atCommand'] {
  const text = said.slice(0, 4000)
  if (/end of DATA|after DATA|message body|end of data/i.test(text)) return 'MESSAGE'
  if (/MAIL FROM/i.test(text) && !/RCPT TO/i.test(text)) return 'MAIL'
  if (/refused to talk|initial connection|connection greeting/i.test(text)) return 'CONNECT'
  return 'RCPT'
}
