import type { Context } from 'hono'
import type { Visitor } from './access.ts'
import { type ApiEnv, endOf } from './api-types.ts'
import { Places } from './places.ts'
import { type Problem, problem, ProblemError } from './problem.ts'

/** What is asked: an answer, which is work, or news, which wait. */
type Kind = 'answer' | 'stream' | 'wait'

/** How much one account has at once. */
const ofAccount: Readonly<Record<Kind, number>> = { answer: 4, stream: 16, wait: 8 }
/** How much whoever else was let in has: each key by itself, and the sessions of whoever runs it. */
const ofOthers: Readonly<Record<Kind, number>> = { answer: 16, stream: 200, wait: 200 }

/**
 * Of everybody so many requests are served at once, before their bodies are read: nobody who was let
 * in uses up the memory, the processor or the connections that others want, too. What would be
 * answered waits for its turn; what waits for news would hold its place too long, and is refused.
 */
export class FairShare {
  readonly #places = new Places()

  /** Serves a request when it is its turn, and holds its place until all of the answer was taken. */
  async serve(
    c: Context<ApiEnv>,
    visitor: Visitor,
    serve: () => Promise<Response | undefined>,
  ): Promise<Response | undefined> {
    const kind = kindOf(c.req.path)
    const most = (visitor.account === undefined ? ofOthers : ofAccount)[kind]
    const name = JSON.stringify([kind, visitor.account?.toLowerCase() ?? visitor.who])
    if (kind !== 'answer' && this.#places.served(name) >= most)
      throw new ProblemError(tooMany(most))
    const leave = await this.#places.enter(name, { most, signal: () => endOf(c) })
    if (leave === undefined) throw new ProblemError(given)
    try {
      return await serve()
    } finally {
      // Outside of a server Hono has no such object at all, whatever its types say.
      const { outgoing } = { ...c.env }
      if (outgoing === undefined || outgoing.closed) leave()
      else outgoing.once('close', leave)
    }
  }
}

function kindOf(path: string): Kind {
  if (path === '/v1/events/stream') return 'stream'
  return path === '/v1/messages/wait' ? 'wait' : 'answer'
}

function tooMany(most: number): Problem {
  return problem(429, 'too-many', {
    title: 'That is too much at once',
    detail: `${most} such requests are open already, which is the most for one.`,
    hint: 'End one of them: a stream tells all that happens, and one wait can look for several.',
  })
}

const given = problem(503, 'given-up', {
  title: 'Nobody waits for that any more',
  detail: 'Its turn had not come when it was given up, or when the server ended.',
})
