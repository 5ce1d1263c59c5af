import { z } from '@hono/zod-openapi'
import type { Handed, HandedOver, HandedRecipient } from '../receive/hand-in.ts'
import { describeReply, type Reply } from '../smtp/reply.ts'
import type { Visitor } from './access.ts'
import { type Problem, problem } from './problem.ts'
import type { ReadLetter } from './read-letter.ts'

/** What is said of one recipient. */
interface RecipientAnswer {
  address: string
  status: string
  problem?: { title: string; detail: string; code: number; enhanced: string } | undefined
}

/** What is answered for a letter that was taken. */
export interface SentAnswer {
  id: string
  message_id_header: string
  recipients: RecipientAnswer[]
}

/** The same for what is checked and documented. */
export const sentSchema: z.ZodType<SentAnswer> = z
  .object({
    id: z.string().openapi({ example: '1m8cf4q4' }),
    message_id_header: z.string().openapi({ example: '<1m8cf4q4.0@example.org>' }),
    recipients: z.array(
      z.object({
        address: z.string().openapi({ example: 'ben@example.net' }),
        status: z
          .enum(['delivered', 'quarantined', 'queued', 'refused', 'deferred'])
          .describe('delivered: filed here; queued: for another server')
          .openapi({ example: 'queued' }),
        problem: z
          .object({ title: z.string(), detail: z.string(), code: z.number(), enhanced: z.string() })
          .optional(),
      }),
    ),
  })
  .openapi('SentMessage')

/** The answer for a letter that was taken. */
export function sentAnswer({ id, headerMessageId, recipients }: HandedOver): SentAnswer {
  return { id, message_id_header: headerMessageId, recipients: recipients.map(recipientAnswer) }
}

function recipientAnswer({ address, status, reply }: HandedRecipient): RecipientAnswer {
  if (reply === undefined) return { address, status }
  const { code } = reply
  const enhanced = reply.enhanced ?? ''
  const title = status === 'refused' ? 'This recipient was refused' : 'This recipient has to wait'
  return { address, status, problem: { title, detail: describeReply(reply), code, enhanced } }
}

type NotTaken = Handed & { readonly type: 'refused' }

/** Why a letter was not taken. */
export function notTaken(
  handed: NotTaken,
  { from, letter }: Pick<ReadLetter, 'from' | 'letter'>,
  visitor: Visitor,
): Problem {
  const { reply, at, because, id } = handed
  const detail = describeReply(reply)
  if (reply.code < 500) return notNow(handed, detail)
  const theirs = at === 'sender' || because.includes('author') || because.includes('sender')
  if (theirs && reply.enhanced === '5.7.1') {
    const pointer = at === 'sender' && letter.from.path.type === 'mailbox' ? '/envelope_from' : from
    const title = 'You may not send as this address'
    const errors = [{ pointer: at === 'sender' ? pointer : from, detail }]
    return problem(422, 'from-not-yours', {
      title,
      detail,
      errors,
      hint: whose(visitor),
      journey: id,
    })
  }
  const errors =
    at === 'recipients'
      ? handed.recipients.map((one, index) => ({
          pointer: `/recipients/${index}`,
          detail: `${one.address}: ${one.reply === undefined ? '' : describeReply(one.reply)}`,
        }))
      : [{ pointer: from, detail }]
  const title = at === 'recipients' ? 'No recipient was taken' : 'The message was refused'
  const kind = at === 'recipients' ? 'recipients-refused' : 'message-refused'
  const hint = `waybill show ${id} tells why.`
  return problem(422, kind, { title, detail, errors, hint, journey: id })
}

function notNow({ reply, id }: NotTaken, detail: string): Problem {
  const title = 'Not now; nothing of it was taken'
  const hint = 'Ask again later; with the same Idempotency-Key no second letter is made.'
  const [status, kind] = isFull(reply)
    ? ([507, 'store-full'] as const)
    : ([503, 'try-later'] as const)
  return problem(status, kind, { title, detail, hint, journey: id })
}

function isFull({ enhanced }: Reply): boolean {
  return enhanced === '4.3.1'
}

function whose({ account, domains }: Visitor): string {
  if (account !== undefined) return `Use an address of ${account}.`
  if (domains !== undefined) return `Use an address at ${domains.join(' or ')}.`
  return 'Use an address at one of our domains, or add the domain: waybill domain add NAME'
}
