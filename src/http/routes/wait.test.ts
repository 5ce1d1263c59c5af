import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrive, testApi } from '../test-support/test-api.ts'

test('who waits is answered as soon as the message comes, and not by another', async () => {
  const { store, ask } = testApi()
  const waiting = ask('/v1/messages/wait?q=subject:two&timeout=60')
  await arrive(store, 'JOURNEY1', { subject: 'one' })
  await arrive(store, 'JOURNEY2', { subject: 'two' })
  const { status, json } = await waiting
  assert.equal(status, 200)
  assert.equal(json['id'], 'JOURNEY2')
  assert.equal((await ask('/v1/messages/wait?q=subject:one')).json['id'], 'JOURNEY1')
})

test('who waited in vain is told what came and did not fit', async () => {
  const { store, ask } = testApi()
  await arrive(store, 'JOURNEY1', { subject: 'one' })
  const { status, json } = await ask('/v1/messages/wait?q=subject:two&timeout=0')
  assert.equal(status, 404)
  assert.equal(json['type'], 'https://waybill.example/problems/wait-timeout')
  const misses = json['near_misses'] as readonly { readonly subject: string }[]
  assert.deepEqual(
    misses.map(({ subject }) => subject),
    ['one'],
  )
  const later = new Date(3_000_000).toISOString()
  const after = await ask(`/v1/messages/wait?timeout=0&since=${later}`)
  assert.deepEqual(after.json['near_misses'], [])
})

test('nonsense is no wish', async () => {
  const { ask } = testApi()
  for (const query of ['q=fro:x', 'since=yesterday', 'timeout=-1', 'timeout=1e9', 'timeout=x']) {
    assert.equal((await ask(`/v1/messages/wait?${query}`)).status, 400, query)
  }
})

test('the header, the recipients, the tries and the lines of a message', async () => {
  const { store, ask } = testApi()
  const text = 'Subject: one\r\nX-A: =?utf-8?Q?=C3=A4?=\r\n\r\nHello\r\n'
  await arrive(store, 'JOURNEY1', { subject: 'one', text })
  const { json } = await ask('/v1/messages/JOURNEY1/headers')
  assert.deepEqual(json, {
    data: [
      { name: 'Subject', value: 'one' },
      { name: 'X-A', value: 'ä' },
    ],
    more: false,
  })
  for (const path of ['recipients', 'attempts', 'conversation']) {
    const { status, json: told } = await ask(`/v1/messages/JOURNEY1/${path}`)
    assert.equal(status, 200, path)
    assert.ok(Array.isArray(told['data']), path)
  }
})
