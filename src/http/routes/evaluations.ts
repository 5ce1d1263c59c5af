import { createRoute, z } from '@hono/zod-openapi'
import { parseDomain } from '../../address/domain.ts'
import { isAddressLiteral } from '../../address/address-literal.ts'
import { parseIp } from '../../base/ip.ts'
import { WaybillError } from '../../base/error.ts'
import { defaultRules, rulesInConfig } from '../../config/decision-rules.ts'
import { evaluate, type EvaluationQuestion } from '../../desk/evaluate.ts'
import type { Resolver } from '../../dns/resolver.ts'
import type { DmarcInput } from '../../dmarc/dmarc.ts'
import type { DecisionRules } from '../../inspect/rules.ts'
import { readOverrides } from '../../journey/overrides.ts'
import type { Api } from '../api-types.ts'
import { body } from '../route-parts.ts'

const text = z.string().max(10_000)
const ip = z
  .string()
  .max(100)
  .refine((value) => parseIp(value) !== undefined, 'is not an IP address')
  .openapi({ example: '192.0.2.10' })

const sender = {
  ip,
  helo: text.default(''),
  mail_from: text.default('').openapi({ example: 'ann@north.example' }),
}
const dns = {
  dns: z
    .array(z.unknown())
    .max(200)
    .optional()
    .describe('What DNS says: "NAME TYPE VALUE", as in a replay')
    .openapi({ example: ['north.example TXT "v=spf1 ip4:192.0.2.10 -all"'] }),
  live: z.boolean().default(false).describe('Ask the real DNS for all that is not said'),
  at: z
    .union([z.string().max(60), z.number()])
    .optional()
    .describe('At what time'),
}
const message = z
  .string()
  .max(1 << 20)
  .describe('The message with its header')

const authenticated = z.object({ result: z.string().max(20), domain: z.string().max(255) })

const request = z.discriminatedUnion('question', [
  z.object({ question: z.literal('spf'), ...sender, ...dns }),
  z.object({ question: z.literal('dkim'), message, ...dns }),
  z.object({
    question: z.literal('dmarc'),
    from: text.describe('A domain, or the value of From').openapi({ example: 'north.example' }),
    spf: authenticated.optional(),
    dkim: z.array(authenticated).max(100).default([]),
    ...dns,
  }),
  z.object({
    question: z.literal('accept'),
    ...sender,
    from: text.optional().describe('The value of From, where there is no message'),
    message: message.optional(),
    config: z
      .string()
      .max(1 << 20)
      .optional()
      .describe('The text of a waybill.toml; without it the rules are those of this server'),
    ...dns,
  }),
  z.object({ question: z.literal('route'), destination: z.string().max(300), ...dns }),
])

type Asked = z.infer<typeof request>

const answer = z.object({
  question: z.string(),
  verdict: z.string().describe('That of the last step'),
  result: z.string().nullable(),
  steps: z.array(
    z.looseObject({
      id: z.string(),
      label: z.string(),
      question: z.string(),
      answer: z.string(),
      verdict: z.string(),
      result: z.string().nullable(),
      asked_for: z.string().nullable(),
      did: z.string().nullable(),
      rules: z.array(z.string()),
      fix: z.string().nullable(),
    }),
  ),
  missing: z.array(z.string()).describe('What nobody said of DNS'),
})

const evaluation = createRoute({
  method: 'post',
  path: '/v1/evaluations',
  summary: 'May this host send? Would this be taken? Where does this go? Without any mail',
  request: body(request),
  responses: {
    200: {
      description: 'The steps, as a journey tells them',
      content: { 'application/json': { schema: answer } },
    },
  },
})

/** Answers questions without mail. The network is asked only where `live` says so. */
export function evaluationRoutes(
  api: Api,
  parts: {
    readonly now: () => number
    readonly live?: Resolver | undefined
    readonly rules?: (() => DecisionRules) | undefined
  },
): void {
  const rules = parts.rules ?? defaultRules
  api.openapi(evaluation, async (c) => {
    const asked = c.req.valid('json')
    const { dns: said, now = Math.floor(parts.now() / 1000) } = saidIn(asked)
    if (asked.live && parts.live === undefined) {
      throw new WaybillError('usage', 'live: this server asks no DNS but its own.', {
        hint: 'Say the answers with "dns".',
      })
    }
    const live = asked.live ? parts.live : undefined
    const world = { dns: said, live, receiver: 'localhost', now }
    const { steps, missing } = await evaluate(questionIn(asked, rules), world)
    const told = steps.map(
      ({ details: _evidence, askedFor, did, result, fix, rules, ...rest }) => ({
        ...rest,
        result: result ?? null,
        asked_for: askedFor ?? null,
        did: did ?? null,
        rules: Array.from(rules),
        fix: fix ?? null,
      }),
    )
    const last = told.at(-1)
    const { verdict = 'unknown', result = null } = last ?? {}
    const { question } = asked
    return c.json({ question, verdict, result, steps: told, missing: Array.from(missing) }, 200)
  })
}

function saidIn({ dns: said, at }: Asked): Omit<ReturnType<typeof overrides>, 'rules'> {
  return overrides({
    ...(said === undefined ? {} : { dns: said }),
    ...(at === undefined ? {} : { at }),
  })
}

/** @throws WaybillError `usage` */
function overrides(json: unknown) {
  const read = readOverrides(json, (toml) => rulesInConfig(toml, []))
  if (read.ok) return read.value
  throw new WaybillError('usage', `${read.problem}.`)
}

function questionIn(asked: Asked, ownRules: () => DecisionRules): EvaluationQuestion {
  switch (asked.question) {
    case 'spf':
      return { question: 'spf', ...senderIn(asked) }
    case 'dkim':
      return { question: 'dkim', message: asked.message }
    case 'dmarc':
      return { question: 'dmarc', authentication: authenticationIn(asked) }
    case 'accept': {
      const { message: whole, from, config } = asked
      if (whole === undefined && from === undefined) {
        throw new WaybillError('usage', 'accept wants "message", or at least "from".')
      }
      if (whole === undefined && /[\r\n\0]/.test(from ?? '')) {
        throw new WaybillError('usage', 'from: is more than one line.')
      }
      const rules = config === undefined ? undefined : overrides({ config }).rules
      return {
        question: 'accept',
        ...senderIn(asked),
        message: whole ?? `From: ${from ?? ''}\r\n\r\n`,
        rules: rules ?? ownRules(),
      }
    }
    case 'route': {
      const { destination } = asked
      const domain = parseDomain(destination.slice(destination.lastIndexOf('@') + 1))
      if (domain !== undefined) return { question: 'route', destination: domain }
      if (isAddressLiteral(destination)) return { question: 'route', destination }
      throw new WaybillError('usage', 'destination: is not a domain.')
    }
  }
}

function senderIn(asked: { ip: string; helo: string; mail_from: string }) {
  return { ip: asked.ip, helo: asked.helo, mailFrom: asked.mail_from.replace(/^<(.*)>$/, '$1') }
}

function authenticationIn(asked: Extract<Asked, { question: 'dmarc' }>): DmarcInput {
  const { from, spf, dkim } = asked
  return {
    from: from.includes('@')
      ? { type: 'fields', values: [from] }
      : { type: 'domain', domain: from.trim().toLowerCase() },
    spf: spf ?? null,
    dkim,
  }
}
