import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zoneOf } from './resolver.ts'

const cases: readonly (readonly [string, string])[] = [
  ['north.example', 'north.example'],
  ['a.b.north.example', 'north.example'],
  ['_dmarc.a.north.example', 'north.example'],
  ['s1._domainkey.shop.co.uk', 'shop.co.uk'],
  ['mail.shop.co.uk', 'shop.co.uk'],
  ['_dmarc.co.uk', 'co.uk'],
  ['example', 'example'],
  ['_dmarc.example', '_dmarc.example'],
  ['1.2.0.192.in-addr.arpa', '2.0.192.in-addr.arpa'],
  [`${'1.'.repeat(32)}ip6.arpa`, `${'1.'.repeat(16)}ip6.arpa`],
]

for (const [name, zone] of cases) {
  test(`${name} is counted for ${zone}`, () => {
    const registrable = (domain: string): string | undefined => {
      return domain.endsWith('.co.uk') ? domain.split('.').slice(-3).join('.') : undefined
    }
    assert.equal(zoneOf(name, registrable), zone)
  })
}

test('without a list of public suffixes a zone is the last two labels', () => {
  assert.equal(zoneOf('a.b.north.example'), 'north.example')
})
