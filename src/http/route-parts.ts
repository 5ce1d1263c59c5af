import { z } from '@hono/zod-openapi'

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

/** What a request must bring, as JSON. */
export function body<T extends z.ZodType>(
  schema: T,
): { body: { required: true; content: { 'application/json': { schema: T } } } } {
  return { body: { required: true, content: { 'application/json': { schema } } } }
}
