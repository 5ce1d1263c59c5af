import type { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { say } from './api-shell.ts'
import type { Api, ApiEnv } from './api-types.ts'
import { type Problem, problem } from './problem.ts'

/**
 * What is said where no path fits: which methods a path has that is there for others (RFC 9110
 * §15.5.6), and else that there is none.
 *
 * @param none of a path that nobody has
 */
export function sayNoPath(api: Api, none: (path: string) => Problem): void {
  api.notFound((c: Context<ApiEnv>) => {
    const { method, path } = c.req
    const methods = methodsAt(api, path)
    if (methods.length === 0) return say(c, none(path))
    const answer = say(c, otherMethod(method, methods))
    answer.headers.set('allow', methods.join(', '))
    return answer
  })
}

/** The methods of a path that is described, HEAD where there is GET. */
function methodsAt(api: Api, path: string): readonly string[] {
  const found = api.openAPIRegistry.definitions.flatMap((one) => {
    if (one.type !== 'route') return []
    const { route } = one
    const values = valuesIn(route.path, path)
    if (values === undefined || !fits(route.request?.params, values)) return []
    return route.method === 'get' ? ['GET', 'HEAD'] : [route.method.toUpperCase()]
  })
  return Array.from(new Set(found))
}

/** What stands in a path for the names of a template such as `/v1/messages/{id}`. */
function valuesIn(template: string, path: string): Record<string, string> | undefined {
  const [names, given] = [template.split('/'), path.split('/')]
  if (names.length !== given.length) return undefined
  const values: Record<string, string> = {}
  for (const [at, name] of names.entries()) {
    const value = given[at] ?? ''
    const [, inside] = /^\{(\w+)\}$/.exec(name) ?? []
    if (inside === undefined ? name !== value : value === '') return undefined
    if (inside !== undefined) values[inside] = value
  }
  return values
}

/** `/v1/messages/{id}/{action}` is no path for what is no action. */
function fits(params: unknown, values: Readonly<Record<string, string>>): boolean {
  return !isSchema(params) || params.safeParse(values).success
}

function isSchema(params: unknown): params is Pick<z.ZodType, 'safeParse'> {
  return (
    typeof params === 'object' &&
    params !== null &&
    'safeParse' in params &&
    typeof params.safeParse === 'function'
  )
}

function otherMethod(method: string, methods: readonly string[]): Problem {
  return problem(405, 'other-method', {
    title: 'This path is asked otherwise',
    detail: `${method} is none of ${methods.join(', ')}.`,
  })
}
