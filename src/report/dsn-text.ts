import { formatDate } from '../message/date.ts'
import { oneLine } from '../message/field.ts'
import type { DsnRecipient, NotificationInput } from './dsn-input.ts'
import { statusFor } from './dsn-fields.ts'
import { readableReply, wrapWords } from './remote-text.ts'
import type { Original } from './returned-message.ts'

const width = 72
const indent = '    '
const maxSteps = 40
/** Nobody reads more; the part for programs has all. */
const maxExplained = 100

/**
 * The part of a notification that people read: plain short English, one paragraph for each
 * recipient, first what happened, then who said what, then what to do.
 *
 * Lines end with CRLF, are at most 76 characters long, and everything that a stranger wrote is
 * cleaned and indented, so that it cannot pass for our own words.
 */
export function explainDelivery({
  input,
  recipients,
  original,
  postmaster,
}: {
  readonly input: NotificationInput
  readonly recipients: readonly DsnRecipient[]
  readonly original: Original
  readonly postmaster: string
}): string {
  const host = oneLine(input.reporter.hostname, 255)
  const date = (at: number): string => formatDate(at, input.offsetMinutes ?? 0)
  const lines: string[] = []
  const say = (text: string): void => {
    lines.push(...wrapWords(text, width), '')
  }
  const quote = (text: string): void => {
    lines.push(...wrapWords(text, width - indent.length).map((line) => indent + line))
  }
  const tellSteps = ({ steps = [] }: DsnRecipient): void => {
    if (steps.length === 0) return
    say('Step by step:')
    for (const step of steps.slice(-maxSteps)) quote(oneLine(step, 200))
    lines.push('')
  }

  say(`This is the mail server ${host}. This report is about a message of yours:`)
  if (original.subject !== '') quote(`Subject: ${oneLine(original.subject, 200)}`)
  quote(`Arrived: ${date(input.arrivedAt)}`)
  lines.push('')

  const shown = recipients.slice(0, maxExplained)
  const [first] = shown
  const shared = shown.length > 1 && shown.every(({ steps }) => steps === first?.steps)
  for (const recipient of shown) {
    const { rcptTo, because } = recipient
    const address = oneLine(rcptTo ?? recipient.address, 320)
    const onward = rcptTo === undefined ? '' : `It goes on to ${oneLine(recipient.address, 320)}. `
    say(`${headline(recipient.action)} ${address}. ${onward}${sentence(oneLine(because, 500))}`)
    if (recipient.reply !== undefined) {
      say(`${speaker(recipient)} said:`)
      for (const line of readableReply(recipient.reply, 1000)) quote(line)
      lines.push('')
    }
    if (!shared) tellSteps(recipient)
    say(`What to do: ${advice(recipient, date)}`)
  }
  // What was done for all of them together is told once.
  if (shared && first !== undefined) tellSteps(first)
  const more = recipients.length - shown.length
  if (more > 0) say(`The part for programs below names ${more} more recipients.`)

  say(
    `If you need help, forward this whole report to ${oneLine(postmaster, 320)} and name the ` +
      `reference ${oneLine(input.reference, 100)}. What follows is for programs.`,
  )
  return lines.join('\r\n')
}

/** With the full stop that a clause before a quotation lacks. */
function sentence(words: string): string {
  return words === '' || /[.!?]$/.test(words) ? words : `${words}.`
}

function headline(action: DsnRecipient['action']): string {
  switch (action) {
    case 'failed':
      return 'Your message could not be delivered to'
    case 'delayed':
      return 'Your message could not be delivered yet to'
    case 'delivered':
      return 'Your message was delivered to'
    case 'relayed':
      return 'Your message was handed on to a server that sends no reports, for'
    case 'expanded':
      return 'Your message goes on to the addresses behind'
  }
}

function speaker({ remote }: DsnRecipient): string {
  const name = remote?.name === undefined ? undefined : oneLine(remote.name, 255)
  const ip = remote?.ip === undefined ? undefined : oneLine(remote.ip, 60)
  if (name !== undefined && ip !== undefined && name !== ip) return `The server ${name} (${ip})`
  return `The server ${name ?? ip ?? 'of the recipient'}`
}

function advice(recipient: DsnRecipient, date: (at: number) => string): string {
  switch (recipient.action) {
    case 'delivered':
    case 'relayed':
    case 'expanded':
      return 'nothing. You asked for this report.'
    case 'delayed': {
      const { willRetryUntil } = recipient
      const until = willRetryUntil === undefined ? '' : ` until ${date(willRetryUntil)}`
      return `nothing for now. This server keeps trying${until}, and tells you if it gives up.`
    }
    case 'failed': {
      const status = statusFor(recipient)
      // The sender made no mistake: the address leads nowhere.
      if (recipient.rcptTo !== undefined && status.startsWith('5.1.')) {
        return 'tell the owner of the address, or their postmaster, where it goes on to.'
      }
      return afterFailure(status)
    }
  }
}

/** RFC 3463 §3, with the codes of RFC 7505, 6531 and 7372 where they have an advice of their own. */
function afterFailure(status: string): string {
  const exact = adviceByStatus.get(status)
  if (exact !== undefined) return exact
  const subject = status.split('.')[1] ?? ''
  return (
    adviceBySubject.get(subject) ?? 'ask the recipient by another way whether the address works.'
  )
}

const checkAddress =
  'check the address for a slip of the pen, or ask the recipient for the right one.'

const adviceByStatus: ReadonlyMap<string, string> = new Map([
  ['5.1.1', checkAddress],
  ['5.1.2', 'check the part behind the @: no server takes mail for it.'],
  ['5.1.3', 'check the address: it is not written as an address can be.'],
  ['5.1.6', 'ask the recipient for the new address.'],
  ['5.1.10', 'check the part behind the @: its owner says that it takes no mail.'],
  ['5.2.1', 'ask the recipient by another way: the mailbox is closed.'],
  ['5.2.2', 'wait until the recipient has made room in the full mailbox, then send it again.'],
  ['5.2.3', 'make the message smaller, for example without its attachments, and send it again.'],
  ['5.3.4', 'make the message smaller, for example without its attachments, and send it again.'],
  ['5.4.4', 'tell the owner of the domain: its mail servers cannot be found.'],
  ['5.4.6', 'tell the owner of the domain: its mail runs in a circle.'],
  [
    '5.4.7',
    'send it again later, or reach the recipient by another way: their server did not take it in time.',
  ],
  ['5.6.7', 'use an address in plain ASCII: a server on the way cannot take this one.'],
  ['5.7.1', 'ask the recipient, or their postmaster, to allow your mail.'],
])

const adviceBySubject: ReadonlyMap<string, string> = new Map([
  ['1', checkAddress],
  ['2', 'ask the recipient by another way: their mailbox does not take this message.'],
  ['3', 'send it again later: the server of the recipient has a problem of its own.'],
  [
    '4',
    'send it again later, or reach the recipient by another way: their server was not reached.',
  ],
  ['5', 'forward this report to your postmaster: the two servers did not understand each other.'],
  ['6', 'send the message in a simpler form: a server on the way cannot handle its content.'],
  ['7', 'ask the recipient, or their postmaster: the rules of their server refuse this message.'],
])
