import { detailSaid } from '../answers/detail-said.ts'
import { decodeEncodedWords } from '../message/encoded-word.ts'
import { oneLine } from '../message/field.ts'
import { parseMessageIds } from '../message/message-id.ts'
import { allParts, decodedLines, fieldValue, kindOf, type MimePart } from './mime-parts.ts'
import type { ReportedRecipient } from './reported-recipient.ts'
import { shownText } from './remote-text.ts'

const maxLines = 400
const maxLineCharacters = 1000
const maxGuesses = 20
/** Characters that are read for words at once, as of a reply, how far the next begin, and in all. */
const piece = 500
const step = 400
const mostGuessed = 5000

const bounceSubject =
  /undeliver|returned mail|failure notice|mail (?:delivery )?(?:failed|failure|system error)|delivery (?:status|failure|failed|report|notification|delayed|has failed)|non[- ]?delivery|could not (?:be delivered|send)|delayed mail|warning: message/i

/** The same in the languages in which servers are set up most. */
const otherBounceSubject =
  /unzustellbar|nicht (?:zugestellt|zustellbar|übermittelt)|zustellung (?:fehlgeschlagen|verzögert)|échec de (?:la )?(?:remise|distribution|livraison)|non (?:remis|distribué|délivré)|no se (?:pudo|puede|ha podido) entregar|no entregado|entrega fallida|mancat[oa] (?:recapito|consegna)|não (?:foi )?entregue|falha na entrega|onbestelbaar|niet (?:bezorgd|afgeleverd)|niedostarcz|не ?доставлен|kunde inte levereras|kunne ikke leveres|退信|配信(?:不能|エラー|できません)/iu

/** Where the copy of the message begins: its addresses are not those that failed. */
const copyBegins =
  /^(?:[-\s|*]*(?:this is a copy|below this line|original message|message text follows|a copy of|returned message|unsent message|message header|the body of|start of returned)|(?:return-path|received|from|x-[a-z-]+): \S)/i

/** Exim's word, below a recipient, for the alias that it was written to. */
const generatedFrom = /^\s*\(generated from /i

const delayed =
  /warning (?:message )?only|still being retried|will (?:be|keep|continue)[ a-z]{0,60} (?:retr|try)|has not (?:yet )?been delivered|do not need to resend|delayed/i

/**
 * Guesses the recipients of a bounce that is nothing but sentences, from X-Failed-Recipients and
 * from the addresses in its text before the copy of the message. Empty when the message does not
 * look like a bounce. Reads 400 lines, gives 20 recipients at most.
 */
export function readBounceText(whole: MimePart): readonly ReportedRecipient[] {
  const failed = fieldValue(whole.fields, 'x-failed-recipients')
  const subject = fieldValue(whole.fields, 'subject') ?? ''
  if (failed === undefined && !isBounceSubject(subject)) return []
  const text = allParts(whole).find((part) => kindOf(part) === 'text/plain') ?? whole
  const lines: string[] = []
  for (const line of decodedLines(text).slice(0, maxLines)) {
    if (copyBegins.test(line)) break
    lines.push(line.slice(0, maxLineCharacters))
  }
  const said = lines.join('\n')
  const addresses =
    failed === undefined
      ? addressesIn(
          lines.filter((line) => !generatedFrom.test(line)),
          ownAddresses(whole),
        )
      : addressesIn([failed], new Set())
  const action = delayed.test(`${subject}\n${said}`) ? 'delayed' : 'failed'
  const status = guessInText(said, action) ?? (action === 'failed' ? '5.0.0' : '4.0.0')
  return addresses.map((finalRecipient) => ({
    words: wordsFor(finalRecipient, { lines, addresses }),
    finalRecipient,
    originalRecipient: undefined,
    action,
    status: guessStatus(saidOf(finalRecipient, { lines, addresses }), action) ?? status,
    remoteMta: undefined,
    diagnosticCode: undefined,
    lastAttemptDate: undefined,
    willRetryUntil: undefined,
  }))
}

/** The Message-ID of the message whose copy stands in the text of a bounce. */
export function copiedMessageId(whole: MimePart): string | undefined {
  const text = allParts(whole).find((part) => kindOf(part) === 'text/plain') ?? whole
  const lines = decodedLines(text).slice(0, maxLines)
  const copyAt = lines.findIndex((line) => copyBegins.test(line))
  const field =
    copyAt < 0 ? undefined : lines.slice(copyAt).find((line) => /^message-id:/i.test(line))
  return field === undefined ? undefined : parseMessageIds(field.slice(11, 1000), 1)[0]
}

function isBounceSubject(subject: string): boolean {
  const shown = oneLine(decodeEncodedWords(shownText(subject)))
  return bounceSubject.test(shown) || otherBounceSubject.test(shown)
}

/** What stands from an address on, up to the next one: where there are several, each has its reason. */
function saidOf(
  address: string,
  {
    lines,
    addresses,
  }: { readonly lines: readonly string[]; readonly addresses: readonly string[] },
): string {
  const start = lines.findIndex((line) => line.includes(address))
  if (start < 0) return ''
  const others = addresses.filter((one) => one !== address)
  const end = lines.findIndex((line, index) => {
    return index > start && others.some((one) => line.includes(one))
  })
  return lines.slice(start, end < 0 ? undefined : end).join('\n')
}

/** What is said of an address, or, where that is nothing, what the text says after all. */
function wordsFor(
  address: string,
  text: { readonly lines: readonly string[]; readonly addresses: readonly string[] },
): string {
  const own = saidOf(address, text).replace(address, ' ').trim()
  return oneLine(own === '' ? text.lines.join(' ') : own, 2000)
}

/** Of the whole text, piece by piece: what servers say in advance has no end of words. */
function guessInText(said: string, action: 'failed' | 'delayed'): string | undefined {
  const whole = guessStatus(said, action)
  for (let at = step; whole === undefined && at < Math.min(said.length, mostGuessed); at += step) {
    const guess = guessStatus(said.slice(at, at + piece), action)
    if (guess !== undefined) return guess
  }
  return whole
}

function guessStatus(said: string, action: 'failed' | 'delayed'): string | undefined {
  const own = /(?:^|[\s#(-])([45]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(said)?.[1]
  if (own !== undefined) return action === 'failed' ? own : `4${own.slice(1)}`
  const detail = detailSaid(said, action === 'failed')
  return detail === undefined ? undefined : `${action === 'failed' ? 5 : 4}.${detail}`
}

/** The one who got the bounce and the one who sent it did not fail. */
function ownAddresses(whole: MimePart): ReadonlySet<string> {
  const names = ['to', 'from', 'sender', 'return-path', 'delivered-to', 'envelope-to', 'reply-to']
  const values = names.map((name) => fieldValue(whole.fields, name) ?? '')
  return new Set(addressesIn(values, new Set()).map((address) => address.toLowerCase()))
}

const edge = /[\s<>()[\]"',;:|]/

/** Words with an `@` inside, found from the `@` outwards: linear in the text. */
function addressesIn(lines: readonly string[], but: ReadonlySet<string>): readonly string[] {
  const found = new Set<string>()
  for (const line of lines) {
    for (let at = line.indexOf('@'); at >= 0; ) {
      let start = at
      let end = at + 1
      while (start > 0 && !edge.test(line.charAt(start - 1))) start--
      while (end < line.length && !edge.test(line.charAt(end))) end++
      const word = oneLine(line.slice(start, end).replace(/[.!?]{1,5}$/, ''), 320)
      const whole = /^[^@]+@[^@]+\.[^@.]+$/.test(word)
      if (whole && !/^(?:postmaster|mailer-daemon)@/i.test(word) && !but.has(word.toLowerCase())) {
        found.add(word)
      }
      if (found.size >= maxGuesses) return Array.from(found)
      at = line.indexOf('@', end)
    }
  }
  return Array.from(found)
}
