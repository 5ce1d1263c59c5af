import type { AtCommand } from './client-types.ts'
import type { Reply } from './reply.ts'

/**
 * What a refusal does to the connection and the transaction, whatever it says of the letter:
 *
 * - `closes`: the server ends the connection before it has judged the letter;
 * - `judges-and-closes`: it does so in answer to the whole letter;
 * - `may-have-had-enough`: some servers take so many letters over each connection, and say so in this way;
 * - `no-room`: those who were named so far go, and the rest in a transaction of its own;
 * - `none`: it goes on.
 */
export type ReplyEffect =
  | 'closes'
  | 'judges-and-closes'
  | 'may-have-had-enough'
  | 'no-room'
  | 'none'

/** The one place that says what follows from code and command. */
export function effectOf({ code, enhanced }: Reply, atCommand: AtCommand): ReplyEffect {
  // RFC 5321 §3.8, §4.2.1: 421 is about the whole service, whatever was asked.
  if (code === 421) return atCommand === 'MESSAGE' ? 'judges-and-closes' : 'closes'
  if (atCommand === 'RCPT') {
    // RFC 5321 §4.5.3.1.10: 452 may mean "too many recipients", and some say 552 for it.
    const meansTooMany =
      code === 452 || (code === 552 && (enhanced === null || enhanced === '5.5.3'))
    return meansTooMany ? 'no-room' : 'none'
  }
  // RFC 5321 §4.2.1: another 4yz, where nothing is said of one recipient.
  const is4yz = code >= 400 && code < 500
  return is4yz && (atCommand === 'MAIL' || atCommand === 'DATA') ? 'may-have-had-enough' : 'none'
}

/** Whether it is to be tried again: RFC 5321 §4.2.1 has the first digit say so, but for that 552. */
export function isForNow(reply: Reply, atCommand: AtCommand): boolean {
  return reply.code < 500 || effectOf(reply, atCommand) === 'no-room'
}
