import { WaybillError } from '../base/error.ts'
import type { SmtpAnswer } from '../journey/spoken.ts'
import type { HeaderProblem } from '../message/header-reader.ts'
import type { Reply } from '../smtp/reply.ts'
import { NoRoom } from './intake.ts'

/**
 * What the receiving side says in its own words. Nothing of our inside is told; every refusal ends
 * with the id of its journey, by which its sender can ask and its receiver can look.
 */

function reply(code: number, enhanced: string, text: string): Reply {
  return { code, enhanced, lines: [text] }
}

export const replies: {
  readonly filed: Reply
  readonly filedAsSpam: Reply
  readonly queued: Reply
  readonly noSuchMailbox: Reply
  readonly mailboxFull: Reply
  readonly mailboxFullNow: Reply
  readonly mailboxUnknown: Reply
  readonly noRelaying: Reply
  readonly wrongLogin: Reply
  readonly noLoginHere: Reply
  readonly loginsClosed: Reply
  readonly tooManyLogins: Reply
  readonly accountBusy: Reply
  readonly networkBusy: Reply
  readonly loginOver: Reply
  readonly heardTooMuch: Reply
  readonly headerTooLong: Reply
  readonly tooManyFields: Reply
  readonly loop: Reply
  readonly notHandedOn: Reply
  readonly pathTooLong: Reply
  readonly greylisted: Reply
  readonly cannotTellNow: Reply
  readonly noAuthor: Reply
  readonly noFrom: Reply
  readonly nulInMessage: Reply
  readonly twoAuthors: Reply
  readonly longLineInBody: Reply
  readonly diskFull: Reply
  readonly storeBusy: Reply
  readonly localFault: Reply
} = {
  filed: reply(250, '2.0.0', 'Filed.'),
  filedAsSpam: reply(250, '2.0.0', 'Filed as spam.'),
  queued: reply(250, '2.0.0', 'Queued for delivery.'),
  noSuchMailbox: reply(550, '5.1.1', 'There is no such mailbox here.'),
  mailboxFull: reply(552, '5.2.2', 'The mailbox is full.'),
  mailboxFullNow: reply(452, '4.2.2', 'The mailbox is full; try again later.'),
  mailboxUnknown: reply(451, '4.3.0', 'Whether there is such a mailbox cannot be told now.'),
  noRelaying: reply(550, '5.7.1', 'This server takes mail for its own domains only.'),
  wrongLogin: reply(535, '5.7.8', 'The name or the password is wrong.'),
  noLoginHere: reply(503, '5.5.1', 'There is no login on this port; use 587 or 465.'),
  loginsClosed: reply(454, '4.7.0', 'Too many wrong passwords from your network; try again later.'),
  tooManyLogins: reply(454, '4.7.0', 'Too many logins at once; please try again.'),
  accountBusy: reply(454, '4.7.0', 'Too many connections of this account; close some first.'),
  networkBusy: reply(421, '4.7.0', 'Too many connections of your network; close some first.'),
  loginOver: reply(421, '4.7.0', 'The account or its password was changed; please log in again.'),
  heardTooMuch: reply(421, '4.7.0', 'Too much was refused from your network; try again later.'),
  headerTooLong: reply(552, '5.3.4', 'The header of this message is longer than 1 MiB.'),
  tooManyFields: reply(554, '5.6.0', 'The header of this message has more than 10000 fields.'),
  notHandedOn: reply(550, '5.7.1', 'This message looks like spam, and is not handed on from here.'),
  pathTooLong: reply(
    550,
    '5.1.7',
    'This mailbox is elsewhere, and your address is too long for mail to be handed on (RFC 5321 section 4.5.3.1.3).',
  ),
  loop: reply(554, '5.4.6', 'This message has too many Received fields: it runs in a circle.'),
  greylisted: reply(451, '4.7.1', 'We do not know you yet; please try again in a few minutes.'),
  cannotTellNow: reply(451, '4.7.0', 'DNS did not answer, so this cannot be decided now.'),
  noAuthor: reply(550, '5.7.1', 'From does not name one author whose domain could be asked.'),
  noFrom: reply(550, '5.6.0', 'The message has no From field (RFC 5322 section 3.6).'),
  nulInMessage: reply(550, '5.6.0', 'The message has a NUL; such an octet must be encoded.'),
  twoAuthors: reply(
    550,
    '5.6.0',
    'The message has more than one From field (RFC 5322 section 3.6).',
  ),
  longLineInBody: reply(
    550,
    '5.6.0',
    'A line of the message is longer than 998 octets; send it as quoted-printable or base64.',
  ),
  diskFull: reply(452, '4.3.1', 'The disk here is full. Nothing was lost; please try again later.'),
  storeBusy: reply(451, '4.3.2', 'Too much is going on here. Nothing was lost; please try again.'),
  localFault: reply(
    451,
    '4.3.0',
    'A fault here, not with your message. Nothing was lost; please try again.',
  ),
}

/** The world broke (disk full, database locked): the client keeps the message and comes again. */
export function faultReply(problem: unknown): Reply {
  if (problem instanceof NoRoom) return replies.storeBusy
  if (!(problem instanceof WaybillError)) return replies.localFault
  if (problem.code === 'store-full') return replies.diskFull
  return problem.code === 'store-busy' ? replies.storeBusy : replies.localFault
}

/** Why a message is refused whose header cannot be taken. */
export function unreadableHeader(problem: HeaderProblem): Reply {
  switch (problem.type) {
    case 'too-long':
      return replies.headerTooLong
    case 'too-many-fields':
      return replies.tooManyFields
    case 'field-too-long':
      return fieldTooLong(problem.field, problem.maxOctets)
  }
}

/** Why a message is refused of which one field is more than reading it may cost. */
export function fieldTooLong(field: string, maxOctets: number): Reply {
  const most = `${maxOctets / 1024} KiB`
  return reply(552, '5.3.4', `The field ${printable(field)} is longer than ${most}.`)
}

/** Why a sender address is not the user's to use. */
export function notYours(address: string, login: string): Reply {
  return reply(550, '5.7.1', `${login} may not send as ${printable(address)}.`)
}

/** Why nothing is sent to an address. @param because each of them is one line, at most 400 octets */
export function suppressedRecipient(because: readonly string[]): Reply {
  return { code: 550, enhanced: '5.7.1', lines: because.map((line) => printable(line, 400)) }
}

/** Why a field that names a sender is refused which has something else where an address must stand. */
export function noAddressIn(field: string, found: string): Reply {
  const what = found === '' ? 'something that is no address' : `"${printable(found)}"`
  const text = `${field} has ${what} where an address must stand (RFC 5322 section 3.4); a name with a comma or an @ needs quotes.`
  return reply(550, '5.6.0', text)
}

/** Why a field of the header that says who sends it is refused. RFC 5322 §3.6.2, §3.6.6. */
export function notYoursIn(field: string, address: string, login: string): Reply {
  return reply(550, '5.7.1', `${login} may not write ${printable(address)} into ${field}.`)
}

/** Why a header is refused that has a line which cannot be folded; `field` is empty when it is none. */
export function longLine(field: string): Reply {
  const where = field === '' ? 'The header' : `The field ${printable(field)}`
  const text = `${where} has a line of more than 998 octets, and no space to fold it at.`
  return reply(550, '5.6.0', text)
}

/** The words for a message that its domain's owner does not want taken. RFC 7372, RFC 9989 §8. */
export function dmarcRefusal(domain: string, policy: string): Reply {
  return reply(550, '5.7.1', `${printable(domain)} does not allow this message (DMARC ${policy}).`)
}

/** What whoever is one too many hears instead of a greeting. */
export function busy(hostname: string): Reply {
  return reply(421, '4.3.2', `${hostname} is busy, try again soon`)
}

/** The answer to a letter whose client is gone: it stands in the record and reaches nobody. */
export const connectionLost: Reply = reply(451, '4.4.2', 'The connection is lost')

/** What stands in the record of the dialogue where the message was sent. */
export function messageNote(octets: number): string {
  return `(the message, ${octets} octets)`
}

/** The reply as it goes into the record. */
export function answerOf(answer: Reply, atCommand: string): SmtpAnswer {
  return {
    code: answer.code,
    enhanced: answer.enhanced ?? '',
    text: answer.lines.join(' '),
    atCommand,
  }
}

/** Foreign text in a reply: printable ASCII, and not endless. */
function printable(text: string, most = 120): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, most)
}
