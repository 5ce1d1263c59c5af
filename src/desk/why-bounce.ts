import { WaybillError } from '../base/error.ts'
import { readReported } from '../answers/read-report.ts'
import { readDsn } from '../report/read-dsn.ts'
import type { ReportedRecipient } from '../report/reported-recipient.ts'
import type { Why, WhyRecipient } from './why.ts'
import { refusalOf } from './why-reply.ts'

/**
 * Explains a delivery report, whoever wrote it. All in it is what a stranger claims.
 *
 * @throws WaybillError `usage` when it is none
 */
export function whyBounce(message: Uint8Array): Why & { original_message_id: string | null } {
  const read = readDsn(message)
  if (read.type === 'not-a-dsn') {
    throw new WaybillError('usage', 'That is no delivery report: no recipient is named in it.', {
      hint: 'Save the whole bounce, with its header, and name that file.',
    })
  }
  const recipients = read.recipients.map(recipientOf)
  const by = read.reportingMta === undefined ? 'a server that is not named' : read.reportingMta
  const told = read.source === 'text' ? ' It is read from sentences, so it may be misread.' : ''
  return {
    schema: 'waybill.why/1',
    about: 'bounce',
    id: '',
    says: `A delivery report of ${by}, on ${count(recipients.length)}.${told}`,
    recipients,
    original_message_id: read.originalMessageId ?? null,
  }
}

function count(recipients: number): string {
  return recipients === 1 ? 'one recipient' : `${recipients} recipients`
}

function recipientOf(reported: ReportedRecipient): WhyRecipient {
  const { finalRecipient, originalRecipient, action, status, diagnosticCode, words } = reported
  const recipient = originalRecipient ?? finalRecipient
  switch (action) {
    case 'delivered':
    case 'relayed':
    case 'expanded':
    case 'deliverable':
      return {
        recipient,
        status: action,
        says: goodNews[action].replace('%', recipient),
        turn: 'nobody',
        todo: '',
        holds: [],
        answer: null,
        reading: null,
      }
    case 'failed':
    case 'delayed':
    case 'unknown': {
      const { reply, reading } = readReported({ status, said: diagnosticCode ?? words ?? '' })
      const waits = action === 'delayed'
      return refusalOf({ recipient, reply, reading, atCommand: 'RCPT', waits })
    }
  }
}

const goodNews = {
  delivered: 'It was delivered to %.',
  relayed: 'It was handed on for % to a server that sends no reports: more is not known.',
  expanded: 'It was sent on for % to several others.',
  deliverable: 'A letter for % would be taken.',
} as const
