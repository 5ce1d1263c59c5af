import { z } from '@hono/zod-openapi'

const address = z.string().max(2000)
const addresses = z
  .union([address, z.array(address).max(10_000)])
  .describe('One address or a list: ann@example.org, Ann <ann@example.org>')
const line = z.string().max(10_000)
const base64 = z.string().describe('In base64')

const sendAt = z.iso
  .datetime({ offset: true })
  .optional()
  .describe(
    'It goes on its way then and not before, also to mailboxes here; within 90 days. At once when absent',
  )
  .openapi({ example: '2026-12-24T18:00:00+01:00' })

const attachment = z.strictObject({
  filename: z.string().max(1000).openapi({ example: 'plan.pdf' }),
  content: base64.openapi({ example: 'SGVsbG8K' }),
  content_type: z.string().max(300).optional().openapi({ example: 'application/pdf' }),
  content_id: z.string().max(300).optional().describe('Shown in the HTML: cid:…'),
})

type Addresses = string | string[]

/** A letter in its parts. */
export interface LetterFields {
  from: string
  to?: Addresses | undefined
  cc?: Addresses | undefined
  bcc?: Addresses | undefined
  reply_to?: Addresses | undefined
  subject?: string | undefined
  text?: string | undefined
  html?: string | undefined
  headers?: Record<string, string> | undefined
  attachments?: LetterFile[] | undefined
  tags?: Record<string, string> | undefined
  envelope_from?: string | undefined
  send_at?: string | undefined
}

/** A file in a letter. */
export interface LetterFile {
  filename: string
  content: string
  content_type?: string | undefined
  content_id?: string | undefined
}

/** A letter that is made already. */
export interface LetterRaw {
  raw: string
  envelope_from?: string | undefined
  rcpt_to?: Addresses | undefined
  send_at?: string | undefined
}

/** A letter in its parts, checked. */
export const fieldsSchema: z.ZodType<LetterFields> = z
  .strictObject({
    from: address
      .describe('Who writes: Ann <ann@example.org>')
      .openapi({ example: 'ann@example.org' }),
    to: addresses.optional().openapi({ example: 'ben@example.net' }),
    cc: addresses.optional(),
    bcc: addresses.optional().describe('They get it too, and nothing in it says so'),
    reply_to: addresses.optional(),
    subject: line.optional().openapi({ example: 'Lunch?' }),
    text: z.string().optional().openapi({ example: 'At noon?' }),
    html: z.string().optional(),
    headers: z
      .record(z.string().max(200), line)
      .optional()
      .describe('Further fields of the header')
      .openapi({ example: { 'List-Unsubscribe': '<https://example.org/off>' } }),
    attachments: z.array(attachment).max(1000).optional(),
    tags: z
      .record(z.string().max(64), z.string().max(128))
      .optional()
      .describe('Words of your own; they stand in the field X-Waybill-Tags')
      .openapi({ example: { kind: 'invitation' } }),
    envelope_from: address
      .optional()
      .describe('Who gets reports; From when absent, empty for nobody'),
    send_at: sendAt,
  })
  .openapi('LetterInParts')

/** A letter that is made already, checked. */
export const rawSchema: z.ZodType<LetterRaw> = z
  .strictObject({
    raw: base64.describe('The whole message, in base64'),
    envelope_from: address.optional(),
    rcpt_to: addresses.optional().describe('To, Cc and Bcc of the message when absent'),
    send_at: sendAt,
  })
  .openapi('LetterWhole')
