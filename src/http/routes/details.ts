import { createRoute, z } from '@hono/zod-openapi'
import { displayText, octetsOf, octetString } from '../../base/octets.ts'
import type { Archives } from '../../desk/archives.ts'
import type { Step } from '../../journey/steps.ts'
import { decodeEncodedWords } from '../../message/encoded-word.ts'
import { type HeaderField, unfoldedValue } from '../../message/field.ts'
import type { Api } from '../api-types.ts'
import { lineShape, recipientShape } from '../journey-shape.ts'
import { readKeptHeader } from '../kept-message.ts'
import { answer, idParam } from '../route-parts.ts'

const headers = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/headers',
  summary: 'The fields of its header, decoded, in their order',
  request: { params: idParam },
  responses: answer(
    'Fields',
    z.object({
      data: z.array(z.object({ name: z.string(), value: z.string() })),
      more: z.boolean().describe('There are more than are shown'),
    }),
  ),
})

const recipients = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/recipients',
  summary: 'What became of it for each recipient',
  request: { params: idParam },
  responses: answer(
    'Recipients, in the order in which they were asked for',
    z.object({
      data: z.array(recipientShape),
    }),
  ),
})

const attempt = z
  .object({
    recipient: z.string(),
    attempt: z.number(),
    host: z.string(),
    ip: z.string(),
    result: z.enum(['delivered', 'deferred', 'failed']),
    answer: z.string().nullable().describe('What the other server said last'),
    problem: z.string(),
    at: z.string(),
    took_ms: z.number(),
    next_attempt_at: z.string().nullable(),
  })
  .openapi('Attempt')

const attempts = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/attempts',
  summary: 'Each try to hand it to another server',
  request: { params: idParam },
  responses: answer('Tries, oldest first', z.object({ data: z.array(attempt) })),
})

const conversation = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/conversation',
  summary: 'The SMTP lines by which it came; secrets are masked',
  request: { params: idParam },
  responses: answer(
    'Lines',
    z.object({
      data: z.array(lineShape),
    }),
  ),
})

/** Of a header without end so many fields are shown, and so much of each. */
const mostFields = 1000
const mostOfField = 20_000

/** More of one message: its header, its recipients, who said what. */
export function detailRoutes(api: Api, archives: Archives): void {
  api.openapi(headers, async (c) => {
    const { archive, stored } = await archives.locate(c.req.valid('param').id)
    const { fields } = await readKeptHeader(archive.reads, stored.messageId, stored.id)
    const data = fields.slice(0, mostFields).map(fieldView)
    return c.json({ data, more: fields.length > mostFields }, 200)
  })
  api.openapi(recipients, async (c) => {
    const { view } = await archives.find(c.req.valid('param').id)
    const data = view.recipients.map((one) => ({ ...one, accounts: Array.from(one.accounts) }))
    return c.json({ data }, 200)
  })
  api.openapi(attempts, async (c) => {
    const { record } = await archives.find(c.req.valid('param').id)
    return c.json({ data: record.steps.flatMap(attemptView) }, 200)
  })
  api.openapi(conversation, async (c) => {
    const { view } = await archives.find(c.req.valid('param').id)
    return c.json({ data: Array.from(view.conversation) }, 200)
  })
}

function fieldView(field: HeaderField): { name: string; value: string } {
  // The name as it was written, not as it is compared.
  const name = octetString(field.raw, 0, Math.max(0, field.valueAt - 1)).trimEnd()
  const value = displayText(octetsOf(unfoldedValue(field).slice(0, mostOfField)))
  return { name, value: decodeEncodedWords(value) }
}

function attemptView(step: Step): readonly z.infer<typeof attempt>[] {
  if (step.type !== 'attempt') return []
  const { recipient, host, ip, result, problem, nextAttemptAt, startedAt, durationMs } = step
  const said = step.answer
  return [
    {
      recipient,
      attempt: step.attempt,
      host,
      ip,
      result,
      answer: said === undefined ? null : `${said.code} ${said.enhanced} ${said.text}`.trim(),
      problem,
      at: new Date(startedAt).toISOString(),
      took_ms: durationMs,
      next_attempt_at: nextAttemptAt === undefined ? null : new Date(nextAttemptAt).toISOString(),
    },
  ]
}
