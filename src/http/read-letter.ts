import { decodeBase64Lines } from '../base/base64.ts'
import { concat } from '../base/octets.ts'
import { parseAddressList } from '../message/address-list.ts'
import { unfoldedValue } from '../message/field.ts'
import { splitMessage } from '../message/header-reader.ts'
import { privateFields } from '../message/submitted-header.ts'
import type { HandedLetter } from '../receive/hand-in.ts'
import { compose } from './compose.ts'
import type { LetterFields, LetterRaw } from './letter-body.ts'
import { withCrlf } from './line-ends.ts'
import { problem, ProblemError } from './problem.ts'
import { type Named, namedOf, Wrongs } from './written-address.ts'

/** A letter, and who its header says has written it. */
export interface ReadLetter {
  readonly letter: HandedLetter
  /** The domain in From as it is written; empty where there is none. */
  readonly authorDomain: string
  /** Which member From came from, for what is said of it. */
  readonly from: '/from' | '/raw'
}

/** What may be in a letter, and what is needed to make one. */
export interface LetterMaking {
  readonly now: number
  readonly random: () => number
  readonly messageBytes: number
  readonly recipients: number
}

/** A letter in its parts. @throws ProblemError */
export async function letterOfFields(
  fields: LetterFields,
  making: LetterMaking,
): Promise<ReadLetter> {
  const wrongs = new Wrongs()
  const [from, ...others] = wrongs.list('/from', fields.from)
  if (others.length > 0) wrongs.add('/from', 'names more than one author')
  const to = wrongs.list('/to', fields.to)
  const cc = wrongs.list('/cc', fields.cc)
  const bcc = wrongs.list('/bcc', fields.bcc)
  const replyTo = wrongs.list('/reply_to', fields.reply_to)
  const author = from ?? { name: '', address: '' }
  const paths = [
    ...wrongs.recipients('/to', to),
    ...wrongs.recipients('/cc', cc),
    ...wrongs.recipients('/bcc', bcc),
  ]
  if (paths.length === 0 && wrongs.all.length === 0) wrongs.add('/to', 'nobody is to get it')
  const sender =
    fields.envelope_from === undefined
      ? wrongs.sender('/from', author.address)
      : wrongs.sender('/envelope_from', fields.envelope_from)
  const sendAt = appointedTime(fields.send_at, making, wrongs)
  const octets = await compose(fields, { from: author, to, cc, replyTo }, { ...making, wrongs })
  refuseWrong(wrongs)
  const letter = { from: sender, to: paths, octets, ...sendAt }
  refuseTooMuch(letter, making)
  return { letter, authorDomain: domainIn(author), from: '/from' }
}

/** A letter that is made already. @throws ProblemError */
export function letterOfRaw(
  { raw, envelope_from, rcpt_to, send_at }: LetterRaw,
  making: LetterMaking,
): ReadLetter {
  const octets = decodeBase64Lines(raw)
  if (octets === undefined) {
    throw wrongLetter([{ pointer: '/raw', detail: 'is not base64' }])
  }
  return letterOfOctets(octets, { envelope_from, rcpt_to, send_at }, making)
}

/** The same, with its octets as they are. @throws ProblemError */
export function letterOfOctets(
  given: Uint8Array,
  envelope: Omit<LetterRaw, 'raw'>,
  making: LetterMaking,
): ReadLetter {
  refuseTooLarge(given, making)
  const wrongs = new Wrongs()
  const whole = withCrlf(given)
  const octets = withoutBlindCopies(whole)
  const { fields } = splitMessage(whole).header
  const listed = (name: string): readonly Named[] => {
    return fields
      .filter((field) => field.name === name)
      .flatMap((field) => parseAddressList(unfoldedValue(field)).mailboxes)
      .map(namedOf)
  }
  const [author] = listed('from')
  const to =
    envelope.rcpt_to === undefined
      ? [...listed('to'), ...listed('cc'), ...listed('bcc')]
      : wrongs.list('/rcpt_to', envelope.rcpt_to)
  const paths = wrongs.recipients('/rcpt_to', to)
  if (paths.length === 0 && wrongs.all.length === 0) wrongs.add('/rcpt_to', 'nobody is to get it')
  const [sender = author] = listed('sender')
  const from =
    envelope.envelope_from === undefined
      ? wrongs.sender('/raw', sender?.address ?? '')
      : wrongs.sender('/envelope_from', envelope.envelope_from)
  const sendAt = appointedTime(envelope.send_at, making, wrongs)
  refuseWrong(wrongs)
  const letter = { from, to: paths, octets, ...sendAt }
  refuseTooMuch(letter, making)
  return { letter, authorDomain: author === undefined ? '' : domainIn(author), from: '/raw' }
}

/** A letter waits no longer than this for its time. */
const longestWaitMs = 90 * 24 * 3_600_000

/** When it is to go; a time that is over is now. */
function appointedTime(
  text: string | undefined,
  { now }: LetterMaking,
  wrongs: Wrongs,
): { readonly sendAt?: number } {
  if (text === undefined) return {}
  const sendAt = Date.parse(text)
  if (!(sendAt <= now + longestWaitMs)) wrongs.add('/send_at', 'is not within 90 days from now')
  return { sendAt }
}

/** RFC 5322 §3.6.3: who got a blind copy is in nobody's copy. */
function withoutBlindCopies(octets: Uint8Array): Uint8Array {
  const { header, body } = splitMessage(octets)
  const without = privateFields(header.fields)
  const pieces: Uint8Array[] = []
  let end = 0
  for (const { raw } of without) {
    const start = raw.byteOffset - header.octets.byteOffset
    pieces.push(header.octets.subarray(end, start))
    end = start + raw.length
  }
  return without.length === 0 ? octets : concat([...pieces, header.octets.subarray(end), body])
}

function domainIn({ address }: Named): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

function refuseWrong({ all }: Wrongs): void {
  if (all.length > 0) throw wrongLetter(all)
}

function wrongLetter(
  errors: readonly { readonly pointer: string; readonly detail: string }[],
): ProblemError {
  const detail = errors.map((one) => `${one.pointer} ${one.detail}`).join('; ')
  const title = 'No letter can be made of that'
  return new ProblemError(problem(422, 'wrong-letter', { title, detail, errors }))
}

/** RFC 1870 §6.1: what is larger is not looked at. */
function refuseTooLarge({ length }: Uint8Array, { messageBytes }: LetterMaking): void {
  if (length <= messageBytes) return
  const detail = `The message has ${length} octets; ${messageBytes} are the most.`
  const hint = 'limits.message_bytes in waybill.toml says how many.'
  throw new ProblemError(problem(413, 'too-much', { title: 'That is too much', detail, hint }))
}

function refuseTooMuch({ octets, to }: HandedLetter, making: LetterMaking): void {
  refuseTooLarge(octets, making)
  const { recipients } = making
  if (to.length > recipients) {
    const detail = `${to.length} recipients; ${recipients} are the most at one time.`
    const hint = 'Send it to some of them, and then to the others.'
    throw new ProblemError(
      problem(422, 'too-many-recipients', { title: 'Too many recipients', detail, hint }),
    )
  }
}
