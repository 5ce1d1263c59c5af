import { domainOf } from '../address/mailbox.ts'
import { concat } from '../base/octets.ts'
import { leadOf } from '../directory/directory.ts'
import { tell } from '../journey/catalogue.ts'
import type { DeliveryStep, Step } from '../journey/record.ts'
import { notificationFor } from '../report/dsn.ts'
import type { DsnRecipient } from '../report/dsn-input.ts'
import type { OpenMessage } from '../store/ports/messages.ts'
import type { Acceptance } from '../store/ports/post.ts'
import { originalRecipient } from './attempt.ts'
import type { Settled } from './settle.ts'
import type { DeliverWorld } from './world.ts'

/** How much of the original a report may return. */
const maxOriginalOctets = 65_536

/** What a notice is made with. */
export type NoticeParts = Pick<
  DeliverWorld,
  'hostname' | 'clock' | 'random' | 'openMessage' | 'directory' | 'post'
>

/**
 * The delivery status notification for the recipients of one message that were settled together;
 * `undefined` when there is nothing to tell or nobody to tell it to.
 *
 * @param steps what happened to all of them together, for the report to tell
 */
export async function notify(
  world: NoticeParts,
  settled: readonly Settled[],
  steps: readonly Step[],
): Promise<
  { readonly acceptance: Acceptance | undefined; readonly step: DeliveryStep } | undefined
> {
  const [first] = settled
  if (first === undefined) return undefined
  const { item } = first.attempt
  const sentences = steps.flatMap(tell).map(({ question, answer }) => `${question} ${answer}`)
  const recipients = settled.flatMap((one) => recipientOf(one, sentences, world.clock.now()))
  if (recipients.length === 0) return undefined
  const message = await world.openMessage(item.messageId)
  const original = await beginning(message)
  const notification = notificationFor({
    reversePath: item.reversePath,
    smtpUtf8: settled.some(({ attempt }) => attempt.item.smtpUtf8),
    ...(item.dsn.ret === undefined ? {} : { ret: item.dsn.ret }),
    ...(item.dsn.envelopeId === undefined ? {} : { envelopeId: item.dsn.envelopeId }),
    reference: item.journeyId,
    arrivedAt: item.createdAt,
    original,
    recipients,
    reporter: {
      hostname: world.hostname,
      postmaster: `postmaster@${await reportingDomain(world, item.reversePath)}`,
    },
    now: world.clock.now(),
    random: () => world.random(),
  })
  if (notification.type === 'none') {
    const failed = recipients.some(({ action }) => action === 'failed')
    // Silence about what nobody asked to be told is not worth a line.
    if (!failed) return undefined
    const about = recipients.map(({ address }) => address)
    const step = { type: 'not-notified', why: notification.because, recipients: about } as const
    return { acceptance: undefined, step }
  }
  const { to, about, message: octets, smtpUtf8: utf8 } = notification
  const because = 'delivery status'
  const mail = { reversePath: '', recipients: [to], message: octets, utf8, because } as const
  const { journeyId: journey, acceptance } = await world.post.own(mail)
  const kinds = recipients.filter(({ address }) => about.includes(address)).map(kindOf)
  const worst = (['failure', 'delay', 'success'] as const).find((kind) => kinds.includes(kind))
  const kind = worst ?? 'failure'
  const step = { type: 'notified', about: kind, to, journey, recipients: about } as const
  return { acceptance, step }
}

function kindOf({ action }: DsnRecipient): 'failure' | 'delay' | 'success' {
  return action === 'failed' ? 'failure' : action === 'delayed' ? 'delay' : 'success'
}

function recipientOf(
  { attempt, outcome, status, because, warn }: Settled,
  steps: readonly string[],
  now: number,
): readonly DsnRecipient[] {
  const { item, result, host, ip } = attempt
  const reply = result.outcome?.reply ?? null
  const original = originalRecipient(item)
  const common = {
    address: item.recipient,
    ...(original === null ? {} : { originalRecipient: original }),
    ...(item.dsn.notify === undefined ? {} : { notify: item.dsn.notify }),
    ...(host === '' ? {} : { remote: { name: host, ip } }),
    ...(reply === null ? {} : { reply }),
    steps,
    lastAttemptAt: now,
  }
  switch (outcome.type) {
    case 'deferred':
      if (!warn) return []
      return [{ ...common, action: 'delayed', status, because, willRetryUntil: item.expiresAt }]
    case 'failed':
      return [{ ...common, action: 'failed', status, because }]
    case 'delivered': {
      // RFC 3461 §5.2.2: the next server does not know DSN, so the promise ends here: `relayed`.
      const handedOn = result.result === 'delivered' && result.dsn
      if (handedOn || item.dsn.notify?.includes('success') !== true) return []
      const said = `${host} took the message.`
      return [{ ...common, action: 'relayed', status: '2.0.0', because: said }]
    }
  }
}

/** The domain that a report comes from: its reader's own, else that of this server. */
async function reportingDomain(world: NoticeParts, reader: string): Promise<string> {
  const lead = await leadOf(world.directory, reader)
  return lead.type === 'mailbox' ? domainOf(reader) : world.hostname
}

async function beginning(
  message: OpenMessage | undefined,
): Promise<{ readonly octets: Uint8Array; readonly complete: boolean }> {
  if (message === undefined) return { octets: new Uint8Array(0), complete: false }
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of message.chunks()) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxOriginalOctets) break
    }
  } catch {
    // The sender must hear of the failure, whether the store still has all of the message or not.
    return { octets: concat(chunks), complete: false }
  }
  return { octets: concat(chunks), complete: length === message.size }
}
