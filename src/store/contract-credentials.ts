import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import { now, storeTests } from './contract-cases.ts'
import { account } from './contract-accounts.ts'
import type { NewApiKey, SecondFactor } from './ports/credentials.ts'

/** A key for the HTTP API. */
export function apiKey(id: string, changes: Partial<NewApiKey> = {}): NewApiKey {
  const sha256 = Buffer.from(id.padEnd(32, '.')).toString('hex')
  return { id, sha256, name: `key ${id}`, scopes: ['read'], createdAt: now, ...changes }
}

/** A second factor that is asked for. */
export function secondFactor(who: string, changes: Partial<SecondFactor> = {}): SecondFactor {
  const recovery = ['a', 'b']
  const times = { createdAt: now, confirmedAt: now + 1 }
  return { who, secret: 'GEZDGNBV', ...times, lastStep: -1, recovery, ...changes }
}

export function registerCredentialTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest('a key is kept, found by its hash alone, and removed', async ({ apiKeys }) => {
    const whole = apiKey('k2', {
      scopes: ['read', 'send'],
      domains: ['south.example'],
      account: 'bob@south.example',
      endsAt: now + 5,
    })
    await apiKeys.add(whole)
    await apiKeys.add(apiKey('k1', { createdAt: now - 1 }))
    assert.deepEqual(await apiKeys.list(), [apiKey('k1', { createdAt: now - 1 }), whole])
    assert.deepEqual(await apiKeys.byHash(whole.sha256), whole)
    assert.equal(await apiKeys.byHash(apiKey('k3').sha256), undefined)
    assert.equal(await apiKeys.remove('k2'), true)
    assert.equal(await apiKeys.remove('k2'), false)
    assert.equal(await apiKeys.byHash(whole.sha256), undefined)
  })

  storeTest('a key is not put in the place of another one', async ({ apiKeys }) => {
    await apiKeys.add(apiKey('k1'))
    await assert.rejects(apiKeys.add(apiKey('k1', { sha256: apiKey('k2').sha256 })))
    await assert.rejects(apiKeys.add(apiKey('k2', { sha256: apiKey('k1').sha256 })))
    assert.deepEqual(await apiKeys.list(), [apiKey('k1')])
  })

  storeTest('when a key was used last never goes back', async ({ apiKeys }) => {
    await apiKeys.add(apiKey('k1'))
    await apiKeys.used('k1', now + 9)
    await apiKeys.used('k1', now + 3)
    await apiKeys.used('gone', now)
    assert.deepEqual(await apiKeys.list(), [{ ...apiKey('k1'), usedAt: now + 9 }])
  })

  storeTest('a second factor is kept, found in any case, and replaced', async (store) => {
    const { secondFactors } = store
    const { confirmedAt: _, ...open } = secondFactor('bob@south.example')
    await secondFactors.put(open)
    await secondFactors.put(secondFactor('operator'))
    assert.deepEqual(await secondFactors.find('Bob@south.example'), open)
    const other = secondFactor('BOB@south.example', { secret: 'MFRGG' })
    await secondFactors.put(other)
    assert.deepEqual(await secondFactors.list(), [other, secondFactor('operator')])
    assert.equal(await secondFactors.remove('bob@south.example'), true)
    assert.equal(await secondFactors.remove('bob@south.example'), false)
    assert.equal(await secondFactors.find('bob@south.example'), undefined)
  })

  storeTest('no code is used twice, nor one before the last', async ({ secondFactors }) => {
    await secondFactors.put(secondFactor('operator'))
    const spend = (step: number): Promise<boolean> => secondFactors.spend('operator', { step })
    assert.deepEqual([await spend(7), await spend(7), await spend(6)], [true, false, false])
    assert.deepEqual(await Promise.all([spend(8), spend(8)]), [true, false])
    const once = { recovery: 'a' }
    assert.equal(await secondFactors.spend('operator', once), true)
    assert.equal(await secondFactors.spend('operator', once), false)
    assert.equal(await secondFactors.spend('operator', { recovery: 'c' }), false)
    assert.equal(await secondFactors.spend('nobody', { step: 1 }), false)
    assert.equal(await secondFactors.spend('nobody', once), false)
    const left = secondFactor('operator', { lastStep: 8, recovery: ['b'] })
    assert.deepEqual(await secondFactors.find('operator'), left)
  })

  storeTest('with an account go its keys and its second factor', async (store) => {
    const { accounts, apiKeys, secondFactors } = store
    await accounts.putAccount(account('bob@south.example'))
    await apiKeys.add(apiKey('k1', { account: 'Bob@south.example' }))
    await apiKeys.add(apiKey('k2'))
    await secondFactors.put(secondFactor('bob@south.example'))
    await secondFactors.put(secondFactor('operator'))
    await accounts.removeAccount('BOB@south.example')
    assert.deepEqual(await apiKeys.list(), [apiKey('k2')])
    assert.deepEqual(await secondFactors.list(), [secondFactor('operator')])
  })
}
