import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { octetString, octetsOf } from '../base/octets.ts'
import { LineReader, OctetQueue } from './octet-queue.ts'

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

const limit = 5

/** What a text is as lines, said slowly: split at LF, then look at each piece. */
function oracle(text: string): string[] {
  const pieces = text.split('\n').slice(0, -1)
  return pieces.map((piece, i) => {
    if (piece.length + 1 > limit) return 'tooLong'
    const brokenBefore = i > 0 && !(pieces[i - 1] ?? '').endsWith('\r')
    const whole = piece.endsWith('\r') ? piece.slice(0, -1) : undefined
    if (whole === undefined || whole.includes('\r') || brokenBefore) return 'bareNewline'
    return `line ${whole}`
  })
}

function read(pieces: readonly string[]): string[] {
  const queue = new OctetQueue()
  const reader = new LineReader(queue)
  const found: string[] = []
  for (const piece of pieces) {
    queue.push(octetsOf(piece))
    for (;;) {
      const line = reader.next(limit)
      if (line === undefined) break
      found.push(line.type === 'line' ? `line ${octetString(line.octets)}` : line.type)
    }
    assert.ok(queue.length < limit, 'what waits is bounded')
  }
  return found
}

test('every string over CR, LF and a is read as the oracle says, whole and cut anywhere', () => {
  let level = ['']
  for (let length = 0; length <= 8; length++) {
    for (const text of level) {
      const wanted = oracle(text).join(',')
      const cuts = [[text], Array.from(text)]
      for (let at = 1; at < text.length; at++) cuts.push([text.slice(0, at), text.slice(at)])
      for (const pieces of cuts) {
        const got = read(pieces).join(',')
        if (got !== wanted) assert.deepEqual({ pieces, got }, { pieces, got: wanted })
      }
    }
    level = level.flatMap((text) => ['\r', '\n', 'a'].map((char) => text + char))
  }
})

test('a line without end is given up, whole or octet by octet, and waits in little space', () => {
  const flood = new Uint8Array(64 * 1024).fill(97)
  const queue = new OctetQueue()
  const reader = new LineReader(queue)
  let pushed = 0
  let line = reader.next(512)
  while (line === undefined) {
    queue.push(flood)
    pushed += flood.length
    line = reader.next(512)
    assert.ok(queue.length <= 512)
  }
  assert.equal(line.type, 'endless')
  assert.ok(pushed <= 2 * 1024 * 1024)
  const whole = new OctetQueue()
  whole.push(octetsOf(`${'a'.repeat(pushed)}\r\n`))
  assert.equal(new LineReader(whole).next(512)?.type, 'endless')
})

test('a line of 1 MiB with its end is too long, one octet more and it is endless', () => {
  for (const [length, wanted] of [
    [1024 * 1024, 'tooLong'],
    [1024 * 1024 + 1, 'endless'],
  ] as const) {
    const text = octetsOf(`${'x'.repeat(length - 2)}\r\n`)
    for (const cut of [0, 3, length - 2, length - 1, length]) {
      const queue = new OctetQueue()
      const reader = new LineReader(queue)
      queue.push(text.subarray(0, cut))
      const early = reader.next(512)
      queue.push(text.subarray(cut))
      assert.equal((early ?? reader.next(512))?.type, wanted, `${length} cut at ${cut}`)
    }
  }
})
