import { HTTPException } from 'hono/http-exception'
import { WaybillError } from '../base/error.ts'

/** What an answer says that could not be what was asked for (RFC 9457 §3). */
export interface Problem {
  /** Names the kind; the last word is the code of docs/errors.md where there is one. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** A thing to do. */
  readonly hint?: string
  /** What was there and did not fit. */
  readonly near_misses?: readonly unknown[]
  /** Which members of what was asked are wrong. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  /** The journey that tells more. */
  readonly journey?: string
  readonly request_id?: string
}

/** Where kinds of problems are named. */
const kinds = 'https://waybill.example/problems/'

/** A problem of a kind that is named here. */
export function problem(
  status: number,
  kind: string,
  text: { readonly title: string; readonly detail: string } & Partial<Problem>,
): Problem {
  return { type: `${kinds}${kind}`, ...text, status }
}

/** A problem that is thrown to be the answer. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(told: Problem) {
    super(told.detail)
    this.problem = told
  }
}

/** What the world or the one who asks did wrong, as an answer; `undefined` for a fault of ours. */
export function problemOf(thrown: unknown): Problem | undefined {
  if (thrown instanceof ProblemError) return thrown.problem
  if (thrown instanceof HTTPException) return unreadable(thrown)
  if (!(thrown instanceof WaybillError)) return undefined
  const { code, message, hint } = thrown
  const [status, title] = said[code] ?? [503, 'The server cannot do that now']
  return problem(status, code, { title, detail: message, ...(hint === undefined ? {} : { hint }) })
}

/** What Hono says of a body that is no JSON, or that says that it is something else (RFC 9110 §15.5.16). */
function unreadable({ status, message }: HTTPException): Problem | undefined {
  if (status === 415) {
    return problem(415, 'media-type', {
      title: 'That is of another type',
      detail: 'The body is not of a type that this path takes.',
      hint: 'Content-Type: application/json, where /v1/openapi.json says no other.',
    })
  }
  if (status >= 500) return undefined
  return problem(status, 'usage', { title: 'That was not understood', detail: `${message}.` })
}

const said: Readonly<Partial<Record<WaybillError['code'], readonly [number, string]>>> = {
  usage: [400, 'That was not understood'],
  'not-found': [404, 'There is no such thing'],
  'data-in-use': [409, 'Somebody else has it'],
  'store-full': [507, 'There is no room left'],
}

/** What does not fit the form of a request. */
export function notAsked(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
}): Problem {
  const errors = error.issues.map(({ path, message }) => {
    return { pointer: `/${path.map(String).join('/')}`, detail: message }
  })
  const detail = errors.map((one) => `${one.pointer}: ${one.detail}`).join('; ')
  return problem(400, 'usage', { title: 'That was not understood', detail, errors })
}

/** What is asked, where it fits its form. @throws ProblemError */
export function checked<T>(
  form: {
    safeParse(
      asked: unknown,
    ):
      | { readonly success: true; readonly data: T }
      | { readonly success: false; readonly error: Parameters<typeof notAsked>[0] }
  },
  asked: unknown,
): T {
  const read = form.safeParse(asked)
  if (read.success) return read.data
  throw new ProblemError(notAsked(read.error))
}
