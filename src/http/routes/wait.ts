import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../../base/error.ts'
import { parseMoment } from '../../base/moment.ts'
import type { Archives, ArchivedRow } from '../../desk/archives.ts'
import type { Query } from '../../search/query.ts'
import { type Api, endOf } from '../api-types.ts'
import { Bell } from '../bell.ts'
import { problem, ProblemError } from '../problem.ts'
import { queryOf } from '../query.ts'
import { answer } from '../route-parts.ts'
import { rowSchema, rowsOf } from '../row.ts'

const wait = createRoute({
  method: 'get',
  path: '/v1/messages/wait',
  summary: 'Waits for a message; in vain: a problem with `near_misses`',
  request: {
    query: z.object({
      q: z.string().max(10_000).default('').openapi({ example: 'to:ben@example.com' }),
      since: z.string().max(100).optional().describe('What began before does not count'),
      timeout: z.coerce
        .number()
        .min(0)
        .max(120)
        .default(10)
        .describe('Seconds')
        .openapi({ type: 'number' }),
    }),
  },
  responses: answer('The last one that fits', rowSchema),
})

/** How many are told that came meanwhile and did not fit. */
const mostNearMisses = 5

/** Waiting for messages. */
export function waitRoutes(api: Api, archives: Archives, now: () => number): void {
  api.openapi(wait, async (c) => {
    const { q, since, timeout } = c.req.valid('query')
    const from = since === undefined ? undefined : timeOf(since)
    const asked = queryOf(q, now())
    const begun = from === undefined ? {} : { since: from }
    const query = { ...asked, filter: { ...asked.filter, ...begun } }
    const began = now()
    const end = endOf(c)
    const row = await arrival(archives, query, { ms: timeout * 1000, signal: end })
    const [found] = row === undefined ? [] : await rowsOf(archives, [row])
    if (found !== undefined) return c.json(found, 200)
    // Whoever went away hears nothing of it.
    if (end.aborted) throw new ProblemError(stops)
    const others = await archives.list(mostNearMisses, { since: from ?? began })
    throw new ProblemError(inVain(q, timeout, await rowsOf(archives, others.rows)))
  })
}

/** The newest that fits, as soon as there is one; `undefined`: time is over, or nobody listens. */
async function arrival(
  archives: Archives,
  query: Query,
  { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
): Promise<ArchivedRow | undefined> {
  const bell = new Bell(archives.all, ['journey'])
  let over = ms === 0
  const end = (): void => {
    over = true
    bell.ring()
  }
  const timer = setTimeout(end, ms)
  signal.addEventListener('abort', end, { once: true })
  try {
    for (;;) {
      const rung = bell.next()
      const [row] = (await archives.search(1, query)).rows
      if (row !== undefined || over || signal.aborted) return row
      await rung
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    await bell.close()
  }
}

const stops = problem(503, 'stopping', {
  title: 'The server ends',
  detail: 'It was ended while this waited. Nothing that fits had come.',
  hint: 'Ask again when it runs again.',
})

function timeOf(text: string): number {
  const at = parseMoment(text)
  if (at !== undefined) return at
  throw new WaybillError('usage', '"since" is no time such as 2026-09-01T12:00:00Z.')
}

function inVain(q: string, timeout: number, misses: readonly unknown[]) {
  const wanted = q === '' ? 'came' : `fits ${q.slice(0, 200)}`
  return problem(404, 'wait-timeout', {
    title: 'No such message came',
    detail: `Nothing ${wanted} within ${timeout} s.`,
    hint:
      misses.length === 0
        ? 'Nothing else came meanwhile either: does the program send to this server?'
        : '"near_misses" has what came and did not fit.',
    near_misses: misses,
  })
}
