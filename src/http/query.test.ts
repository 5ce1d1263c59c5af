import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrive, testApi } from './test-support/test-api.ts'

function idsOf(json: Readonly<Record<string, unknown>>): readonly string[] {
  return (json['data'] as readonly { readonly id: string }[]).map(({ id }) => id)
}

test('a list is of those that words and what they are not leave, page by page', async () => {
  const { store, ask } = testApi()
  const text = 'Subject: x\r\n\r\nYour treasure\r\n'
  for (const id of ['JOURNEY1', 'JOURNEY2', 'JOURNEY3'])
    await arrive(store, id, { subject: 'x', text })
  await arrive(store, 'JOURNEY4', { subject: 'other' })
  const first = await ask('/v1/messages?q=treasure&limit=2')
  assert.deepEqual(idsOf(first.json), ['JOURNEY3', 'JOURNEY2'])
  const rest = await ask(`/v1/messages?q=treasure&limit=2&after=${String(first.json['next'])}`)
  assert.deepEqual(idsOf(rest.json), ['JOURNEY1'])
  assert.equal(rest.json['has_more'], false)
  assert.deepEqual(idsOf((await ask('/v1/messages?q=-treasure')).json), ['JOURNEY4'])
})

test('who waits for a word of the text is answered when it comes', async () => {
  const { store, ask } = testApi()
  const waiting = ask('/v1/messages/wait?q=treasure&timeout=60')
  await arrive(store, 'JOURNEY1', { subject: 'one' })
  await arrive(store, 'JOURNEY2', { subject: 'two', text: 'Subject: two\r\n\r\nA treasure\r\n' })
  assert.equal((await waiting).json['id'], 'JOURNEY2')
})

test('an operator that nobody knows is told with the one that was meant', async () => {
  const { ask } = testApi()
  for (const [path, wrong, meant] of [
    ['/v1/messages', 'dmrc:fail', 'dmarc:fail'],
    ['/v1/messages/wait', 'dmrc:fail', 'dmarc:fail'],
    // What waits has words of its own.
    ['/v1/queue', 'reson:later', 'reason:later'],
  ] as const) {
    const { status, json } = await ask(`${path}?q=${wrong}`)
    assert.equal(status, 400, path)
    assert.equal(json['hint'], `Did you mean ${meant}?`, path)
  }
  // A word alone is the id of a letter there.
  assert.equal((await ask('/v1/queue?q=words')).status, 404)
})
