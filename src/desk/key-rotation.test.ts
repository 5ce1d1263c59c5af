import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateDkimKey } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone } from '../dns/zone-table.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import { rotateKeys } from './key-rotation.ts'

const domain = 'north.example'

function firstKeys(): DkimKeyRow[] {
  return (['rsa', 'ed25519'] as const).map((algorithm) => ({
    domain,
    selector: algorithm === 'rsa' ? 'wb1' : 'wb1-ed',
    algorithm,
    privateKey: generateDkimKey(algorithm).privateKey,
    createdAt: 1000,
    active: true,
  }))
}

/** A store of keys alone, as the port keeps them: one row for each selector. */
function keyStore(rows: readonly DkimKeyRow[]) {
  const kept = new Map(rows.map((row) => [row.selector, row]))
  return {
    rows: () => Array.from(kept.values()),
    keys: {
      list: () => Promise.resolve(Array.from(kept.values())),
      put: (row: DkimKeyRow) => {
        kept.set(row.selector, row)
        return Promise.resolve()
      },
    },
  }
}

test('a rotation makes keys, waits for DNS, and only then signs with them', async () => {
  const store = keyStore(firstKeys())
  const empty = new MemoryResolver({})
  const made = await rotateKeys(store, store.rows(), { resolver: empty, now: 2000 })
  assert.equal(made.type, 'made')
  assert.deepEqual(
    store.rows().map(({ selector, active }) => [selector, active]),
    [
      ['wb1', true],
      ['wb1-ed', true],
      ['wb2', false],
      ['wb2-ed', false],
    ],
  )

  const early = await rotateKeys(store, store.rows(), { resolver: empty, now: 3000 })
  assert.equal(early.type, 'waiting')
  assert.equal(store.rows().length, 4, 'asking again makes no more keys')

  assert.ok(made.type === 'made')
  const zone: Zone = Object.fromEntries(
    made.waiting.map(({ record }) => [record.name, { TXT: [record.value] }]),
  )
  const [first] = made.waiting
  assert.ok(first !== undefined)
  const half = new MemoryResolver({ [first.record.name]: { TXT: [first.record.value] } })
  const partly = await rotateKeys(store, store.rows(), { resolver: half, now: 3500 })
  assert.equal(partly.type, 'waiting', 'one record of two is not enough')

  const published = new MemoryResolver(zone)
  const done = await rotateKeys(store, store.rows(), { resolver: published, now: 4000 })
  assert.equal(done.type, 'done')
  assert.deepEqual(
    store.rows().map(({ selector, active }) => [selector, active]),
    [
      ['wb1', false],
      ['wb1-ed', false],
      ['wb2', true],
      ['wb2-ed', true],
    ],
  )
})

test('another key under the new name keeps the old one signing', async () => {
  const store = keyStore(firstKeys())
  const made = await rotateKeys(store, store.rows(), {
    resolver: new MemoryResolver({}),
    now: 2000,
  })
  assert.ok(made.type === 'made')
  const wrong = generateDkimKey('ed25519').publicKey
  const zone: Zone = Object.fromEntries(
    made.waiting.map(({ record }) => [record.name, { TXT: [`v=DKIM1; k=ed25519; p=${wrong}`] }]),
  )
  const next = await rotateKeys(store, store.rows(), {
    resolver: new MemoryResolver(zone),
    now: 3000,
  })
  assert.equal(next.type, 'waiting')
  assert.ok(next.type === 'waiting')
  assert.deepEqual(
    next.waiting.map(({ publication }) => publication.state),
    ['different', 'different'],
  )
})
