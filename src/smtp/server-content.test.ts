import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetString, octetsOf } from '../base/octets.ts'
import { OctetQueue } from '../wire/octet-queue.ts'
import { Outbox } from '../wire/engine.ts'
import { noRecipients } from './reply.ts'
import { ContentReception } from './server-content.ts'
import type { Step } from './server-step.ts'
import type { ServerOutput } from './server-types.ts'

interface Bench {
  readonly content: ContentReception
  /** Octets come: gives the steps until more are needed. */
  readonly come: (text: string) => readonly Step[]
  /** What was put out since the last look. */
  readonly seen: () => readonly string[]
  readonly queue: OctetQueue
}

function bench(maxBytes = 100): Bench {
  const queue = new OctetQueue()
  const out = new Outbox<ServerOutput>()
  const content = new ContentReception(queue, out, maxBytes)
  return {
    content,
    queue,
    come(text) {
      queue.push(octetsOf(text))
      const step = content.read()
      return step === undefined ? [] : [step]
    },
    seen: () =>
      out.take().map((output) => {
        if (output.type === 'message') return octetString(output.octets)
        return output.type === 'messageEnd' ? `(${output.ending})` : output.type
      }),
  }
}

test('DATA is over at its final dot, and what stands behind it is left alone', () => {
  const { content, come, seen, queue } = bench()
  content.beginData()
  assert.deepEqual(come('one\r\n..two\r\n'), [])
  const [step] = come('.\r\nQUIT\r\n')
  assert.ok(step?.type === 'judge' && step.refusal === null)
  assert.equal(step.facts.octets, 'one\r\n.two\r\n'.length)
  assert.deepEqual(seen(), ['one\r\n.two\r\n', '(complete)'])
  assert.equal(octetString(queue.view()), 'QUIT\r\n')
})

test('a message in chunks is judged at its last one, and each before is answered', () => {
  const { content, come, seen } = bench()
  content.beginChunks()
  content.expectChunk({ octets: 3, last: false }, null)
  assert.deepEqual(come('ab'), [])
  assert.deepEqual(
    come('c').map((step) => step.type),
    ['reply'],
  )
  content.expectChunk({ octets: 0, last: true }, null)
  assert.deepEqual(
    come('').map((step) => step.type),
    ['judge'],
  )
  assert.deepEqual(seen(), ['ab', 'c', '(complete)'])
})

test('a chunk that is refused is read past, and nothing of it is content', () => {
  const { content, come, seen, queue } = bench()
  content.expectChunk({ octets: 4, last: true }, noRecipients)
  assert.deepEqual(come('NOOPQUIT'), [{ type: 'refuse', reply: noRecipients, counts: 'error' }])
  assert.deepEqual(seen(), [])
  assert.equal(octetString(queue.view()), 'QUIT')
  assert.equal(content.abandon(null), false)
})

test('what cannot be taken is refused at the end of its chunk, and the content is cut at the limit', () => {
  const { content, come, seen } = bench(4)
  content.beginChunks()
  content.expectChunk({ octets: 6, last: false }, null)
  const [step] = come('abcdef')
  assert.ok(step?.type === 'judge')
  assert.equal(step.refusal?.code, 552)
  assert.deepEqual(seen(), ['abcd', '(refused)'])
})

test('each message that was begun ends once, and may be broken off until then', () => {
  const { content, come, seen } = bench()
  assert.equal(content.abandon(null), false)
  content.beginData()
  come('half')
  assert.equal(content.abandon(null), true)
  assert.equal(content.abandon(null), false)
  assert.deepEqual(seen(), ['half', '(abandoned)'])
  content.beginData()
  come('.\r\n')
  assert.equal(content.abandon(null), false)
  assert.deepEqual(seen(), ['(complete)'])
})

test('the progress counts octets of the wire, anew for each look and each beginning', () => {
  const { content, come } = bench()
  content.beginData()
  come('..a\r\n')
  assert.equal(content.takeProgress(), 5)
  assert.equal(content.takeProgress(), 0)
  come('b')
  content.beginData()
  assert.equal(content.takeProgress(), 0)
})
