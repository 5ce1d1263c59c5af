import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { testApi } from './test-support/test-api.ts'

const parameter = z.object({
  name: z.string(),
  in: z.string(),
  required: z.boolean().optional(),
  schema: z.looseObject({ type: z.unknown() }),
})
const document = z.object({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.object({ parameters: z.array(parameter).optional() })),
  ),
})

test('every name in a path is a parameter that must be there, and none may be null', async () => {
  const { ask } = testApi()
  const { paths } = document.parse((await ask('/v1/openapi.json')).json)
  for (const [path, methods] of Object.entries(paths)) {
    const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)
    for (const [method, { parameters = [] }] of Object.entries(methods)) {
      // OpenAPI 3.1.0 §4.8.12.2
      const required = parameters.filter((one) => one.in === 'path' && one.required === true)
      assert.deepEqual(required.map(({ name }) => name).toSorted(), names.toSorted(), path)
      for (const { name, schema } of parameters) {
        assert.ok(!JSON.stringify(schema.type ?? '').includes('null'), `${method} ${path} ${name}`)
      }
    }
  }
})
