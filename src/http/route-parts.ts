import { z } from '@hono/zod-openapi'
import { hindered } from './described.ts'
import { problem, ProblemError } from './problem.ts'

/** A message in a path. */
export const idParam: z.ZodObject<{ id: z.ZodString }> = z.object({
  id: z.string().max(1000).openapi({ example: '1m8cf4q4' }),
})

/** What is answered where all is well, as JSON. */
export function answer<T extends z.ZodType>(
  description: string,
  schema: T,
): {
  200: { description: string; content: { 'application/json': { schema: T } } }
} {
  return { 200: { description, content: { 'application/json': { schema } } } }
}

/** What is changed on a server of one's own alone. */
export const notHere: ReturnType<typeof hindered<409>> = hindered({
  409: 'A lab or a catcher: it says why nothing can be changed',
})

/** Where there is no queue that anything could be kept back in. */
export function nothingGoesOut(): ProblemError {
  const detail = 'Nothing goes out of this server.'
  return new ProblemError(problem(409, 'not-here', { title: 'That is not to be had here', detail }))
}

/** What a request must bring, as JSON. */
export function body<T extends z.ZodType>(
  schema: T,
): { body: { required: true; content: { 'application/json': { schema: T } } } } {
  return { body: { required: true, content: { 'application/json': { schema } } } }
}

/** The reason of an act. */
export const reason: z.ZodDefault<z.ZodString> = z
  .string()
  .max(1000)
  .default('')
  .describe('For the audit')

/** The same, where it stands in the address. */
export const reasonQuery: z.ZodObject<{ reason: z.ZodDefault<z.ZodString> }> = z.object({ reason })

/** A list that is always told whole, in the form of those that come in pages. */
export function wholeList<T extends z.ZodType>(
  item: T,
): z.ZodObject<{
  data: z.ZodArray<T>
  has_more: z.ZodLiteral<false>
  next: z.ZodNull
  note: z.ZodString
}> {
  return z.object({
    data: z.array(item),
    has_more: z.literal(false),
    next: z.null(),
    note: z.string().describe('Why there is nothing, or why it cannot be changed here'),
  })
}

/** Such a list. */
export function whole<T>(
  data: T[],
  note = '',
): { data: T[]; has_more: false; next: null; note: string } {
  return { data, has_more: false, next: null, note }
}
