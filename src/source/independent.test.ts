import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { independentWith, type Refuser } from './independent.ts'

/** `a1`: the organization a, in the network 1. */
function refusers(text: string): readonly Refuser[] {
  const found = Array.from(text.matchAll(/(\w)(\d)/g))
  return found.map(([, organization = '', network = '']) => ({ organization, network }))
}

test('three are independent when no two have a domain or a network in common', () => {
  const table = [
    ['nobody', '', undefined],
    ['three of one address', 'a1 b1 c1', undefined],
    ['three names of one domain', 'a1 a2 a3', undefined],
    ['three that differ in both', 'a1 b2 c3', 'c3'],
    ['two places with many names', 'a1 b1 c1 a2 b2 c2 d1 e2', undefined],
    ['a provider, and a place of many names', 'a1 a2 a3 a4 b5 c5 d5', undefined],
    ['and somebody else', 'a1 a2 a3 a4 b5 c5 d5 e6 f7', 'e6'],
    ['one that shares with two', 'a1 a2 b1', undefined],
    ['found though the first is in the way of both', 'a1 a2 b1 c3', 'c3'],
  ] as const
  for (const [name, text, expected] of table) {
    const found = independentWith(refusers(text), 3)
    assert.equal(found && `${found.organization}${found.network}`, expected, name)
  }
})

test('it finds them exactly where trying all of them does', () => {
  const one = fc.record({
    organization: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    network: fc.constantFrom('1', '2', '3', '4', '5'),
  })
  const property = fc.property(fc.array(one, { maxLength: 12 }), (all) => {
    const first = all.findIndex((_, index) => tried(all.slice(0, index + 1), 3))
    assert.equal(independentWith(all, 3), all[first])
  })
  fc.assert(property)
})

function tried(all: readonly Refuser[], wanted: number): boolean {
  if (wanted === 0) return true
  return all.some((one, index) => {
    const rest = all.slice(index + 1).filter(({ organization, network }) => {
      return organization !== one.organization && network !== one.network
    })
    return tried(rest, wanted - 1)
  })
}
