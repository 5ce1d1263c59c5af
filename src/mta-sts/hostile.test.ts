/** Nothing that a domain owner publishes throws, hangs, or costs more than it is long. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withinCpu } from '../base/test-support/cpu-time.ts'
import { encodeUtf8 } from '../base/octets.ts'
import { checkMx, readStsPolicy } from './policy.ts'
import { matchesMx, readMxPattern } from './mx-pattern.ts'
import { readStsRecord } from './record.ts'

const record = 'v=STSv1; id=20160831085700Z; ext=1'
const policy = 'version: STSv1\r\nmode: enforce\r\nmx: *.example.com\r\nmax_age: 604800\r\nx: é\r\n'

/** Far above what is needed, far below what growth by the square would take. */
const boundMs = 3000

async function bounded(name: string, work: () => unknown): Promise<void> {
  await withinCpu(boundMs, name, work)
}

function mutated(octets: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    at: fc.nat(octets.length),
    remove: fc.nat(4),
    insert: fc.array(fc.oneof(fc.nat(255), fc.constantFrom(10, 13, 32, 9, 58, 59, 61, 42, 46)), {
      maxLength: 4,
    }),
  })
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    let all = Array.from(octets)
    for (const { at, remove, insert } of changes) {
      all = [...all.slice(0, at), ...insert, ...all.slice(at + remove)]
    }
    return Uint8Array.from(all)
  })
}

test('a policy with a few octets changed is read or refused with a line that exists', () => {
  fc.assert(
    fc.property(mutated(encodeUtf8(policy)), (octets) => {
      const read = readStsPolicy(octets)
      if (read.ok) {
        assert.ok(read.value.maxAgeSeconds >= 0 && read.value.maxAgeSeconds <= 31_557_600)
        assert.ok(read.value.mode === 'none' || read.value.mx.length > 0)
        for (const pattern of read.value.mx) assert.equal(readMxPattern(pattern), pattern)
        checkMx(read.value, 'mail.example.com')
      } else {
        const lines = octets.filter((octet) => octet === 10).length + 1
        assert.ok(read.problem.line === null || read.problem.line <= lines)
        assert.match(read.problem.text, /^[^\x00-\x1f\x7f]+\.$/)
      }
    }),
    { numRuns: 3000 },
  )
})

test('a record with a few octets changed is read or refused', () => {
  fc.assert(
    fc.property(mutated(encodeUtf8(record)), (octets) => {
      const read = readStsRecord(Buffer.from(octets).toString('latin1'))
      if (read.ok) assert.match(read.value.id, /^[A-Za-z0-9]{1,32}$/)
      else assert.match(read.problem.text, /^[\x20-\x7e]+\.$/)
    }),
    { numRuns: 3000 },
  )
})

test('any octets and any text get an answer', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary' }),
      (octets, text) => {
        readStsPolicy(octets)
        readStsRecord(text)
        readStsRecord(`v=STSv1;${text}`)
        readStsPolicy(encodeUtf8(`version: STSv1\n${text}`))
      },
    ),
  )
})

const parts = ['a', ' ', '\t', '\n', '\r', ':', ';', '=', '.', '*.', 'a.', 'x: ', 'mx: ', 'é', '\0']

test('a megabyte of anything is answered at once', async () => {
  for (const part of parts) {
    const name = JSON.stringify(part)
    for (const size of [65_000, 1 << 20]) {
      const text = part.repeat(Math.floor(size / encodeUtf8(part).length))
      await bounded(`record of ${name}`, () => readStsRecord(`v=STSv1;${text}`))
      await bounded(`record of ${name}`, () => readStsRecord(`v=STSv1${text};id=1;x=${text}\xff`))
      await bounded(`policy of ${name}`, () => readStsPolicy(encodeUtf8(text)))
      await bounded(`value of ${name}`, () =>
        readStsPolicy(encodeUtf8(`version: STSv1\nx:${text}\0`)),
      )
      await bounded(`host of ${name}`, () => readMxPattern(text))
      await bounded(`host of ${name}`, () => matchesMx(`*.${text}`, `a.${text}`))
    }
  }
})

test('thousands of hosts, and thousands of fields that nobody knows', async () => {
  const head = 'version: STSv1\nmode: enforce\nmax_age: 1\n'
  const room = 65_536 - head.length
  const hosts = readStsPolicy(encodeUtf8(head + 'mx:a\n'.repeat(Math.floor(room / 5))))
  assert.ok(hosts.ok)
  assert.ok(hosts.value.mx.length > 13_000)
  await bounded('hosts', () => assert.equal(checkMx(hosts.value, 'b').result, 'mismatch'))
  const fields = Array.from({ length: 7000 }, (_, i) => `${i}=1`).join(';')
  await bounded('fields', () => assert.ok(readStsRecord(`v=STSv1;${fields};id=1`).ok))
})
