import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyOf, type Draft, OnceKey } from './letter.ts'

const draft: Draft = {
  how: 'fields',
  from: 'Ann <ann@north.example>',
  to: 'ben@south.example, eve@south.example',
  subject: 'Lunch?',
  text: 'At noon?\n',
  raw: 'Subject: Grüße\n\nHello\n',
}

test('a letter in fields is posted as it was typed', () => {
  const { from, to, subject, text } = draft
  assert.deepEqual(bodyOf(draft), { from, to, subject, text })
})

test('a whole letter goes as its octets, with the envelope where one is said', () => {
  const { raw = '', ...envelope } = bodyOf({ ...draft, how: 'whole' })
  assert.equal(Buffer.from(raw, 'base64').toString('utf8'), draft.raw)
  assert.deepEqual(envelope, { envelope_from: draft.from, rcpt_to: draft.to })
  const bare = bodyOf({ ...draft, how: 'whole', from: '', to: '' })
  assert.deepEqual(Object.keys(bare), ['raw'])
})

test('the same letter has the same key until it was answered, another letter another one', () => {
  let number = 0
  const once = new OnceKey(() => `key${++number}`)
  const other = { ...draft, text: 'At one?' }
  assert.equal(once.for(bodyOf(draft)), 'key1')
  assert.equal(once.for(bodyOf(draft)), 'key1')
  assert.equal(once.for(bodyOf(other)), 'key2')
  once.done()
  assert.equal(once.for(bodyOf(other)), 'key3')
})

test('keys are of chance', () => {
  const keys = Array.from({ length: 50 }, () => new OnceKey().for(bodyOf(draft)))
  assert.equal(new Set(keys).size, 50)
  assert.ok(keys.every((key) => key.length <= 256))
})
