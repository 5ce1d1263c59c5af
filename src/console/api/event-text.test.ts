import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventText } from './event-text.ts'

const stream =
  ': hello\n\nid: 7\nevent: message.accepted\ndata: {"id":"a"}\n\r\nid: 8\r\ndata: one\r\ndata: two\r\n\r\nevent: empty\n\n'

const events = [
  { id: '7', event: 'message.accepted', data: '{"id":"a"}' },
  { id: '8', event: 'message', data: 'one\ntwo' },
]

test('events are the same wherever the stream is cut', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const text = new EventText()
    const found = [...text.read(stream.slice(0, cut)), ...text.read(stream.slice(cut))]
    assert.deepEqual(found, events, `cut at ${cut}`)
  }
})

test('octet by octet they are the same, too', () => {
  const text = new EventText()
  const found = Array.from(stream).flatMap((letter) => text.read(letter))
  assert.deepEqual(found, events)
})
