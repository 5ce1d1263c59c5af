import { type Schema, SchemaCheck } from './json-schema.ts'

/** One thing that can be asked, as the document has it. */
export interface Operation {
  readonly method: string
  readonly path: string
  readonly parameters: readonly {
    readonly name: string
    readonly in: string
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> }
  readonly responses: Readonly<Record<string, Answers>>
}

interface Answers {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}

/** What came for what was asked. */
export interface Came {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** The document of an API, against which its answers are held. */
export class ApiDocument {
  readonly operations: readonly Operation[]
  readonly #check: SchemaCheck
  /** Operations and statuses that answers have been held against. */
  readonly #seen = new Set<string>()

  constructor(json: unknown) {
    const document = json as {
      readonly paths: Record<
        string,
        Record<string, Omit<Operation, 'method' | 'path' | 'parameters'>>
      >
      readonly components: { readonly schemas: Record<string, Schema> }
    }
    this.#check = new SchemaCheck(document.components.schemas)
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) => {
      return Object.entries(methods).map(([method, told]) => {
        return { parameters: [], ...told, method: method.toUpperCase(), path }
      })
    })
  }

  /** What of an answer is not as the document says. */
  hold(method: string, target: string, came: Came): readonly string[] {
    const operation = this.#operationOf(method, target)
    if (operation === undefined) return [`${method} ${target} is not in the document`]
    const { status, headers, text } = came
    const asked = `${method} ${operation.path} ${status}`
    const told =
      operation.responses[status] ??
      (status === 421 || status >= 500 ? operation.responses['default'] : undefined)
    if (told === undefined) return [`${asked} is not in the document: ${text.slice(0, 300)}`]
    this.#seen.add(asked)
    if (told.content === undefined) return text === '' ? [] : [`${asked} has a body`]
    const [type = ''] = (headers.get('content-type') ?? '').split(';')
    const content = told.content[type]
    if (content === undefined) return [`${asked} came as "${type}"`]
    if (!type.endsWith('json')) return []
    const json: unknown = JSON.parse(text)
    const misfits = this.#check.misfits(content.schema, json).map((one) => `${asked}: ${one}`)
    if (!type.startsWith('application/problem')) return misfits
    const { status: said } = json as { readonly status: number }
    return said === status ? misfits : [...misfits, `${asked}: says ${said}`]
  }

  /** Answers of the document that have not come yet; those to trouble of our own are for other tests. */
  get unseen(): readonly string[] {
    return this.operations
      .flatMap(({ method, path, responses }) => {
        const statuses = Object.keys(responses).filter((status) => status < '500')
        return statuses.map((status) => `${method} ${path} ${status}`)
      })
      .filter((asked) => !this.#seen.has(asked))
  }

  /** A path without a place to fill is meant before one with. */
  #operationOf(method: string, target: string): Operation | undefined {
    const [path = ''] = target.split('?')
    const fits = this.operations.filter((one) => one.method === method && isAt(one.path, path))
    return fits.toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0]
  }
}

/** Whether a path is one of a form such as `/v1/messages/{id}`. */
function isAt(form: string, path: string): boolean {
  const [forms, parts] = [form.split('/'), path.split('/')]
  if (forms.length !== parts.length) return false
  return forms.every((one, n) => one === parts[n] || one.startsWith('{'))
}
