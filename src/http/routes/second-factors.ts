import { createRoute, z } from '@hono/zod-openapi'
import { perform } from '../../desk/act.ts'
import {
  type SecondFactorPart,
  secondFactorView,
  type SecondFactorView,
  totpAdd,
  totpConfirm,
  totpRemove,
} from '../../desk/second-factor-operations.ts'
import { operatorName } from '../../desk/second-factors.ts'
import { totpAddress } from '../../io/totp.ts'
import type { Api } from '../api-types.ts'
import { actorOf, type DeskPlace } from '../desk-place.ts'
import { problem, ProblemError } from '../problem.ts'
import { answer, body, reason, whole, wholeList } from '../route-parts.ts'

/** Where second factors are changed, and the name of the server that apps show beside the code. */
export interface SecondFactorPlace extends DeskPlace<SecondFactorPart> {
  readonly hostname: string
}

const factor: z.ZodType<SecondFactorView> = z
  .object({
    who: z.string().describe('An account, or operator'),
    confirmed: z.boolean().describe('It is asked for; false: no code of it was seen yet'),
    confirmed_at: z.string().nullable(),
    recovery_codes_left: z.number(),
  })
  .openapi('SecondFactor')

const path = '/v1/second-factors'
const whoParam = z.object({ who: z.string().max(1000).openapi({ example: 'ann@example.org' }) })
const code = z.string().max(100).openapi({ example: '123456' })

const list = createRoute({
  method: 'get',
  path,
  summary: 'Who logs in on the page with a code by time (TOTP); their secrets are not told',
  responses: answer('In the order of who has them', wholeList(factor)),
})

const begin = createRoute({
  method: 'post',
  path,
  summary: 'Makes a secret, told this once; it is asked for once a code of it was seen',
  request: body(
    z.object({
      who: z.string().max(1000).optional().describe('An account; without it, who asks'),
      reason,
    }),
  ),
  responses: answer(
    'The secret, and the same as an address that apps take',
    z.object({ who: z.string(), secret: z.string(), address: z.string() }),
  ),
})

const confirm = createRoute({
  method: 'post',
  path: `${path}/{who}/confirm`,
  summary: 'Ends the setting up by a first code',
  request: { params: whoParam, ...body(z.object({ code, reason })) },
  responses: answer(
    'From now on it is asked for; each of the codes stands once for one, and is told this once',
    z.object({ who: z.string(), recovery_codes: z.array(z.string()) }),
  ),
})

const remove = createRoute({
  method: 'post',
  path: `${path}/{who}/remove`,
  summary: 'Takes it away; an account says a code of it',
  request: { params: whoParam, ...body(z.object({ code: code.optional(), reason })) },
  responses: answer('It is gone', z.object({ who: z.string() })),
})

/** Second factors: of everybody, for who manages the server, or of one account, for itself. */
export function secondFactorRoutes(api: Api, place: SecondFactorPlace, account?: string): void {
  const { secondFactors } = place.desk
  api.openapi(list, async (c) => {
    const all = await secondFactors.list()
    const own = all.filter(({ who }) => account === undefined || isSame(who, account))
    return c.json(whole(own.map(secondFactorView)), 200)
  })
  api.openapi(begin, async (c) => {
    const { who: named = account ?? operatorName, reason: why } = c.req.valid('json')
    const input = { who: allowed(named, account) }
    const { who, secret } = await perform(totpAdd, place, { input, actor: actorOf(c, why) })
    const address = totpAddress(secret, { hostname: place.hostname, who })
    return c.json({ who, secret, address }, 200)
  })
  api.openapi(confirm, async (c) => {
    const { code: first, reason: why } = c.req.valid('json')
    const input = { who: allowed(c.req.valid('param').who, account), code: first }
    const { who, codes } = await perform(totpConfirm, place, { input, actor: actorOf(c, why) })
    return c.json({ who, recovery_codes: Array.from(codes) }, 200)
  })
  api.openapi(remove, async (c) => {
    const { code: said, reason: why } = c.req.valid('json')
    const input = { who: allowed(c.req.valid('param').who, account) }
    // Whoever finds the page of somebody open must not leave them with a password alone.
    if (account !== undefined) await checkCode(place, account, said)
    const who = await perform(totpRemove, place, { input, actor: actorOf(c, why) })
    return c.json({ who }, 200)
  })
}

/** @throws ProblemError where an account means another one */
function allowed(who: string, account: string | undefined): string {
  if (account === undefined || isSame(who, account)) return who
  throw new ProblemError(
    problem(403, 'not-allowed', {
      title: 'That is somebody else’s',
      detail: `An account has a second factor of its own, and ${account} is not ${who}.`,
    }),
  )
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

/** @throws ProblemError where there is one to ask for, and that is not its code */
async function checkCode(
  { desk }: SecondFactorPlace,
  who: string,
  said: string | undefined,
): Promise<void> {
  const verdict = await desk.secondFactors.check(who, said)
  if (verdict === 'right' || verdict === 'none') return
  throw new ProblemError(verdict === 'closed' ? closed : notTheCode)
}

const notTheCode = problem(403, 'second-factor', {
  title: 'That is not the code',
  detail: 'A second factor is taken away with a code of it: this is none, or was used already.',
  hint: 'Wait for the next code of your app, or take one of the codes to fall back on.',
})

const closed = problem(429, 'logins-closed', {
  title: 'Too many wrong codes',
  detail: 'Too many wrong codes came; none is looked at for some minutes.',
})
