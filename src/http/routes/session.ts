import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { scopes as all } from '../../desk/api-keys.ts'
import { hindered } from '../described.ts'
import type { Api, ApiEnv, Mode } from '../api-types.ts'
import type { Client } from '../client-place.ts'
import { noSessionCookies, sessionCookie, sessionIn } from '../cookie.ts'
import type { LoginAsked, LoginPort } from '../login.ts'
import { type Problem, problem, ProblemError } from '../problem.ts'
import { answer, body } from '../route-parts.ts'
import type { Sessions } from '../sessions.ts'

const scopes = z.array(z.enum(all))

const session = createRoute({
  method: 'get',
  path: '/v1/session',
  summary: 'Who asks, and what they may do',
  responses: answer(
    'This one',
    z.object({
      mode: z.enum(['lab', 'catch', 'live']),
      who: z.string().nullable().describe('null: nobody has logged in'),
      account: z.string().nullable().describe('Sees only what is its own; null: the whole server'),
      scopes,
      version: z.string(),
    }),
  ),
})

const text = z.string().min(1).max(1000)

const begin = createRoute({
  method: 'post',
  path: '/v1/session',
  summary: 'Logs in, with a token or as an account; the session is in a cookie',
  request: body(
    z.object({
      token: text.optional(),
      account: text.optional(),
      password: text.optional(),
      code: z.string().max(100).optional().describe('Of the second factor, where there is one'),
    }),
  ),
  responses: {
    ...answer('They are in', z.object({ who: z.string(), scopes })),
    ...hindered({
      409: 'There is nothing to log in to',
      429: 'Too many wrong logins came from there',
    }),
  },
})

const end = createRoute({
  method: 'delete',
  path: '/v1/session',
  summary: 'Logs out',
  responses: { 204: { description: 'They are out' } },
})

/** Who asks, logging in and logging out. */
export function sessionRoutes(
  api: Api,
  parts: {
    readonly mode: Mode
    readonly version: string
    readonly sessions: Sessions
    /** Absent where nobody needs to log in. */
    readonly logins?: LoginPort
    readonly clientOf: (c: Context<ApiEnv>) => Client
  },
): void {
  const { mode, version, sessions, logins, clientOf } = parts
  api.openapi(session, (c) => {
    const { who, scopes: own, account = null } = c.get('visitor')
    const name = who === '' ? null : who
    return c.json({ mode, who: name, account, scopes: Array.from(own), version }, 200)
  })
  api.openapi(begin, async (c) => {
    if (logins === undefined) throw new ProblemError(noLogins)
    const { ip, isSecure } = clientOf(c)
    const asked = askedIn(c.req.valid('json'), ip)
    const outcome = await logins.login(asked)
    if (outcome.type === 'second-factor') throw new ProblemError(codeWanted(outcome.given))
    if (outcome.type === 'closed' || outcome.type === 'full') {
      throw new ProblemError(refusals[outcome.type])
    }
    const visitor = outcome.type === 'right' ? await outcome.whose() : undefined
    if (outcome.type === 'wrong' || visitor === undefined) {
      throw new ProblemError('token' in asked ? wrongToken : wrongPassword)
    }
    // Whoever logs in anew leaves nothing open behind.
    endIn(c)
    const begun = sessions.begin(visitor.account ?? visitor.who, outcome.whose)
    c.header('set-cookie', sessionCookie(begun, isSecure))
    return c.json({ who: visitor.who, scopes: Array.from(visitor.scopes) }, 200)
  })
  api.openapi(end, (c) => {
    endIn(c)
    for (const cookie of noSessionCookies()) c.header('set-cookie', cookie, { append: true })
    return c.body(null, 204)
  })
  const endIn = (c: Context<ApiEnv>): void => {
    const token = sessionIn(c.req.header('cookie'))
    if (token !== undefined) sessions.end(token)
  }
}

/** @throws ProblemError where it is neither the one nor the other */
function askedIn(
  given: {
    readonly token?: string | undefined
    readonly account?: string | undefined
    readonly password?: string | undefined
    readonly code?: string | undefined
  },
  ip: string,
): LoginAsked {
  const { token, account, password, code = '' } = given
  const known = { ip, ...(code === '' ? {} : { code }) }
  if (token !== undefined && account === undefined) return { ...known, token }
  if (token === undefined && account !== undefined && password !== undefined) {
    return { ...known, account, password }
  }
  throw new ProblemError(
    problem(400, 'usage', {
      title: 'That was not understood',
      detail: 'Logging in wants "token", or "account" and "password".',
    }),
  )
}

const noLogins = problem(409, 'not-here', {
  title: 'Nobody logs in here',
  detail: 'This server tells all to whoever asks on this computer: there is nothing to log in to.',
})

function codeWanted(given: boolean): Problem {
  return problem(401, 'second-factor', {
    title: given ? 'That is not the code' : 'A code is wanted',
    detail: given
      ? 'The code of the second factor is another one, or was used already.'
      : 'There is a second factor: its code is wanted, too.',
    hint: 'Take the newest code of your app, or one of the codes to fall back on.',
  })
}

const wrongToken = problem(401, 'wrong-login', {
  title: 'That is not right',
  detail: 'There is no such token.',
  hint: 'The operator’s token is in the file http-token of the data folder.',
})

const wrongPassword = problem(401, 'wrong-login', {
  title: 'That is not right',
  detail: 'There is no such account, or it has another password.',
  hint: 'The address and password are those of the mail program.',
})

const refusals: Readonly<Record<'closed' | 'full', Problem>> = {
  closed: problem(429, 'logins-closed', {
    title: 'Too many wrong logins',
    detail: 'Too many wrong passwords came from your network; try again later.',
    hint: 'limits.wrong_passwords and limits.forget_seconds in waybill.toml say how many, and how long.',
  }),
  full: problem(503, 'logins-full', {
    title: 'Too many logins at once',
    detail: 'Too many log in at this moment; please try again.',
  }),
}
