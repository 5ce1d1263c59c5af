import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { isTooDeep } from '../base/json-depth.ts'
import type { Api, ApiEnv } from './api-types.ts'
import { notAsked, type Problem, problem, problemOf } from './problem.ts'

/** How much a request may bring, and how much of somebody who has not logged in yet. */
const mostOctets = 64 * 1024 * 1024
const mostToLogIn = 16 * 1024

/** An API without paths: whatever goes wrong is a problem in its answer. */
export function newApi(report: (fault: unknown, where: string) => void): Api {
  const api: Api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) => (result.success ? undefined : say(c, notAsked(result.error))),
  })
  api.onError((thrown, c) => {
    const known = problemOf(thrown)
    if (known !== undefined) return say(c, known)
    // Whoever hangs up in the middle of a request hears nothing, and the fault is theirs.
    if (c.req.raw.signal.aborted) return new Response(null, { status: 400 })
    report(thrown, `a request for ${c.req.path}`)
    return say(c, ourFault)
  })
  return api
}

/** Nobody sends without end. */
export function limitBody(): MiddlewareHandler<ApiEnv> {
  const upTo = (maxSize: number): MiddlewareHandler<ApiEnv> => {
    return bodyLimit({ maxSize, onError: (c) => say(c, tooMuch(maxSize)) })
  }
  const usual = upTo(mostOctets)
  // One limit for a path: each reads all that it allows before the next one is asked.
  const toLogIn = upTo(mostToLogIn)
  return (c, next) => (c.req.path === '/v1/session' ? toLogIn(c, next) : usual(c, next))
}

/** Nobody keeps us parsing: what is too deep is no JSON that anybody means. */
export function limitDepth(): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const isJson = /json/i.test(c.req.header('content-type') ?? '')
    // What was read is read again from there.
    if (isJson && isTooDeep(new Uint8Array(await c.req.arrayBuffer()))) return say(c, tooDeep)
    await next()
    return undefined
  }
}

/** Answers with a problem. */
export function say(c: Context<ApiEnv>, told: Problem): Response {
  const body = { ...told, request_id: c.get('requestId') }
  const headers = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    // RFC 9110 §15.5.2, RFC 6750 §3: by what one is let in.
    ...(told.status === 401 ? { 'www-authenticate': 'Bearer realm="Waybill"' } : {}),
  }
  return new Response(JSON.stringify(body), { status: told.status, headers })
}

function tooMuch(most: number): Problem {
  return problem(413, 'too-much', {
    title: 'That is too much',
    detail: `Such a request may bring ${most} octets.`,
  })
}

const tooDeep = problem(400, 'usage', {
  title: 'That was not understood',
  detail: 'The body is JSON that is too deep.',
})

const ourFault = problem(500, 'fault', {
  title: 'We made a mistake',
  detail: 'The log has it.',
})
