import { domainOf } from '../address/mailbox.ts'
import type { Clock } from '../base/clock.ts'
import { encodeUtf8 } from '../base/utf8.ts'
import { type Directory, leadOf } from '../directory/directory.ts'
import { signDkim } from '../dkim/dkim.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { journeyRow, type RecordOrigin } from '../journey/row.ts'
import { returnPath } from '../message/return-path.ts'
import { contentOf } from '../store/content-sink.ts'
import type { Acceptance, NewMailboxItem, NewQueueItem } from '../store/store.ts'

/** Mail that this server writes itself, such as a report. */
export interface OwnMail {
  /** Empty for the null one. */
  readonly reversePath: string
  /** The author's domain, whose keys sign it. */
  readonly signAs: string
  readonly recipients: readonly string[]
  readonly subject: string
  readonly message: Uint8Array
  readonly eightBit: boolean
  /** What it is, for the journey: `aggregate report`. */
  readonly because: string
}

export interface OwnMailWorld {
  readonly clock: Clock
  readonly origin: RecordOrigin
  readonly directory: Directory
  readonly queueMs: () => number
  newId(): string
}

/** Signs the message and says where each copy goes: filed here or queued, in one acceptance. */
export async function acceptOwnMail(
  world: OwnMailWorld,
  mail: OwnMail,
): Promise<{ readonly journeyId: string; readonly acceptance: Acceptance }> {
  const { clock, origin, directory } = world
  const { reversePath, signAs: domain, recipients, subject, message } = mail
  const now = clock.now()
  const id = world.newId()
  const journey = new JourneyBuilder(id, clock)
  // What is filed begins with the reverse-path, what is sent must not (RFC 5321 §4.4).
  const leads = await Promise.all(
    recipients.map(async (recipient) => {
      const lead = await leadOf(directory, recipient)
      const accounts = lead.type === 'mailbox' ? lead.accounts.map(({ address }) => address) : []
      return { recipient, accounts }
    }),
  )
  const sentTo = leads.filter(({ accounts }) => accounts.length === 0)
  const filedId = sentTo.length === 0 ? id : world.newId()
  const queue: NewQueueItem[] = []
  const mailbox: NewMailboxItem[] = []
  const keys = await directory.signingKeys(domain)
  const signatures = signDkim(message, { keys, now: Math.floor(now / 1000) })
  const named = keys.map(({ selector, algorithm }) => ({ selector, algorithm: algorithm ?? '' }))
  journey.step(
    keys.length > 0 ? { type: 'signed', domain, keys: named } : { type: 'unsigned', domain },
  )
  for (const { recipient, accounts } of leads) {
    const destination = domainOf(recipient)
    for (const account of accounts) {
      journey.step({ type: 'filed', account, mailbox: 'Inbox', recipient })
      const filed = { messageId: filedId, journeyId: id, account, mailbox: 'Inbox' } as const
      mailbox.push({ ...filed, receivedAt: now })
    }
    if (accounts.length > 0) continue
    journey.step({ type: 'queued', recipient, destination })
    queue.push({
      messageId: id,
      journeyId: id,
      id: world.newId(),
      reversePath,
      recipient,
      destination,
      smtpUtf8: false,
      eightBit: mail.eightBit,
      // A report that cannot be delivered is nobody's trouble (RFC 9990 §3.5).
      dsn: { notify: ['never'] },
      createdAt: now,
      nextAttemptAt: now,
      expiresAt: now + world.queueMs(),
    })
  }
  const signed = signatures.join('')
  const content = contentOf(message)
  const sent = { id, content, prefix: encodeUtf8(signed), omit: [] }
  const prefix = encodeUtf8(returnPath(reversePath) + signed)
  const filed = { id: filedId, content, prefix, omit: [] }
  const both = queue.length > 0 && mailbox.length > 0
  const acceptance: Acceptance = {
    message: queue.length > 0 ? sent : filed,
    moreMessages: both ? [filed] : [],
    queue,
    mailbox,
    journeys: [
      journeyRow(journey, {
        direction: 'out',
        ...origin,
        envelope: { ip: '', helo: '', mailFrom: reversePath, rcptTo: recipients },
        outcome: { status: 'created', because: [mail.because] },
        replay: undefined,
        subject,
        headerMessageId: '',
        messageId: id,
      }),
    ],
  }
  return { journeyId: id, acceptance }
}
