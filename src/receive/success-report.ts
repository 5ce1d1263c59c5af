import { domainOf } from '../address/mailbox.ts'
import type { Clock } from '../base/clock.ts'
import { type Directory, leadOf } from '../directory/directory.ts'
import type { DeliveryStep } from '../journey/delivery-steps.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import type { Post } from '../post/post.ts'
import { endsHere, isDeliveredHere, isExpanded } from '../post/wishes-behind.ts'
import { notificationFor } from '../report/dsn.ts'
import type { DsnRecipient } from '../report/dsn-input.ts'
import type { Acceptance } from '../store/ports/post.ts'
import type { Envelope } from './port.ts'
import type { WishingRecipient } from './recipient.ts'

/**
 * The report that a letter has arrived, for a sender who asked to be told: in a mailbox, which is the
 * end of the way (`delivered`, RFC 3461 §5.2.3), or at an address that leads to several others
 * (`expanded`, §5.2.7.3). It is put down with the letter, in one; `undefined` when nobody asked.
 */
export async function successReport(
  server: {
    readonly hostname: string
    readonly directory: Pick<Directory, 'lead'>
    readonly post: Pick<Post, 'own'>
    readonly clock: Clock
    /** Numbers in [0, 1). */
    readonly random: () => number
  },
  letter: {
    readonly envelope: Envelope
    readonly recipients: readonly WishingRecipient[]
    readonly header: MessageHeader
  },
): Promise<{ readonly step: DeliveryStep; readonly acceptance: Acceptance } | undefined> {
  const { hostname, directory, post, clock, random } = server
  const { journey, mailFrom, parameters } = letter.envelope
  const now = clock.now()
  const waits = (letter.envelope.sendAt ?? now) > now
  const recipients = letter.recipients.flatMap((one) => arrived(one, { now, waits }))
  if (recipients.length === 0) return undefined
  const reader = await leadOf(directory, mailFrom)
  const report = notificationFor({
    reversePath: mailFrom,
    goesOn: reader.type === 'nobody' || !endsHere(reader),
    smtpUtf8: parameters.smtpUtf8,
    ...(parameters.envid === null ? {} : { envelopeId: parameters.envid }),
    reference: journey.id,
    arrivedAt: now,
    // Of a letter that arrived only the header is returned (RFC 3461 §4.3).
    original: { octets: letter.header.octets, complete: false },
    recipients,
    reporter: { hostname, postmaster: `postmaster@${domainOf(mailFrom)}` },
    now,
    random,
  })
  if (report.type === 'none') return undefined
  const { journeyId, acceptance } = await post.own({
    reversePath: '',
    recipients: [report.to],
    message: report.message,
    utf8: report.smtpUtf8,
    because: 'delivery status',
  })
  const about = recipients.map(({ address }) => address)
  const told = { about: 'success', to: report.to, journey: journeyId, recipients: about } as const
  return { acceptance, step: { type: 'notified', ...told } }
}

function arrived(
  { rcptTo, wishes, to }: WishingRecipient,
  { now, waits }: { readonly now: number; readonly waits: boolean },
): readonly DsnRecipient[] {
  const { notify, orcpt } = wishes
  if (notify?.includes('SUCCESS') !== true) return []
  const common = {
    address: rcptTo,
    ...(orcpt === null ? {} : { originalRecipient: orcpt }),
    notify: ['success'],
    status: '2.0.0',
    lastAttemptAt: now,
  } as const
  if (isExpanded(to)) {
    return [{ ...common, action: 'expanded', because: 'The address leads to several others.' }]
  }
  // Where it goes to one other server, the delivery tells of it; where it waits, the filing.
  if (!isDeliveredHere(to) || waits) return []
  return [{ ...common, action: 'delivered', because: 'It is in the mailbox.' }]
}
