import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeUtf8, octetString } from '../../base/octets.ts'
import { MemoryResolver } from '../../dns/memory-resolver.ts'
import type { Resolver } from '../../dns/resolver.ts'
import type { EvidenceSources } from '../../inspect/verify-answer.ts'
import { answerLines, tooLongLine } from './answer-lines.ts'

const world: EvidenceSources = {
  resolver: () => new MemoryResolver({}),
  receiver: 'mx.south.example',
  now: () => 1_700_000_000,
}

const spf = { ip: '192.0.2.1', helo: 'mx.example', mailFrom: 'a@b.example' }

async function answer(text: string | Uint8Array, to: EvidenceSources = world) {
  const octets = typeof text === 'string' ? encodeUtf8(text) : text
  const answered = await answerLines(octets, to)
  const lines = octetString(answered.octets).split('\n').slice(0, -1)
  assert.equal(lines.length, answered.lines)
  return {
    ...answered,
    answers: lines.map((line): Readonly<Record<string, unknown>> => JSON.parse(line)),
  }
}

test('each line has its answer, in order; an empty one cannot be read', async () => {
  const request = (id: number): string => JSON.stringify({ id, spf, dns: {} })
  const text = `${request(1)}\n\n  \t\r\n${request(2)}\r\n{\n${request(3)}`
  const { answers, unreadable } = await answer(text)
  assert.deepEqual(
    answers.map(({ id }) => id),
    [1, null, null, 2, null, 3],
  )
  assert.equal(unreadable, 3)
  assert.equal(answers[1]?.['error'], 'the line is empty')
  assert.equal(answers[2]?.['error'], 'the line is empty')
  assert.match(String(answers[4]?.['error']), /^the line is not JSON/)
})

test('no line, no answer', async () => {
  assert.deepEqual((await answer('')).answers, [])
  assert.equal((await answer('\n\n')).answers.length, 2)
})

test('a byte order mark before the first line is passed over', async () => {
  const { unreadable } = await answer(`\ufeff${JSON.stringify({ spf, dns: {} })}\n`)
  assert.equal(unreadable, 0)
})

test('octets that are not UTF-8 are told', async () => {
  const { answers } = await answer(new Uint8Array([0x22, 0xff, 0x22, 10]))
  assert.deepEqual(answers, [{ id: null, error: 'the line is not UTF-8' }])
})

test('what was wrong is told with the id of its request', async () => {
  const { answers } = await answer('{"id":"ä","spf":{}}\n')
  assert.deepEqual(answers, [{ id: 'Ã¤', error: 'spf.ip: is an address, as text' }])
})

test('a lone surrogate in an id comes back as it came', async () => {
  const { answers } = await answer('{"id":"\\ud800","spf":{}}\n')
  assert.equal(answers[0]?.['id'], '\ud800')
})

test('a fault of ours costs one line and not the others', async () => {
  const broken: Resolver = { resolve: () => Promise.reject(new Error('out of order')) }
  const text = [
    { id: 1, spf },
    { id: 2, spf, dns: {} },
  ]
    .map((one) => JSON.stringify(one))
    .join('\n')
  const { answers } = await answer(text, { ...world, resolver: () => broken })
  assert.deepEqual(answers[0], { id: 1, error: 'cannot be evaluated: out of order' })
  assert.deepEqual(answers[1]?.['spf'], { result: 'none', domain: 'b.example' })
})

test('nesting without end is an error of its line', async () => {
  const deep = `{"id":1,"dns":{"a":{"TXT":${'['.repeat(200_000)}${']'.repeat(200_000)}}},"spf":{"ip":"::1"}}`
  const { answers } = await answer(`${deep}\n{"id":2}\n`)
  assert.equal(answers.length, 2)
  assert.equal(typeof answers[0]?.['error'], 'string')
})

test('lines that wait for DNS wait together', async () => {
  let underWay = 0
  let most = 0
  const slow: Resolver = {
    async resolve() {
      most = Math.max(most, ++underWay)
      await new Promise((resolve) => setImmediate(resolve))
      underWay--
      return { type: 'noName', ttlSeconds: 0, dnssec: 'insecure' }
    },
  }
  const text = Array.from({ length: 200 }, (_, id) => JSON.stringify({ id, spf })).join('\n')
  const { answers } = await answer(text, { ...world, resolver: () => slow })
  assert.deepEqual(
    answers.map(({ id }) => id),
    Array.from({ length: 200 }, (_, id) => id),
  )
  assert.equal(most, 64)
})

test('a line that is too long is answered without an id', () => {
  const { octets, ...counts } = tooLongLine(5)
  assert.equal(octetString(octets), '{"id":null,"error":"the line is longer than 5 octets"}\n')
  assert.deepEqual(counts, { lines: 1, unreadable: 1 })
})

test('however the octets of requests are changed, each line has one answer (mutation)', async () => {
  const message = Buffer.from('From: a@b.example\r\nDKIM-Signature: v=1; d=b.example\r\n\r\nHi')
  const whole = [
    { id: 1, message: message.toString('base64'), ...spf, now: 1_700_000_000, dns: {} },
    { id: 2, spf, dns: { 'b.example': { TXT: [['v=spf1 ', 'mx -all']], MX: ['10 c.example'] } } },
    {
      id: 3,
      dmarc: { from: 'a@b.example', spf: null, dkim: [] },
      dns: { b: { error: 'TIMEOUT' } },
    },
  ]
  const octets = encodeUtf8(whole.map((one) => JSON.stringify(one)).join('\n'))
  const change = fc.tuple(fc.nat(octets.length - 1), fc.nat(255))
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const changed = octets.slice()
      for (const [at, octet] of changes) changed[at] = octet
      const { answers } = await answer(changed)
      const lines = octetString(changed).split('\n')
      // What follows the last line end is a line only when there is something.
      assert.equal(answers.length, lines.length - (lines.at(-1) === '' ? 1 : 0))
      for (const one of answers) {
        assert.equal('error' in one, !('authenticationResults' in one))
        assert.doesNotMatch(String(one['error']), /cannot be evaluated/)
      }
    }),
    { numRuns: 1500 },
  )
})
