import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePattern, RouteTable } from './route-table.ts'

for (const [text, wanted] of [
  ['*', '*'],
  ['Example.COM', 'example.com'],
  ['*.Bücher.example', '*.xn--bcher-kva.example'],
  ['example.com.', 'example.com'],
  ['', undefined],
  ['*.', undefined],
  ['*example.com', undefined],
  ['a.*.example', undefined],
  ['**.example', undefined],
  ['[192.0.2.1]', undefined],
  ['a b.example', undefined],
] as const) {
  test(`"${text}" means ${wanted ?? 'nothing'}`, () => {
    const read = parsePattern(text)
    assert.equal(read.ok ? read.value : undefined, wanted)
  })
}

const table = new RouteTable([
  { patterns: ['*'], value: 'all' },
  { patterns: ['*.example.com', 'other.example'], value: 'below' },
  { patterns: ['a.example.com', '*.b.example.com'], value: 'near' },
  { patterns: ['other.example'], value: 'late' },
])

for (const [destination, wanted] of [
  ['example.com', 'all'],
  ['x.example.com', 'below'],
  ['x.y.example.com', 'below'],
  ['a.example.com', 'near'],
  ['x.a.example.com', 'below'],
  ['b.example.com', 'below'],
  ['x.b.example.com', 'near'],
  ['notexample.com', 'all'],
  ['other.example', 'below'],
  ['[192.0.2.1]', 'all'],
  ['[IPv6:2001:db8::1]', 'all'],
] as const) {
  test(`mail for ${destination} goes by "${wanted}"`, () => {
    assert.equal(table.find(destination), wanted)
  })
}

test('without a word for all, the rest has none', () => {
  const some = new RouteTable([{ patterns: ['a.example'], value: 1 }])
  assert.deepEqual(
    ['a.example', 'b.example', 'example', '[192.0.2.1]'].map((one) => some.find(one)),
    [1, undefined, undefined, undefined],
  )
  assert.equal(some.named('a.example'), 1)
  assert.equal(table.named('x.example.com'), undefined)
  assert.equal(table.named('*'), undefined)
})

test('the longest pattern that fits decides, as a slow search says', () => {
  const label = fc.constantFrom('a', 'b', 'c')
  const domain = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
  const pattern = fc.oneof(
    domain,
    domain.map((one) => `*.${one}`),
    fc.constant('*'),
  )
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 6 }), domain, (patterns, destination) => {
      const found = new RouteTable(patterns.map((one) => ({ patterns: [one], value: one })))
      const fits = patterns.filter((one) => {
        if (one === '*' || one === destination) return true
        return one.startsWith('*.') && destination.endsWith(one.slice(1))
      })
      const [best] = fits.toSorted((a, b) => {
        return Number(b === destination) - Number(a === destination) || b.length - a.length
      })
      assert.equal(found.find(destination), best)
    }),
  )
})
