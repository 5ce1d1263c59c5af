import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AliasAddresses, addressProblems } from './address-problems.ts'

const ann = { address: 'ann@south.example', aliases: ['info@south.example'] }

function problems(aliases: readonly AliasAddresses[]): readonly string[] {
  const domains = ['south.example']
  return addressProblems({ domains, accounts: [ann], aliases }).map(({ problem }) => problem)
}

/** `count` aliases, each of which leads to the next, and the last one to `end`. */
function chain(count: number, end: string): readonly AliasAddresses[] {
  return Array.from({ length: count }, (_, n) => {
    const next = n === count - 1 ? end : `a${n + 1}@south.example`
    return { address: `a${n}@south.example`, to: [next] }
  })
}

test('a chain of aliases arrives, however long it is, and each of a circle is told', () => {
  // Each was followed from its own beginning: 10,000 took minutes, in which nothing else was done.
  assert.deepEqual(problems(chain(50_000, 'INFO@south.example')), [])
  assert.equal(problems(chain(50_000, 'a0@south.example')).length, 50_000)
  assert.deepEqual(problems(chain(3, 'a1@south.example')), [
    '"a0@south.example" leads back to itself and to no account',
    '"a1@south.example" leads back to itself and to no account',
    '"a2@south.example" leads back to itself and to no account',
  ])
})

test('one way that arrives is enough, and a stranger is told where it stands', () => {
  const both = { address: 'b@south.example', to: ['b@south.example', 'ann@south.example'] }
  assert.deepEqual(problems([both]), [])
  assert.deepEqual(problems(chain(2, 'eve@south.example')), [
    '"a1@south.example" leads to "eve@south.example", which is no account and no alias',
  ])
})

test('two forms of one accent are one address', () => {
  const [composed, apart] = ['jos\u00e9@south.example', 'jose\u0301@south.example']
  const to = ['ann@south.example']
  assert.deepEqual(
    problems([
      { address: composed, to },
      { address: 'x@south.example', to: [apart] },
    ]),
    [],
  )
  assert.deepEqual(
    problems([
      { address: composed, to },
      { address: apart, to },
    ]),
    [`"${apart}" is given twice`],
  )
})
