import { z } from '@hono/zod-openapi'
import type { AnswerView } from '../journey/sentence.ts'
import type { ToldStep } from '../journey/told-step.ts'
import type { JourneyView, LineView, RecipientView, StepView } from '../journey/view.ts'

const smtpAnswer: z.ZodType<AnswerView | null> = z
  .object({
    code: z.number().int(),
    enhanced: z.string(),
    text: z.string(),
    at_command: z.string().describe('What it answered'),
  })
  .nullable()

const verdict = z.enum(['ok', 'pass', 'note', 'warn', 'fail', 'none', 'skipped', 'unknown'])

const inShort = {
  result: z.string().nullable().describe('The protocol’s own word'),
  verdict,
  answer: z.string(),
  asked_for: z.string().nullable().describe('What the domain’s owner wants'),
  did: z.string().nullable(),
}

/** What a step came to, in short. */
export const toldStep: z.ZodType<ToldStep> = z.object(inShort)

/** One who has a letter or not, as a journey and a list of recipients tell it. */
export const recipientShape: z.ZodType<RecipientView> = z.object({
  address: z.string(),
  status: z.string(),
  answer: smtpAnswer.describe('The last answer about it, ours or the other server’s'),
  accounts: z.array(z.string()).describe('Those here that have the letter'),
  at: z.string(),
})

/** A line of a conversation by SMTP. */
export const lineShape: z.ZodType<LineView> = z.object({
  from: z.enum(['client', 'server', 'note']),
  text: z.string(),
  at: z.string(),
})

const evidence = z.object({
  kind: z.literal('dns'),
  name: z.string(),
  type: z.string(),
  rcode: z.string(),
  ttl: z.number().nullable(),
  dnssec: z.string().nullable(),
  server: z.string().nullable(),
  ms: z.number(),
  data: z.array(z.unknown()),
})

/** A step; what it rests on stands in members beside these. */
const stepShape: z.ZodType<StepView> = z
  .looseObject({
    id: z.string().openapi({ example: 'dmarc' }),
    label: z.string(),
    side: z.enum(['sending', 'receiving']),
    known: z.literal('first_hand'),
    question: z.string(),
    started_at: z.string(),
    duration_ms: z.number(),
    evidence: z.array(evidence),
    rules: z.array(z.string()).describe('Sections of RFCs'),
    explain: z.string(),
    fix: z.string().nullable(),
    ...inShort,
  })
  .describe('docs/journey.md has the further members of each kind of step')
  .openapi('Step')

/** `waybill.journey/1`, of which docs/journey.md has all. */
export const journeyShape: z.ZodType<JourneyView> = z
  .object({
    schema: z.literal('waybill.journey/1'),
    id: z.string(),
    direction: z.enum(['in', 'out']),
    mode: z.enum(['lab', 'catch', 'live']),
    host: z.string(),
    started_at: z.string(),
    summary: z.string(),
    subject: z.string(),
    message_id: z.string(),
    author: z.string().nullable(),
    outcome: z.object({
      status: z.string(),
      smtp: smtpAnswer,
      because: z.array(z.string()).describe('Steps that decided it'),
    }),
    envelope: z.object({
      ip: z.string(),
      helo: z.string(),
      mail_from: z.string(),
      rcpt_to: z.array(z.string()),
      login: z.string().nullable(),
    }),
    recipients: z.array(recipientShape),
    steps: z.array(stepShape),
    conversation: z.array(lineShape),
    replay: z.object({
      complete: z.boolean().describe('Everything that a replay needs is here'),
      dns_answers: z.number(),
      clock: z.string().nullable(),
      config_hash: z.string().nullable(),
    }),
  })
  .openapi('Journey')
