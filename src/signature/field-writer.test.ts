import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { writeSignature, writeTags } from './field-writer.ts'
import { parseTagList } from './tag-list.ts'

test('a field is folded at semicolons, inside lists, and inside the signature', () => {
  const text = writeTags('X-Sig', [
    { name: 'v', value: '1' },
    { name: 'h', value: ['a'.repeat(30), 'b'.repeat(30), 'c'.repeat(30)] },
    { name: 'b', value: '' },
  ])
  const field = writeSignature(text, 'Q'.repeat(100))
  assert.equal(
    field,
    [
      `X-Sig: v=1; h=${'a'.repeat(30)}${'b'.repeat(30)}`,
      ` ${'c'.repeat(30)}; b=${'Q'.repeat(43)}`,
      ` ${'Q'.repeat(57)}`,
      '',
    ].join('\r\n'),
  )
})

test('no line is longer than 78 characters unless one word is, and the tags are read back', () => {
  const part = fc.stringMatching(/^[a-z:]{1,40}$/)
  fc.assert(
    fc.property(
      fc.array(fc.oneof(part, fc.array(part, { minLength: 1 })), { minLength: 1, maxLength: 12 }),
      fc.stringMatching(/^[A-Z]{0,400}$/),
      (values, base64) => {
        const tags = values.map((value, i) => ({ name: `t${i}`, value }))
        const text = writeTags('DKIM-Signature', [...tags, { name: 'b', value: '' }])
        const field = writeSignature(text, base64)
        for (const line of field.split('\r\n')) assert.ok(line.length <= 78, line)
        assert.ok(field.startsWith(text) && field.endsWith('\r\n'))
        const list = parseTagList(field.slice('DKIM-Signature:'.length, -2))
        assert.ok(list.ok)
        for (const { name, value } of [...tags, { name: 'b', value: base64 }]) {
          const found: string | undefined = list.value.get(name)?.value.replace(/\s/g, '')
          assert.equal(found, typeof value === 'string' ? value : value.join(''))
        }
      },
    ),
  )
})
