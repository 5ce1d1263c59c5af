import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseDomain } from '../address/domain.ts'
import { parsePublicSuffixList } from '../dmarc/dmarc.ts'
import { heldName, publicSuffixes } from './public-suffixes.ts'

const cases: readonly (readonly [string, string | undefined])[] = [
  ['example', undefined],
  ['south.example', 'south.example'],
  ['a.b.south.example', 'south.example'],
  ['com', undefined],
  ['Mail.Example.COM', 'example.com'],
  ['example.com.', 'example.com'],
  ['co.uk', undefined],
  ['mail.shop.co.uk', 'shop.co.uk'],
  // `*.ck` with the exception `!www.ck`.
  ['a.b.c.ck', 'b.c.ck'],
  ['a.www.ck', 'www.ck'],
  // Rules of the PRIVATE section do not count.
  ['ann.github.io', 'github.io'],
  ['shop.uk.com', 'uk.com'],
  ['_dmarc.south.example', 'south.example'],
  ['bücher.example', 'xn--bcher-kva.example'],
  // Names, whatever they look like: no address, no URL.
  ['192.0.2.1', '2.1'],
  ['.com', undefined],
  ['a..com', undefined],
  ['https://north.example/', undefined],
  ['', undefined],
]

for (const [name, expected] of cases) {
  test(`the registrable domain of "${name}" is ${expected ?? 'not there'}`, () => {
    assert.equal(publicSuffixes.registrableDomain(name), expected)
  })
}

test('names below a public suffix of either section are held by different people', () => {
  for (const [name, holder] of [
    ['mout.gmx.net', 'gmx.net'],
    ['GMX.net', 'gmx.net'],
    ['mx.club.asso.fr', 'club.asso.fr'],
    ['mx.evil.github.io', 'evil.github.io'],
    ['vm1.cloudapp.net', 'vm1.cloudapp.net'],
    ['github.io', 'github.io'],
    ['co.uk', 'co.uk'],
    ['/run/dovecot/lmtp', undefined],
    ['', undefined],
  ] as const) {
    assert.equal(heldName(name), holder, name)
  }
})

const folder = new URL('../../../shared/conformance/psl/', import.meta.url)
const skip = existsSync(folder) ? false : 'the public suffix list is not beside the repository'

test('the published cases hold, but for names of the PRIVATE section', { skip }, () => {
  const text = readFileSync(new URL('test_psl.txt', folder), 'utf8')
  const listed = text.matchAll(/^checkPublicSuffix\('([^']*)', (?:null|'([^']*)')\);/gm)
  let seen = 0
  for (const [, name = '', expected] of listed) {
    if (name.toLowerCase().endsWith('uk.com')) continue
    seen++
    const domain = expected === undefined ? undefined : parseDomain(expected)
    assert.equal(publicSuffixes.registrableDomain(name), domain, name)
  }
  assert.ok(seen > 60, `${seen} cases`)
})

test('the package and a snapshot of the list give nearly every rule the same organization', {
  skip,
}, (t) => {
  const text = readFileSync(new URL('public_suffix_list.dat', folder), 'utf8')
  const snapshot = parsePublicSuffixList(text)
  const [icann = ''] = text.split('===END ICANN DOMAINS===')
  const rules = icann.split('\n').filter((line) => /^[^/\s]/.test(line))
  // The two may be of different months: rules come and go, a few each.
  const different = rules.filter((rule) => {
    const suffix = rule.replace(/^(?:!|\*\.)/, '')
    return [suffix, `a.${suffix}`, `b.a.${suffix}`, `c.b.a.${suffix}`].some((name) => {
      // As DMARC asks: a public suffix stands for itself. `kobe.jp`, only named in `*.kobe.jp`, is a
      // public suffix to the package and registrable to the list; here that is the same.
      const ofPackage = publicSuffixes.registrableDomain(name) ?? name
      return ofPackage !== (snapshot.registrableDomain(name) ?? name)
    })
  })
  t.diagnostic(`${rules.length} rules, different: ${different.join(', ') || 'none'}`)
  assert.ok(rules.length > 5000)
  assert.ok(different.length * 100 < rules.length, different.join(', '))
})
