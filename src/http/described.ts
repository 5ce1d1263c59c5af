import { z } from '@hono/zod-openapi'
import type { Api } from './api-types.ts'
import { neededScope } from './needed-scope.ts'

type Document = ReturnType<Api['getOpenAPI31Document']>
type Operation = NonNullable<NonNullable<Document['paths']>[string]['get']>
type Answers = NonNullable<Operation['responses']>

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

const problemSchema = z.object({
  type: z.string().describe('Names the kind: https://waybill.example/problems/…'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  hint: z.string().optional().describe('A thing to do'),
  near_misses: z.array(z.unknown()).optional().describe('What was there and did not fit'),
  errors: z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .optional()
    .describe('Which members of what was asked are wrong'),
  journey: z.string().optional().describe('The journey that tells more'),
  request_id: z.string().describe('The log names a fault of ours by it'),
})

/** What stands in the way, as an answer of a path (RFC 9457). */
const problemContent = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
} as const

/** Says what paths there are, what each answers, and what may stand in the way. */
export function describeApi(api: Api, version: string): void {
  api.openAPIRegistry.register('Problem', problemSchema)
  // Making it takes a while, and nothing of it ever changes.
  let text: string | undefined
  api.get('/v1/openapi.json', () => {
    text ??= JSON.stringify(documentOf(api, version))
    return new Response(text, { headers: { 'content-type': 'application/json' } })
  })
}

function documentOf(api: Api, version: string): Document {
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Waybill', version },
  })
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of methods) {
      const operation = item[method]
      if (operation === undefined) continue
      operation.responses = { ...hindrances(method, path, operation), ...operation.responses }
    }
  }
  return document
}

/** Of what nobody knows they tell that there is nothing of it. */
const answersForAny = new Set(['/v1/reports/{domain}/summary'])

/** What stands in the way of one path alone, by status. */
export function hindered<Status extends number>(
  told: Readonly<Record<Status, string>>,
): Record<Status, { description: string; content: typeof problemContent }> {
  const answers = Object.entries<string>(told).map(([status, description]) => {
    return [status, { description, content: problemContent }] as const
  })
  return Object.fromEntries(answers) as ReturnType<typeof hindered<Status>>
}

/** Whether nothing but JSON is taken. */
function onlyJson(body: Operation['requestBody']): boolean {
  if (body === undefined || !('content' in body)) return false
  return Object.keys(body.content).every((type) => type === 'application/json')
}

/** What stands in the way of many paths alike. */
function hindrances(method: string, path: string, operation: Operation): Answers {
  const { parameters = [], requestBody } = operation
  const told: Record<string, string> = { default: 'It cannot be done now, or we made a mistake' }
  const takes = requestBody !== undefined
  if (takes || parameters.length > 0) told['400'] = 'What was asked does not fit'
  told['401'] = 'A key that is known is wanted'
  if (method !== 'get' || neededScope('GET', path) !== undefined) {
    told['403'] = 'The key may not do that, or another page asked'
  }
  if (path.includes('{') && !answersForAny.has(path)) told['404'] = 'There is no such thing'
  if (takes) told['413'] = 'It is more than such a request may bring'
  if (onlyJson(requestBody)) told['415'] = 'Its body is not application/json'
  return hindered(told)
}
