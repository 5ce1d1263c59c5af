import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSecret, secretHash } from '../io/secret.ts'
import { apiKey } from '../store/contract-credentials.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { NewApiKey } from '../store/ports/credentials.ts'
import { withKeys } from './key-access.ts'
import { labAccess } from './access.ts'

const hourMs = 60 * 60_000

async function open(changes: Partial<NewApiKey> = {}) {
  const { apiKeys } = openMemoryStore()
  const secret = newSecret()
  await apiKeys.add(apiKey('k1', { sha256: secretHash(secret), name: 'shop', ...changes }))
  const clock = { now: 10 * hourMs }
  const access = withKeys(labAccess, {
    apiKeys,
    now: () => clock.now,
    isAccount: async (address) => address === 'ann@south.example',
    report: () => assert.fail('nothing fails'),
  })
  return { apiKeys, secret, clock, access }
}

test('who comes with a key may do what it is for', async () => {
  const { access, secret } = await open({ scopes: ['send'], domains: ['south.example'] })
  const visitor = { who: 'key shop', scopes: ['send'], domains: ['south.example'] }
  assert.deepEqual(await access.byKey(secret), visitor)
  assert.equal(await access.byKey(newSecret()), undefined)
  assert.equal(await access.byKey(''), undefined)
  // What opened before still does.
  assert.equal((await access.byKey('wb_lab_local'))?.who, 'lab')
})

test('a key that is over, was taken away or has lost its account opens nothing', async () => {
  const { access, secret, clock } = await open({ endsAt: 11 * hourMs })
  assert.ok(await access.byKey(secret))
  clock.now = 11 * hourMs
  assert.equal(await access.byKey(secret), undefined)

  const removed = await open()
  await removed.apiKeys.remove('k1')
  assert.equal(await removed.access.byKey(removed.secret), undefined)

  const anns = await open({ account: 'ann@south.example' })
  assert.equal((await anns.access.byKey(anns.secret))?.account, 'ann@south.example')
  const gone = await open({ account: 'bob@south.example' })
  assert.equal(await gone.access.byKey(gone.secret), undefined)
})

test('when a key was used is written down once an hour', async () => {
  const { access, secret, clock, apiKeys } = await open()
  const usedAt = async (): Promise<number | undefined> => {
    await access.byKey(secret)
    // What is written in the same turn is done by the next one.
    await new Promise(setImmediate)
    return (await apiKeys.list())[0]?.usedAt
  }
  assert.equal(await usedAt(), 10 * hourMs)
  clock.now += hourMs - 1
  assert.equal(await usedAt(), 10 * hourMs)
  clock.now += 1
  assert.equal(await usedAt(), 11 * hourMs)
})
