import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { WaybillError } from '../../base/error.ts'
import type { Handed } from '../../receive/hand-in.ts'
import type { NewReceipt } from '../../store/ports/receipts.ts'
import type { Api, ApiEnv } from '../api-types.ts'
import type { Client } from '../client-place.ts'
import { hindered } from '../described.ts'
import { foreseenJourney } from '../foreseen.ts'
import { notTaken, sentAnswer, sentSchema } from '../handed-answer.ts'
import { journeyShape } from '../journey-shape.ts'
import { fieldsSchema, rawSchema } from '../letter-body.ts'
import { checked, ProblemError } from '../problem.ts'
import {
  type LetterMaking,
  letterOfFields,
  letterOfOctets,
  letterOfRaw,
  type ReadLetter,
} from '../read-letter.ts'
import { fingerprint, Receipts } from '../receipts.ts'
import type { Sending } from '../sending.ts'

/** What sending needs. */
export interface SendParts {
  readonly sending: Sending
  readonly now: () => number
  /** Numbers in [0, 1) that nobody can guess. */
  readonly random: () => number
  /** From where a request comes. */
  readonly clientOf: (c: Context<ApiEnv>) => Client
}

const query = z.object({
  dry_run: z.enum(['true', 'false']).optional().describe('Say what would become of it'),
  from: z.string().max(2000).optional().describe('The envelope, for a body of message/rfc822'),
  to: z.union([z.string().max(2000), z.array(z.string().max(2000))]).optional(),
  send_at: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('When it goes, for a body of message/rfc822'),
})

const keyHeader = z.object({
  'idempotency-key': z
    .string()
    .max(256)
    .optional()
    .describe('Under it a letter is taken once within 24 hours')
    .openapi({ example: '5f2c8f0e' }),
})

const json = (schema: z.ZodType): { 'application/json': { schema: z.ZodType } } => {
  return { 'application/json': { schema } }
}

const described = {
  method: 'post',
  path: '/v1/messages',
  summary: 'Sends a letter, by the rules and records of the submission ports',
  request: {
    query,
    headers: keyHeader,
    body: {
      required: true,
      content: {
        ...json(z.union([fieldsSchema, rawSchema])),
        'message/rfc822': { schema: z.string().openapi({ format: 'binary' }) },
      },
    },
  },
  responses: {
    200: {
      description: 'With dry_run: the journey as it would be, waybill.journey/1; nothing was sent',
      content: json(journeyShape),
    },
    202: {
      description: 'It was taken and is on disk; each recipient has a word of its own',
      headers: z.object({
        location: z.string().describe('Where its journey is'),
        'idempotent-replayed': z.string().optional().describe('true: the answer of before'),
      }),
      content: json(sentSchema),
    },
    ...hindered({
      409: 'The first request with this key still runs',
      413: 'The message is too large',
      422: 'No letter can be made of it, it may not be sent, or nobody takes it',
      503: 'Not now; nothing was taken',
    }),
  },
} as const

/** Sends letters. */
export function sendRoutes(api: Api, parts: SendParts): void {
  const receipts = new Receipts(parts.sending.receipts)
  api.openAPIRegistry.registerPath(described)
  api.post('/v1/messages', async (c) => {
    const visitor = c.get('visitor')
    const asked = checked(query, { ...c.req.query(), to: c.req.queries('to') })
    const octets = new Uint8Array(await c.req.arrayBuffer())
    const read = await readBody(c, octets, parts)
    if (asked.dry_run === 'true') {
      const {
        door,
        as,
        ip = parts.clientOf(c).ip,
      } = await parts.sending.foresight(visitor, read.authorDomain)
      const foreseen = await door.foresee(read.letter, { who: visitor.who, ip, as })
      return c.json(foreseenJourney(foreseen), 200)
    }
    const key = c.req.header('idempotency-key')
    if (key === undefined) return answered(c, read, await hand(c, read, parts))
    if (key === '' || key.length > 256) {
      throw new WaybillError('usage', 'Idempotency-Key: 1 to 256 characters are wanted.')
    }
    const type = c.req.header('content-type') ?? ''
    const request = fingerprint([type, new URL(c.req.url).search, octets])
    const keyed = { who: visitor.who, key, request }
    const once = await receipts.once(keyed, parts.now(), () => hand(c, read, parts, keyed))
    if (once.type === 'done') return answered(c, read, once.value)
    const again = sentSchema.parse(JSON.parse(once.answer))
    return accepted(again.id, once.answer, { 'idempotent-replayed': 'true' })
  })
}

/** Hands the letter in; what `keyed` says is kept with it. */
async function hand(
  c: Context<ApiEnv>,
  read: ReadLetter,
  { sending, now, clientOf }: SendParts,
  keyed?: Omit<NewReceipt, 'answer' | 'at'>,
): Promise<Handed> {
  const visitor = c.get('visitor')
  const { door, as, ip = clientOf(c).ip } = await sending.place(visitor, read.authorDomain)
  return await door.hand(read.letter, {
    who: visitor.who,
    ip,
    as,
    ...(keyed === undefined
      ? {}
      : { receipt: (over) => ({ ...keyed, at: now(), answer: JSON.stringify(sentAnswer(over)) }) }),
  })
}

function answered(c: Context<ApiEnv>, read: ReadLetter, handed: Handed): Response {
  if (handed.type === 'refused') throw new ProblemError(notTaken(handed, read, c.get('visitor')))
  return accepted(handed.id, JSON.stringify(sentAnswer(handed)))
}

function accepted(id: string, json: string, more: Readonly<Record<string, string>> = {}): Response {
  const headers = { 'content-type': 'application/json', location: `/v1/messages/${id}`, ...more }
  return new Response(json, { status: 202, headers })
}

/** What the body is, by its type. @throws ProblemError, WaybillError `usage` */
async function readBody(
  c: Context<ApiEnv>,
  octets: Uint8Array,
  { sending, now, random }: SendParts,
): Promise<ReadLetter> {
  const { messageBytes, recipients } = sending.limits
  const making: LetterMaking = { now: now(), random, messageBytes, recipients }
  const [type = ''] = (c.req.header('content-type') ?? '').toLowerCase().split(';')
  if (type.trim() === 'message/rfc822') {
    const to = c.req.queries('to')
    const { from: envelope_from, send_at } = checked(query, { ...c.req.query(), to })
    const envelope = { envelope_from, rcpt_to: to, send_at }
    return letterOfOctets(octets, envelope, making)
  }
  if (type.trim() !== 'application/json') {
    const said = type === '' ? 'none' : `"${type.slice(0, 100)}"`
    throw new WaybillError('usage', `Content-Type: ${said}; application/json is wanted.`, {
      hint: 'A message as it is comes as message/rfc822.',
    })
  }
  const body = jsonOf(octets)
  if (typeof body === 'object' && body !== null && 'raw' in body) {
    return letterOfRaw(checked(rawSchema, body), making)
  }
  return await letterOfFields(checked(fieldsSchema, body), making)
}

function jsonOf(octets: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new WaybillError('usage', `The body is no JSON: ${why.slice(0, 200)}`)
  }
}
