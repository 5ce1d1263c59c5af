import { createRoute, z } from '@hono/zod-openapi'
import { perform } from '../../desk/act.ts'
import {
  labAdvance,
  labClock,
  labHappen,
  type LabPart,
  labPutRecord,
  labRecords,
  labReset,
  labResetZone,
  labSituations,
} from '../../desk/lab-operations.ts'
import type { Api } from '../api-types.ts'
import { actorOf, type DeskPlace } from '../desk-place.ts'
import { answer, body } from '../route-parts.ts'

const time = z.object({ now: z.string(), ahead_ms: z.number() })

const record = z.object({
  name: z.string().min(1).openapi({ example: '_dmarc.north.example' }),
  type: z.string().min(1).openapi({ example: 'TXT' }),
  values: z.array(z.string()).openapi({ example: ['v=DMARC1; p=none'] }),
})

const situation = z.object({
  name: z.string(),
  title: z.string(),
  outcome: z.string(),
  question: z.string(),
  experiment: z.string(),
})

const happened = z.object({
  situation: z.string(),
  outcome: z.string(),
  journeys: z.array(
    z.object({ id: z.string(), site: z.string(), direction: z.enum(['in', 'out']) }),
  ),
})

const situations = createRoute({
  method: 'get',
  path: '/v1/lab/situations',
  summary: 'What can happen in the lab',
  responses: answer(
    'All of it, in the order in which it is best tried',
    z.object({ data: z.array(situation) }),
  ),
})

const happen = createRoute({
  method: 'post',
  path: '/v1/lab/situations/{name}',
  summary: 'Lets a situation happen, and waits for its end',
  request: { params: z.object({ name: z.string().max(100).openapi({ example: 'hello' }) }) },
  responses: answer('What became of it', happened),
})

const clock = createRoute({
  method: 'get',
  path: '/v1/lab/clock',
  summary: 'What time it is in the lab',
  responses: answer('Now', time),
})

const advance = createRoute({
  method: 'post',
  path: '/v1/lab/clock',
  summary: 'Sets the clock ahead',
  request: body(z.object({ advance_ms: z.number().openapi({ example: 300_000 }) })),
  responses: answer('Now', time),
})

const zones = createRoute({
  method: 'get',
  path: '/v1/lab/zones',
  summary: 'What the DNS of the lab says',
  responses: answer('Its records', z.object({ data: z.array(record) })),
})

const putRecord = createRoute({
  method: 'put',
  path: '/v1/lab/zones',
  summary: 'Puts records in place of those of their name and type; no values take them away',
  request: body(record),
  responses: answer('All records', z.object({ data: z.array(record) })),
})

const resetZones = createRoute({
  method: 'delete',
  path: '/v1/lab/zones',
  summary: 'Puts the zones back as they were in the beginning',
  responses: answer('All records', z.object({ data: z.array(record) })),
})

const reset = createRoute({
  method: 'post',
  path: '/v1/lab/reset',
  summary: 'Makes the lab as it was in the beginning: no mail, no faults',
  responses: answer('Done', z.object({ reset: z.literal(true) })),
})

/** What can be done with a lab that runs. */
export function labRoutes(api: Api, place: DeskPlace<LabPart>): void {
  api.openapi(situations, async (c) => {
    const data = await perform(labSituations, place, { input: undefined, actor: actorOf(c) })
    return c.json({ data: Array.from(data) }, 200)
  })
  api.openapi(happen, async (c) => {
    const asked = { input: c.req.valid('param'), actor: actorOf(c) }
    const { journeys, ...told } = await perform(labHappen, place, asked)
    return c.json({ ...told, journeys: Array.from(journeys) }, 200)
  })
  api.openapi(clock, async (c) => {
    return c.json(await perform(labClock, place, { input: undefined, actor: actorOf(c) }), 200)
  })
  api.openapi(advance, async (c) => {
    const asked = { input: c.req.valid('json'), actor: actorOf(c) }
    return c.json(await perform(labAdvance, place, asked), 200)
  })
  api.openapi(zones, async (c) => {
    const data = await perform(labRecords, place, { input: undefined, actor: actorOf(c) })
    return c.json({ data: data.map(shown) }, 200)
  })
  api.openapi(putRecord, async (c) => {
    const asked = { input: c.req.valid('json'), actor: actorOf(c) }
    return c.json({ data: (await perform(labPutRecord, place, asked)).map(shown) }, 200)
  })
  api.openapi(resetZones, async (c) => {
    const data = await perform(labResetZone, place, { input: undefined, actor: actorOf(c) })
    return c.json({ data: data.map(shown) }, 200)
  })
  api.openapi(reset, async (c) => {
    await perform(labReset, place, { input: undefined, actor: actorOf(c) })
    return c.json({ reset: true } as const, 200)
  })
}

function shown(one: {
  readonly name: string
  readonly type: string
  readonly values: readonly string[]
}) {
  return { ...one, values: Array.from(one.values) }
}
