import { createRoute, z } from '@hono/zod-openapi'
import { WaybillError } from '../base/error.ts'
import { type Zone, type ZoneName, compileZone } from '../dns/zone-table.ts'
import type { Api } from '../http/api-types.ts'
import type { Lab } from './lab.ts'
import { letHappen } from './run-situation.ts'
import { findSituation, type Situation, situations } from './situations.ts'

const json = <T extends z.ZodType>(schema: T, description: string) => ({
  200: { description, content: { 'application/json': { schema } } },
})

const situation = z.object({
  name: z.string(),
  title: z.string(),
  question: z.string(),
  experiment: z.string(),
  outcome: z.string(),
})

const listSituations = createRoute({
  method: 'get',
  path: '/v1/lab/situations',
  summary: 'What can happen to a letter in the lab',
  responses: json(z.object({ data: z.array(situation) }), 'All of them, the easy ones first'),
})

const happened = situation.extend({ journeys: z.array(z.string()) })

const runSituation = createRoute({
  method: 'post',
  path: '/v1/lab/situations/{name}',
  summary: 'Lets one of them happen, to its end',
  request: { params: z.object({ name: z.string().max(100) }) },
  responses: json(happened, 'Its journeys, the receiving one first. DNS is as before again'),
})

const clock = z.object({ now: z.string(), ahead_ms: z.number() })

const readClock = createRoute({
  method: 'get',
  path: '/v1/lab/clock',
  summary: 'What time it is in the lab',
  responses: json(clock, 'The time'),
})

const setClock = createRoute({
  method: 'post',
  path: '/v1/lab/clock',
  summary: 'Sets the clock of the lab ahead',
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.object({
            advance_ms: z
              .number()
              .int()
              .min(1)
              .max(366 * 86_400_000),
          }),
        },
      },
    },
  },
  responses: json(clock, 'The time now'),
})

const recordTypes = ['A', 'AAAA', 'MX', 'TXT', 'PTR', 'NS', 'TLSA', 'CNAME'] as const
const record = z.object({
  name: z.string().max(255),
  type: z.enum(recordTypes),
  values: z.array(z.string().max(4000)).max(100),
})

const readZones = createRoute({
  method: 'get',
  path: '/v1/lab/zones',
  summary: 'What DNS says in the lab',
  responses: json(z.object({ data: z.array(record) }), 'Its records'),
})

const setRecord = createRoute({
  method: 'put',
  path: '/v1/lab/zones',
  summary: 'Lets DNS say something else of a name; no value takes the record away',
  request: { body: { required: true, content: { 'application/json': { schema: record } } } },
  responses: json(record, 'As it stands now'),
})

/** What only the lab has: situations, a clock that can be set ahead, DNS that can be edited. */
export function labRoutes(api: Api, lab: Lab): void {
  let running: Promise<unknown> = Promise.resolve()
  api.openapi(listSituations, (c) => {
    return c.json({ data: situations.map(aboutOf) }, 200)
  })
  api.openapi(runSituation, async (c) => {
    const { name } = c.req.valid('param')
    const wanted = findSituation(name)
    if (wanted === undefined) {
      throw new WaybillError('not-found', `There is no situation "${name}".`, {
        hint: 'GET /v1/lab/situations has all of them.',
      })
    }
    // One after the other: each sets DNS and the clock as it needs them.
    const before = running
    const mine = before.then(async () => {
      const zone = lab.zone()
      try {
        return await letHappen(wanted, lab)
      } finally {
        lab.changeZone(zone)
        lab.endGreylist()
      }
    })
    running = mine.catch(() => undefined)
    const journeys = (await mine).map(({ journey }) => journey.id)
    return c.json({ ...aboutOf(wanted), journeys }, 200)
  })
  api.openapi(readClock, (c) => c.json(clockOf(lab), 200))
  api.openapi(setClock, (c) => {
    lab.clock.advance(c.req.valid('json').advance_ms)
    return c.json(clockOf(lab), 200)
  })
  api.openapi(readZones, (c) => c.json({ data: recordsOf(lab.zone()) }, 200))
  api.openapi(setRecord, (c) => {
    const { name, type, values } = c.req.valid('json')
    const present = lab.zone()[name.toLowerCase()] ?? {}
    const { [type]: _, ...others } = 'error' in present ? {} : present
    const changed: ZoneName = values.length === 0 ? others : { ...others, [type]: values }
    const checked = compileZone({ [name.toLowerCase()]: changed })
    if (!checked.ok) throw new WaybillError('usage', `${checked.problem}.`)
    lab.changeZone({ [name.toLowerCase()]: changed })
    return c.json({ name, type, values }, 200)
  })
}

function aboutOf({ name, title, question, experiment, outcome }: Situation) {
  return { name, title, question, experiment, outcome }
}

function clockOf({ clock: time }: Pick<Lab, 'clock'>): z.infer<typeof clock> {
  return { now: new Date(time.now()).toISOString(), ahead_ms: time.aheadMs }
}

function recordsOf(zone: Zone): z.infer<typeof record>[] {
  return Object.entries(zone).flatMap(([name, about]) => {
    if ('error' in about) return []
    return recordTypes.flatMap((type) => {
      const values = about[type]
      if (values === undefined || (typeof values === 'object' && 'error' in values)) return []
      const all = typeof values === 'string' ? [values] : values
      return [
        { name, type, values: all.map((one) => (typeof one === 'string' ? one : one.join(''))) },
      ]
    })
  })
}
