import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parsePublicSuffixList } from './public-suffix-list.ts'

const text = `// a comment
// ===BEGIN ICANN DOMAINS===
com
jp
ac.jp what follows white space does not count
*.kobe.jp
!city.kobe.jp
*.mm
рф
公司.cn
cn

// ===END ICANN DOMAINS===
// ===BEGIN PRIVATE DOMAINS===
uk.com
*.compute.example
// ===END PRIVATE DOMAINS===
net
`

const list = parsePublicSuffixList(text)

const cases: readonly (readonly [string, string | undefined])[] = [
  ['com', undefined],
  ['example.COM', 'example.com'],
  ['a.b.example.com.', 'example.com'],
  ['b.ac.jp', 'b.ac.jp'],
  ['ac.jp', undefined],
  ['a.b.ac.jp', 'b.ac.jp'],
  ['kobe.jp', 'kobe.jp'],
  ['c.kobe.jp', undefined],
  ['a.b.c.kobe.jp', 'b.c.kobe.jp'],
  ['city.kobe.jp', 'city.kobe.jp'],
  ['www.city.kobe.jp', 'city.kobe.jp'],
  ['mm', undefined],
  ['c.mm', undefined],
  ['b.c.mm', 'b.c.mm'],
  ['unlisted', undefined],
  ['a.b.unlisted', 'b.unlisted'],
  ['www.пример.рф', 'xn--e1afmkfd.xn--p1ai'],
  ['www.xn--e1afmkfd.xn--p1ai', 'xn--e1afmkfd.xn--p1ai'],
  ['a.b.xn--55qx5d.cn', 'b.xn--55qx5d.cn'],
  ['a.example.net', 'example.net'],
  ['.com', undefined],
  ['', undefined],
  ['a..com', undefined],
  // The private section is left out
  ['a.b.uk.com', 'uk.com'],
]

for (const [domain, expected] of cases) {
  test(`the registrable domain of ${JSON.stringify(domain)} is ${expected ?? 'none'}`, () => {
    assert.equal(list.registrableDomain(domain), expected)
  })
}

test('the private section counts when it is asked for', () => {
  const all = parsePublicSuffixList(text, { privateSection: true })
  assert.equal(all.registrableDomain('a.b.uk.com'), 'b.uk.com')
  assert.equal(all.registrableDomain('x.a.b.compute.example'), 'a.b.compute.example')
  assert.equal(list.registrableDomain('x.a.b.compute.example'), 'compute.example')
})

/** The algorithm of publicsuffix.org in its own words, slow and obvious. */
function oracle(domain: string, rules: readonly string[]): string | undefined {
  const labels = domain.split('.')
  const matches = (rule: string) => {
    const wanted = rule.replace('!', '').split('.').toReversed()
    const given = labels.toReversed()
    return (
      wanted.length <= given.length && wanted.every((one, i) => one === '*' || one === given[i])
    )
  }
  const matching = rules.filter(matches)
  const exception = matching.find((rule) => rule.startsWith('!'))
  const longest = matching.toSorted((a, b) => b.split('.').length - a.split('.').length)[0] ?? '*'
  const size = exception === undefined ? longest.split('.').length : exception.split('.').length - 1
  return labels.length > size ? labels.slice(-size - 1).join('.') : undefined
}

test('the matcher agrees with the algorithm as it is published', () => {
  const rules = ['a', 'b.a', '*.c.a', '!x.c.a', 'c.b', '*.b', '*.a.c', 'd']
  const suffixes = parsePublicSuffixList(rules.join('\n'))
  const domain = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd', 'x'), { minLength: 1, maxLength: 6 })
    .map((labels) => labels.join('.'))
  fc.assert(
    fc.property(domain, (name) => {
      assert.equal(suffixes.registrableDomain(name), oracle(name, rules))
    }),
    { numRuns: 3000 },
  )
})

test('a text that is no list is a list without rules', () => {
  fc.assert(
    fc.property(
      fc.string(),
      (any) => parsePublicSuffixList(any).registrableDomain('a.b.example-tld') !== undefined,
    ),
  )
})
