import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dkimPublicKey, generateDkimKey } from '../dkim/dkim.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import { ensureKeys, publishedRecords, SigningKeys } from './signing-keys.ts'

const { privateKey: rsa } = generateDkimKey('rsa')
const { privateKey: ed25519 } = generateDkimKey('ed25519')

function row(domain: string, changes: Partial<DkimKeyRow> = {}): DkimKeyRow {
  const made = { selector: 'w1', algorithm: 'ed25519', privateKey: ed25519 } as const
  return { domain, ...made, createdAt: 1, active: true, ...changes }
}

test('a domain signs with its active keys, a name below it with those of the nearest domain above', () => {
  const keys = new SigningKeys([
    row('north.example'),
    row('north.example', { selector: 'w2', algorithm: 'rsa', privateKey: rsa }),
    row('north.example', { selector: 'old', active: false }),
    row('deep.north.example', { selector: 'd1' }),
    row('asleep.example', { active: false }),
  ])
  for (const [domain, selectors] of [
    ['north.example', ['w1 ed25519-sha256', 'w2 rsa-sha256']],
    ['a.b.north.example', ['w1 ed25519-sha256', 'w2 rsa-sha256']],
    ['deep.north.example', ['d1 ed25519-sha256']],
    ['x.deep.north.example', ['d1 ed25519-sha256']],
    ['asleep.example', []],
    ['south.example', []],
    ['example', []],
    ['', []],
  ] as const) {
    const found = keys.for(domain).map(({ selector, algorithm }) => `${selector} ${algorithm}`)
    assert.deepEqual(found, selectors, domain)
  }
})

test('other keys hold from the moment they replace what was there', () => {
  const keys = new SigningKeys([row('north.example')])
  const after = [row('south.example', { selector: 's1' })]
  keys.replace(after)
  assert.equal(keys.rows, after)
  assert.deepEqual(keys.for('north.example'), [])
  assert.deepEqual(
    keys.for('south.example').map(({ selector }) => selector),
    ['s1'],
  )
})

test('a domain without keys gets one of each kind, which are there the next time', async () => {
  const store = openMemoryStore()
  const made = await ensureKeys(store, ['north.example'], { selector: 'w1', now: 7 })
  assert.deepEqual(
    made.map(({ domain, selector, algorithm, createdAt, active }) => {
      return { domain, selector, algorithm, createdAt, active }
    }),
    [
      { domain: 'north.example', selector: 'w1', algorithm: 'rsa', createdAt: 7, active: true },
      {
        domain: 'north.example',
        selector: 'w1-ed',
        algorithm: 'ed25519',
        createdAt: 7,
        active: true,
      },
    ],
  )
  assert.deepEqual(await ensureKeys(store, ['north.example'], { selector: 'w9', now: 8 }), made)
})

test('one key is enough to have keys, also of a domain with letters beyond ASCII', async () => {
  const store = openMemoryStore()
  const [ascii, idn] = ['north.example', 'xn--bcher-kva.example']
  for (const domain of [ascii, idn]) await store.keys.put(row(domain))
  const found = await ensureKeys(store, [ascii, idn], { selector: 'w9', now: 8 })
  assert.deepEqual(
    found.map(({ domain, selector }) => `${selector} ${domain}`),
    [`w1 ${ascii}`, `w1 ${idn}`],
  )
})

test('keys kept under a name beyond ASCII are taken over under the name that mail has', async () => {
  const store = openMemoryStore()
  await store.keys.put(row('bücher.example'))
  const domain = 'xn--bcher-kva.example'
  const found = await ensureKeys(store, [domain], { selector: 'w9', now: 8 })
  assert.deepEqual(found, [row(domain)])
  assert.deepEqual(await store.keys.list(domain), [row(domain)])
})

test('what is to be published is the public half under the selector', () => {
  const [record] = publishedRecords([row('north.example')])
  assert.equal(record?.name, 'w1._domainkey.north.example')
  const { publicKey } = dkimPublicKey(ed25519)
  assert.match(record?.value ?? '', /^v=DKIM1; k=ed25519; h=sha256; p=/)
  assert.ok(record?.value.endsWith(`p=${publicKey}`))
})
