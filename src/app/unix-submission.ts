import type { SubmitPart } from '../desk/submit.ts'
import type { LetterDoor } from '../sessions/letter-door.ts'
import { describeReply } from '../smtp/reply.ts'

/**
 * What the queue counts letters of a user of this machine under, where others have an account:
 * `user www-data`. Whoever called in their name (sudo) makes no other sender of it.
 */
export function unixSender(who: string): string {
  const name = who.replace(/ \(.*$/s, '').slice(0, 100)
  return name.startsWith('user ') ? name : `user ${name}`
}

/** Hands letters of this machine's users in at the door of a server, in the names of its domains. */
export function unixSubmission(door: Pick<LetterDoor, 'hand'>): SubmitPart['submit'] {
  return async (letter, who) => {
    const handed = await door.hand(letter, {
      who,
      ip: '127.0.0.1',
      as: {},
      countsAs: unixSender(who),
      command: 'sendmail',
    })
    if (handed.type === 'taken') return { type: 'taken', id: handed.id }
    const { id, at, reply, recipients } = handed
    return {
      type: 'refused',
      id,
      at,
      code: reply.code,
      text: describeReply(reply),
      recipients: recipients.flatMap(({ address, reply: refusal }) => {
        return refusal === undefined ? [] : [{ address, text: describeReply(refusal) }]
      }),
    }
  }
}
