import { z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { describeReply } from '../../smtp/reply.ts'
import type { Api } from '../api-types.ts'
import type { LetterFields } from '../letter-body.ts'
import { ProblemError } from '../problem.ts'
import { letterOfFields } from '../read-letter.ts'
import type { SendParts } from './send.ts'

const person = z.object({ Email: z.string().max(1000), Name: z.string().max(1000).nullish() })
const people = z.array(person).max(10_000).nullish()

const asked = z.object({
  From: person,
  To: people,
  Cc: people,
  Bcc: z.array(z.string().max(1000)).max(10_000).nullish(),
  ReplyTo: people,
  Subject: z.string().max(10_000).nullish(),
  Text: z.string().nullish(),
  HTML: z.string().nullish(),
  Headers: z.record(z.string(), z.string()).nullish(),
  Tags: z.array(z.string().max(100)).max(100).nullish(),
  Attachments: z
    .array(
      z.object({
        Filename: z.string().max(1000),
        Content: z.string(),
        ContentType: z.string().nullish(),
        ContentID: z.string().nullish(),
      }),
    )
    .max(1000)
    .nullish(),
})

/** Mailpit's `POST /api/v1/send`: a letter for the port that catches, whoever it is from. */
export function mailpitSendRoutes(api: Api, { sending, now, random, clientOf }: SendParts): void {
  api.post('/api/v1/send', async (c) => {
    const visitor = c.get('visitor')
    try {
      const fields = fieldsOf(asked.parse(JSON.parse(await c.req.text())))
      const { letter } = await letterOfFields(fields, { ...sending.limits, now: now(), random })
      // Nobody of the lab: its id must be that of the letter which can be looked at here.
      const { door, as, ip = clientOf(c).ip } = await sending.place(visitor, '')
      const handed = await door.hand(letter, { who: visitor.who, ip, as })
      if (handed.type === 'taken') return c.json({ ID: handed.id })
      return c.json({ Error: describeReply(handed.reply) }, 400)
    } catch (problem) {
      if (problem instanceof ProblemError) return c.json({ Error: problem.message }, 400)
      if (problem instanceof WaybillError) return c.json({ Error: problem.message }, 400)
      if (problem instanceof SyntaxError) return c.json({ Error: 'invalid JSON' }, 400)
      if (!(problem instanceof z.ZodError)) throw problem
      const [issue] = problem.issues
      const where = issue?.path.map(String).join('.') ?? ''
      return c.json({ Error: `${where}: ${issue?.message ?? 'invalid'}` }, 400)
    }
  })
}

type Asked = z.infer<typeof asked>

function fieldsOf(one: Asked): LetterFields {
  const { Subject, Text, HTML, Headers, Tags, Attachments } = one
  const headers = { ...Headers, ...(Tags?.length ? { 'X-Tags': Tags.join(', ') } : {}) }
  return {
    from: written(one.From),
    to: one.To?.map(written) ?? [],
    cc: one.Cc?.map(written) ?? [],
    bcc: one.Bcc ?? [],
    reply_to: one.ReplyTo?.map(written) ?? [],
    subject: Subject ?? '',
    text: Text ?? undefined,
    html: HTML ?? undefined,
    headers,
    attachments: Attachments?.map(({ Filename, Content, ContentType, ContentID }) => ({
      filename: Filename,
      content: Content,
      // Empty is what its programs write for absent.
      content_type: ContentType || undefined,
      content_id: ContentID || undefined,
    })),
  }
}

/** RFC 5322 §3.4: a name in quotes, and the address behind it. */
function written({ Email, Name }: z.infer<typeof person>): string {
  return Name ? `"${Name.replace(/["\\]/g, '\\$&')}" <${Email}>` : Email
}
