import type { Operation } from '../../src/http/test-support/api-document.ts'
import type { Asked, HeldApi } from './asking.ts'

/** Asks of each operation what is no use to ask, so that its problems come. */
export async function beHindered(api: HeldApi, scoped?: ScopedKeys): Promise<void> {
  for (const operation of api.document.operations) {
    const { method, responses } = operation
    const ask = (target: string, what?: Asked) => api.ask(method, target, what)
    const usual = filled(operation)
    const { body } = usual
    if ('401' in responses) {
      await ask(usual.target, { ...body, headers: { ...body.headers, authorization: 'Bearer x' } })
    }
    if ('403' in responses) {
      const key = scoped?.(operation)
      const headers =
        key === undefined ? { 'sec-fetch-site': 'cross-site' } : { authorization: `Bearer ${key}` }
      if (key !== undefined || method !== 'GET')
        await ask(usual.target, { ...body, headers: { ...body.headers, ...headers } })
    }
    if ('404' in responses) await ask(usual.target, body)
    if ('413' in responses)
      await ask(usual.target, {
        headers: { ...body.headers, 'content-length': String(2 ** 26 + 1) },
      })
    if ('415' in responses)
      await ask(usual.target, { octets: '{}', headers: { 'content-type': 'text/plain' } })
    if ('400' in responses)
      for (const wrong of wrongs(operation)) await ask(wrong.target, wrong.body)
  }
}

/** A key that may not do what an operation does; none: cross-site is all that is refused. */
type ScopedKeys = (operation: Operation) => string | undefined

interface Filled {
  readonly target: string
  readonly body: Asked
}

/** What is there nowhere. */
const nowhere: Readonly<Record<string, string>> = {
  id: 'NOSUCHID',
  address: 'nobody@nowhere.example',
  domain: 'nowhere.example',
  name: 'nothing',
  action: 'hold',
  n: '1',
  of: 'destination%20nowhere.example',
}

function filled({ path, requestBody }: Operation, places = nowhere): Filled {
  const target = path.replace(/\{(\w+)\}/g, (_, name: string) => places[name] ?? name)
  const [type] = Object.keys(requestBody?.content ?? {})
  if (type === undefined) return { target, body: {} }
  return { target, body: { octets: '{}', headers: { 'content-type': type } } }
}

/** Requests that fit no form: a body that is none, or a parameter out of its bounds. */
function wrongs(operation: Operation): readonly Filled[] {
  const usual = filled(operation)
  const broken = { ...usual, body: { ...usual.body, octets: '[' } }
  const bodies = operation.requestBody === undefined ? [] : [broken]
  for (const { name, in: place, schema } of operation.parameters) {
    const wrong = wrongFor(schema)
    if (wrong === undefined) continue
    if (place === 'query')
      return [...bodies, { ...usual, target: `${usual.target}?${name}=${wrong}` }]
    if (place === 'path') return [...bodies, filled(operation, { ...nowhere, [name]: wrong })]
  }
  return bodies
}

function wrongFor({
  type,
  maxLength,
  enum: words,
}: Operation['parameters'][number]['schema']): string | undefined {
  if (words !== undefined || type === 'integer' || type === 'number') return 'x'
  return typeof maxLength === 'number' ? 'x'.repeat(maxLength + 1) : undefined
}
