import { createRoute, z } from '@hono/zod-openapi'
import type { Archives } from '../../desk/archives.ts'
import { whyJourney } from '../../desk/why-journey.ts'
import { readRecord } from '../../journey/record.ts'
import type { Api } from '../api-types.ts'
import { answer, idParam } from '../route-parts.ts'

const sending = z.object({
  since: z.string().describe('When its turn, or its connection, began'),
  host: z.string().describe('The server; empty while it is looked for'),
  address: z.string(),
  stage: z
    .enum([
      'route',
      'in-line',
      'connecting',
      'greeting',
      'TLS',
      'EHLO',
      'HELO',
      'LHLO',
      'STARTTLS',
      'AUTH',
      'MAIL',
      'RCPT',
      'DATA',
      'content',
      'final-reply',
      'RSET',
      'QUIT',
    ])
    .describe('What is waited for; `final-reply`: all was sent, and its answer is to come'),
})

const hold = z.object({
  by: z.enum([
    'hold',
    'send-at',
    'pause',
    'quiet-hours',
    'rate',
    'back-off',
    'schedule',
    'under-way',
    'lease',
    'place',
    'no-server',
  ]),
  says: z.string(),
  until: z.string().nullable().describe('When that frees; null: it is not known'),
  sending: sending.optional().describe('Of a letter that is being sent now'),
})

const reading = z.object({
  kind: z.string(),
  scope: z.string(),
  advice: z.string(),
  meaning: z.string(),
  rule: z.string(),
  rule_says: z.string(),
  against: z
    .object({ rule: z.string(), because: z.string() })
    .nullable()
    .describe('The rule that said otherwise, and why it lost'),
})

const recipient = z.object({
  recipient: z.string(),
  status: z.string(),
  says: z.string().describe('A paragraph'),
  turn: z.enum(['this-server', 'operator', 'sender', 'recipient', 'other-server', 'nobody']),
  todo: z.string(),
  holds: z.array(hold).describe('What keeps it, what lasts longest first'),
  answer: z
    .object({
      code: z.number(),
      enhanced: z.string(),
      text: z.string(),
      at_command: z.string(),
    })
    .nullable(),
  reading: reading.nullable(),
})

const why = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/why',
  summary: 'What happened to it, what keeps it, and whose turn it is',
  request: { params: idParam },
  responses: answer(
    'waybill.why/1, as `waybill why --json` prints it',
    z
      .object({
        schema: z.literal('waybill.why/1'),
        about: z.enum(['journey', 'bounce', 'reply']),
        id: z.string(),
        says: z.string(),
        recipients: z.array(recipient),
      })
      .openapi('Why'),
  ),
})

/** More than a letter has recipients. */
const ofOneLetter = 200_000

/** Explains where a letter is. */
export function whyRoutes(api: Api, archives: Archives, now: () => number): void {
  api.openapi(why, async (c) => {
    const { archive, stored } = await archives.locate(c.req.valid('param').id)
    const asked = { journey: stored.id, limit: ofOneLetter }
    const items = await archive.reads.queue.list(asked)
    const destinations = Array.from(new Set(items.map(({ destination }) => destination)))
    const standings = archive.standing?.(destinations) ?? []
    const turns = archive.turns?.(items.map(({ id }) => id))
    const record = readRecord(stored.json, stored.appended)
    const told = whyJourney({ record, items, standings, turns, running: true, now: now() })
    const recipients = told.recipients.map((one) => ({
      ...one,
      answer: one.answer === null ? null : { ...one.answer },
    }))
    return c.json({ ...told, recipients }, 200)
  })
}
