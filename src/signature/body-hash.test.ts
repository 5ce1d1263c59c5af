import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { type BodyHash, BodyHashes, hashBody } from './body-hash.ts'

function sha(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('base64')
}

function run(hashes: BodyHashes, text: string): void {
  for (const octet of text) hashes.push(Buffer.from(octet))
  hashes.finish()
}

test('many requests are answered in one pass, equal ones by the same hash', () => {
  const hashes = new BodyHashes()
  const relaxed = hashes.add({ canonicalization: 'relaxed', hash: 'sha256' })
  const simple = hashes.add({ canonicalization: 'simple', hash: 'sha256' })
  const old = hashes.add({ canonicalization: 'simple', hash: 'sha1' })
  const part = hashes.add({ canonicalization: 'simple', hash: 'sha256', maxOctets: 3 })
  assert.equal(hashes.add({ canonicalization: 'simple', hash: 'sha256', maxOctets: 3 }), part)
  assert.equal(hashes.add({ canonicalization: 'relaxed', hash: 'sha256' }), relaxed)
  assert.notEqual(hashes.add({ canonicalization: 'simple', hash: 'sha256', maxOctets: 4 }), part)
  run(hashes, 'a  b \r\n\r\n')
  const expected: readonly (readonly [
    found: BodyHash,
    hash: string,
    octets: number,
    covered: number,
  ])[] = [
    [relaxed.found, sha('sha256', 'a b\r\n'), 5, 5],
    [simple.found, sha('sha256', 'a  b \r\n'), 7, 7],
    [old.found, sha('sha1', 'a  b \r\n'), 7, 7],
    [part.found, sha('sha256', 'a  '), 7, 3],
  ]
  for (const [found, hash, octets, covered] of expected) {
    assert.deepEqual(found, { hash, octets, covered })
  }
})

test('a body that is whole in memory has the hash that its pieces have', () => {
  for (const text of ['', '\r\n', 'a\r\n', 'a\r\n\r\n', 'a', 'a b\r\nc\r\n', 'a  b\r\n', ' \r\n']) {
    for (const canonicalization of ['simple', 'relaxed'] as const) {
      for (const maxOctets of [undefined, 0, 2, 100]) {
        const request = { canonicalization, hash: 'sha256', maxOctets } as const
        const hashes = new BodyHashes()
        const growing = hashes.add(request)
        run(hashes, text)
        assert.deepEqual(hashBody(Buffer.from(text), request), growing.found, JSON.stringify(text))
      }
    }
  }
})

test('a limit of nothing hashes nothing, one beyond the body hashes all of it', () => {
  const hashes = new BodyHashes()
  const none = hashes.add({ canonicalization: 'simple', hash: 'sha256', maxOctets: 0 })
  const all = hashes.add({ canonicalization: 'simple', hash: 'sha256', maxOctets: 1e76 })
  run(hashes, 'a')
  assert.deepEqual(none.found, { hash: sha('sha256', ''), octets: 3, covered: 0 })
  assert.deepEqual(all.found, { hash: sha('sha256', 'a\r\n'), octets: 3, covered: 3 })
})

test('an excerpt keeps the first octets, and says when there were more', () => {
  const hashes = new BodyHashes()
  hashes.add({ canonicalization: 'relaxed', hash: 'sha256' })
  assert.equal(hashes.keep('simple', 10), undefined)
  const excerpt = hashes.keep('relaxed', 4)
  assert.equal(hashes.keep('relaxed', 4), excerpt)
  run(hashes, 'a   bcd')
  assert.equal(Buffer.from(excerpt?.octets ?? []).toString(), 'a bc')
  assert.equal(excerpt?.truncated, true)
})

test('an excerpt that holds all says so, also when it is just full', () => {
  for (const maxOctets of [5, 6, 100]) {
    const hashes = new BodyHashes()
    hashes.add({ canonicalization: 'relaxed', hash: 'sha256' })
    const excerpt = hashes.keep('relaxed', maxOctets)
    run(hashes, 'abc\r\n')
    assert.equal(Buffer.from(excerpt?.octets ?? []).toString(), 'abc\r\n')
    assert.equal(excerpt?.truncated, false)
  }
})

test('a hash that is asked for too early says so', () => {
  const growing = new BodyHashes().add({ canonicalization: 'simple', hash: 'sha256' })
  assert.throws(() => growing.found, /before the body ended/)
})

test('a long body that is pushed whole has the hash that the RFC gives it, in both forms', () => {
  // Lines that end on either side of every multiple of 64 KiB, with white space to take away there.
  for (const length of [7, 4093, 32_767, 65_533, 65_535]) {
    const body = `${'x'.repeat(length)} \t y  \r\n \t\r\n`.repeat(Math.ceil(300_000 / length) + 3)
    const lines = body.split('\r\n').map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
    const relaxed = `${lines.join('\r\n').replace(/(?:\r\n)+$/, '')}\r\n`
    const simple = `${body.replace(/(?:\r\n)+$/, '')}\r\n`
    for (const [canonicalization, form] of [
      ['relaxed', relaxed],
      ['simple', simple],
    ] as const) {
      const request = { canonicalization, hash: 'sha256' } as const
      const hashes = new BodyHashes()
      const whole = hashes.add(request)
      hashes.push(Buffer.from(body))
      hashes.finish()
      assert.equal(whole.found.hash, sha('sha256', form), `${canonicalization}, lines of ${length}`)
      assert.equal(whole.found.octets, form.length)
      assert.deepEqual(hashBody(Buffer.from(body), request), whole.found)
    }
  }
})
