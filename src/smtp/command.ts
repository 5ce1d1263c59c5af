/** Command lines: from a line to what it asks for. RFC 5321 §4.1.1. */
import {
  type ForwardPath,
  type ReadPath,
  type ReversePath,
  readForwardPath,
  readReversePath,
} from '../address/path.ts'
import { type PathRemark, remarkText } from '../address/mailbox.ts'
import { decodeUtf8, displayUtf8, octetString } from '../base/octets.ts'
import { bad, ok, type Result } from '../base/result.ts'
import {
  type MailParameters,
  type OfferedParameters,
  parseMailParameters,
  parseRcptParameters,
  type RcptParameters,
} from './parameters.ts'
import * as replies from './reply.ts'
import type { Reply } from './reply.ts'

/** What a client asks for. */
export type Command =
  | { readonly verb: 'EHLO' | 'HELO'; readonly name: string }
  | {
      readonly verb: 'MAIL'
      readonly reversePath: ReversePath
      /** The path has letters beyond ASCII. */
      readonly utf8: boolean
      /** Where the path goes beyond RFC 5321. */
      readonly remarks: readonly PathRemark[]
      readonly parameters: MailParameters
    }
  | {
      readonly verb: 'RCPT'
      readonly forwardPath: ForwardPath
      readonly utf8: boolean
      readonly remarks: readonly PathRemark[]
      readonly parameters: RcptParameters
    }
  /** `octets` is null when the size cannot be read. */
  | { readonly verb: 'BDAT'; readonly octets: number | null; readonly last: boolean }
  | { readonly verb: 'AUTH'; readonly mechanism: string; readonly initial: string | null }
  | { readonly verb: 'VRFY' | 'EXPN'; readonly text: string }
  | {
      readonly verb: 'DATA' | 'RSET' | 'NOOP' | 'QUIT' | 'HELP' | 'STARTTLS'
    }

/** How strictly to read, and which parameters are on offer. */
export interface CommandRules {
  readonly offered: OfferedParameters
  /** Whether what goes beyond RFC 5321 and can be read in one way only is read. */
  readonly addresses: 'strict' | 'lenient'
}

/** The text of a command line without its CRLF; a reply when it can be no command. */
export function readCommandText(line: Uint8Array): Result<string, Reply> {
  let beyondAscii = false
  for (let i = 0; i < line.length; i++) {
    const octet = line[i] ?? 0
    if (octet === 0) return bad(replies.nulInCommand)
    if ((octet < 0x20 && octet !== 0x09) || octet === 0x7f) return bad(replies.controlInCommand)
    if (octet > 0x7f) beyondAscii = true
  }
  const text = beyondAscii ? wideText(line) : octetString(line)
  if (text === undefined) return bad(replies.notUtf8)
  // RFC 5321 §4.1.1: white space before the CRLF is tolerated. A tab anywhere else is a control.
  const command = withoutTrailingSpace(text)
  if (command.includes('\t')) return bad(replies.controlInCommand)
  // RFC 6531 §3.3, §3.7.4: only paths, and the arguments of VRFY and EXPN, may go beyond ASCII. Names
  // of clients do as well: see `parseHelo`.
  const wide = /^(?:MAIL|RCPT|VRFY|EXPN|EHLO|HELO) /i
  if (beyondAscii && !wide.test(command)) return bad(replies.notAscii)
  return ok(command)
}

/** Text beyond ASCII. The name of a client may be in any character set; it is read for showing. */
function wideText(line: Uint8Array): string | undefined {
  const greets = /^(?:EHLO|HELO) /i.test(octetString(line.subarray(0, 5)))
  return decodeUtf8(line) ?? (greets ? displayUtf8(line) : undefined)
}

/** A loop, because a regular expression takes quadratic time on long runs of spaces. */
function withoutTrailingSpace(text: string): string {
  let end = text.length
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--
  return text.slice(0, end)
}

/** The word a command starts with, in upper case. `STARTTLSFOO` is a word of its own. */
export function verbOf(text: string): string {
  const space = text.indexOf(' ')
  return (space < 0 ? text : text.slice(0, space)).toUpperCase()
}

/** Reads a command; a reply when its form is wrong. Order is not checked here. */
export function parseCommand(text: string, rules: CommandRules): Result<Command, Reply> {
  const verb = verbOf(text)
  const rest = text.slice(verb.length + 1)
  switch (verb) {
    case 'EHLO':
    case 'HELO':
      return parseHelo(verb, rest)
    case 'MAIL':
      return parseMail(rest, rules)
    case 'RCPT':
      return parseRcpt(rest, rules)
    case 'BDAT':
      return ok(parseBdat(rest))
    case 'AUTH':
      return parseAuth(rest)
    case 'VRFY':
    case 'EXPN':
      return rest === '' ? bad(replies.addressExpected) : ok({ verb, text: rest })
    case 'DATA':
    case 'RSET':
    case 'QUIT':
    case 'STARTTLS':
      // RFC 5321 §4.1.1.5: RSET and the like with a parameter are refused with 501.
      return rest === '' ? ok({ verb }) : bad(replies.noParameters)
    case 'NOOP':
    case 'HELP':
      return ok({ verb })
    default:
      return bad(replies.unknownCommand)
  }
}

function parseHelo(verb: 'EHLO' | 'HELO', rest: string): Result<Command, Reply> {
  // Whether the name is a good one is for policy: RFC 5321 §4.1.4 forbids refusing for that alone.
  // Computers are called "MÜLLER-PC" and "Anna's Mac", and their programs say so.
  const name = rest.replace(/ {2,}/g, ' ').trim()
  if (name === '' || name.length > 255) return bad(replies.nameExpected)
  return ok({ verb, name })
}

function parseMail(rest: string, rules: CommandRules): Result<Command, Reply> {
  const argument = pathArgument(rest, 'FROM:', rules)
  if (!argument.ok) return bad(argument.problem ?? replies.mailExpected)
  const path = checkedPath(readReversePath(argument.value.text), argument.value, rules)
  if (!path.ok) return bad(replies.badSender(path.problem))
  const { path: reversePath, utf8, remarks } = path.value
  const parameters = parseMailParameters(path.value.rest, rules.offered)
  if (!parameters.ok) return parameters
  return ok({ verb: 'MAIL', reversePath, utf8, remarks, parameters: parameters.value })
}

function parseRcpt(rest: string, rules: CommandRules): Result<Command, Reply> {
  const argument = pathArgument(rest, 'TO:', rules)
  if (!argument.ok) return bad(argument.problem ?? replies.rcptExpected)
  const path = checkedPath(readForwardPath(argument.value.text), argument.value, rules)
  if (!path.ok) return bad(replies.badRecipient(path.problem))
  const { path: forwardPath, utf8, remarks } = path.value
  const parameters = parseRcptParameters(path.value.rest, rules.offered)
  if (!parameters.ok) return parameters
  return ok({ verb: 'RCPT', forwardPath, utf8, remarks, parameters: parameters.value })
}

/** A path in brackets with what follows it, and what was made regular about it. */
interface PathArgument {
  readonly text: string
  readonly remarks: readonly PathRemark[]
}

/**
 * What follows `FROM:` or `TO:`. RFC 5321 §3.3 forbids the space that some devices send before the
 * path, and §4.1.2 an address without brackets; both can be meant in one way only. No reply means
 * that the keyword is not there.
 */
function pathArgument(
  rest: string,
  keyword: string,
  { addresses }: CommandRules,
): Result<PathArgument, Reply | undefined> {
  if (rest.slice(0, keyword.length).toUpperCase() !== keyword) return bad(undefined)
  const raw = rest.slice(keyword.length)
  const text = raw.replace(/^ +/, '')
  const remarks: PathRemark[] = []
  if (text !== raw) remarks.push('space-before-path')
  if (addresses === 'strict' && remarks.length > 0) return bad(replies.spaceAfterColon)
  const [, address, parameters = ''] = /^([^ <>"]+)( .*)?$/.exec(text) ?? []
  if (addresses === 'strict' || address === undefined) return ok({ text, remarks })
  return ok({ text: `<${address}>${parameters}`, remarks: [...remarks, 'no-brackets'] })
}

/** A path that may be used, with all that is to be remarked on it. */
function checkedPath<P>(
  read: Result<ReadPath<P>>,
  argument: PathArgument,
  { addresses }: CommandRules,
): Result<Omit<ReadPath<P>, 'remarks'> & { readonly remarks: readonly PathRemark[] }> {
  if (!read.ok) return read
  const [first] = read.value.remarks
  if (addresses === 'strict' && first !== undefined) return bad(remarkText(first))
  // Parameters are set off by a space.
  const { rest } = read.value
  if (rest !== '' && !rest.startsWith(' ')) return bad('text follows the closing bracket')
  const remarks = [...new Set([...argument.remarks, ...read.value.remarks])]
  return ok({ ...read.value, remarks })
}

/** RFC 3030 §2. */
function parseBdat(rest: string): Command {
  const [, octets, last] = /^(\d{1,15})( LAST)?$/i.exec(rest) ?? []
  return {
    verb: 'BDAT',
    octets: octets === undefined ? null : Number(octets),
    last: last !== undefined,
  }
}

/** RFC 4954 §4. */
function parseAuth(rest: string): Result<Command, Reply> {
  const [, mechanism, initial] = /^([A-Za-z0-9_-]{1,20})(?: (\S+))?$/.exec(rest) ?? []
  if (mechanism === undefined) return bad(replies.mechanismExpected)
  return ok({ verb: 'AUTH', mechanism: mechanism.toUpperCase(), initial: initial ?? null })
}
