import { type MailEvent, mostText } from './mail-event.ts'

/** An event as JSON, wherever it is told. */
export interface EventView {
  readonly type: string
  /** The journey that it is about. */
  readonly id?: string
  readonly event_id?: string
  readonly site: string
  readonly at?: string
  readonly [detail: string]: unknown
}

/** Recipients in an event: the journey has all of them. */
const mostRecipients = 50

/** An event of one site, with what the letter is and what is known of it now. */
export function eventView({ id, type, at, row, detail }: MailEvent, site: string): EventView {
  return {
    type,
    ...(row === undefined ? {} : { id: row.id }),
    // Acts of two sites have the same numbers.
    event_id: site === '' ? id : `${id}_${site}`,
    site,
    at: new Date(at).toISOString(),
    ...(row === undefined
      ? {}
      : {
          direction: row.direction,
          status: row.status,
          summary: row.summary.slice(0, mostText),
          subject: row.subject.slice(0, mostText),
          mail_from: row.mailFrom,
          rcpt_to: row.rcptTo.slice(0, mostRecipients),
          recipients: row.rcptTo.length,
          journey: `/v1/messages/${encodeURIComponent(row.id)}/journey`,
        }),
    ...detail,
  }
}
