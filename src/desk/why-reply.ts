import { WaybillError } from '../base/error.ts'
import { meaningOf } from '../answers/kinds.ts'
import { readAnswer } from '../answers/read-answer.ts'
import { replyOf } from '../answers/reply-of.ts'
import { turnAfter } from '../answers/turn.ts'
import type { AtCommand } from '../smtp/client-types.ts'
import { describeReply, type Reply } from '../smtp/reply.ts'
import { readingView, type Why, type WhyRecipient } from './why.ts'

/**
 * Explains one reply that somebody has pasted.
 *
 * @param atCommand which command it answered, as far as that is known
 * @throws WaybillError `usage` when it is none
 */
export function whyReply(text: string, atCommand: AtCommand): Why {
  const reply = replyOf(text)
  if (reply === undefined) {
    throw new WaybillError(
      'usage',
      `"${text.slice(0, 100)}" is no refusal: it begins with no code.`,
      {
        hint: "Give it as the server said it: waybill why --reply '550 5.7.1 …'",
      },
    )
  }
  const status = reply.enhanced ?? `${Math.floor(reply.code / 100)}.0.0`
  const reading = readAnswer({ because: 'reply', atCommand, status, reply })
  const told = refusalOf({ recipient: '', reply, reading, atCommand })
  return { schema: 'waybill.why/1', about: 'reply', id: '', says: told.says, recipients: [told] }
}

/** A refusal that was heard of, as an answer for its recipient. */
export function refusalOf(refusal: {
  readonly recipient: string
  readonly reply: Reply | undefined
  readonly reading: ReturnType<typeof readAnswer>
  readonly atCommand: AtCommand
  readonly waits?: boolean
}): WhyRecipient {
  const { recipient, reply, reading, atCommand } = refusal
  const waits = refusal.waits ?? (reply !== undefined && reply.code < 500)
  const how = waits ? 'for now' : 'for good'
  const next = waits
    ? {
        turn: 'this-server' as const,
        todo: 'The server that has the letter tries again by itself.',
      }
    : turnAfter(reading)
  const whom = recipient === '' ? 'The server refuses' : `For ${recipient} the server refused`
  return {
    recipient,
    status: waits ? 'deferred' : 'failed',
    says: `${whom} ${how}. ${meaningOf(reading)} ${next.todo}`,
    ...next,
    holds: [],
    answer:
      reply === undefined
        ? null
        : {
            code: reply.code,
            enhanced: reply.enhanced ?? '',
            text: describeReply({ ...reply, enhanced: null }).slice(4),
            at_command: atCommand,
          },
    reading: readingView(reading),
  }
}
