import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { octetString } from '../base/octets.ts'
import { OctetQueue } from './octet-queue.ts'

test('the queue gives back what was pushed, in order, whatever is skipped in between', () => {
  const action = fc.oneof(
    fc.uint8Array({ maxLength: 50 }).map((octets) => ({ push: octets })),
    fc.nat(60).map((count) => ({ skip: count })),
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const queue = new OctetQueue()
      let model = ''
      for (const step of actions) {
        if ('push' in step) {
          const before = octetString(step.push)
          queue.push(step.push)
          model += before
          assert.equal(octetString(step.push), before, 'what was pushed is not written to')
        } else {
          const count = Math.min(step.skip, queue.length)
          queue.skip(count)
          model = model.slice(count)
        }
        assert.equal(octetString(queue.view()), model)
        assert.equal(queue.length, model.length)
      }
    }),
  )
})

test('single octets are queued in linear time', () => {
  const queue = new OctetQueue()
  for (let i = 0; i < 300_000; i++) queue.push(Uint8Array.of(i & 255))
  assert.equal(queue.length, 300_000)
})
