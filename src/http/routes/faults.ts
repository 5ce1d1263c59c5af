import { createRoute, z } from '@hono/zod-openapi'
import { perform } from '../../desk/act.ts'
import { faultsSet, faultsShow, type FaultsPart } from '../../desk/faults.ts'
import type { Api } from '../api-types.ts'
import { actorOf, type DeskPlace } from '../desk-place.ts'
import { body } from '../route-parts.ts'

const shown = z.object({
  data: z.array(
    z.object({
      stage: z.string(),
      what: z.string().nullable(),
      code: z.number().nullable(),
      probability: z.number(),
      delay_ms: z.number(),
      drop: z.boolean(),
    }),
  ),
})

const wanted = z.object({
  data: z.array(
    z.object({
      stage: z.string(),
      what: z.string().nullish(),
      code: z.number().nullish(),
      probability: z.number().optional(),
      delay_ms: z.number().optional(),
      drop: z.boolean().optional(),
    }),
  ),
})

/** The faults that are set, at `path`. */
export function faultRoutes(api: Api, path: string, place: DeskPlace<FaultsPart>): void {
  const answers = {
    200: {
      description: 'Those that are set now',
      content: { 'application/json': { schema: shown } },
    },
  }
  const show = createRoute({
    method: 'get',
    path,
    summary: 'What is made to go wrong on purpose',
    responses: answers,
  })
  const set = createRoute({
    method: 'put',
    path,
    summary: 'Sets these faults in place of all that were',
    request: body(wanted),
    responses: answers,
  })
  api.openapi(show, async (c) => {
    const asked = { input: undefined, actor: actorOf(c) }
    const { data } = await perform(faultsShow, place, asked)
    return c.json({ data: Array.from(data) }, 200)
  })
  api.openapi(set, async (c) => {
    const asked = { input: c.req.valid('json'), actor: actorOf(c) }
    const { data } = await perform(faultsSet, place, asked)
    return c.json({ data: Array.from(data) }, 200)
  })
}
