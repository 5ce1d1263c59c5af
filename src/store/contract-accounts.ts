import assert from 'node:assert/strict'
import type { OpenUnderTest } from './contract-cases.ts'
import { acceptance, mailboxItem, message, now, storeTests } from './contract-cases.ts'
import type { NewAccount } from './ports/accounts.ts'
import type { NewAct } from './ports/acts.ts'

/** An account that the store keeps. */
export function account(address: string, changes: Partial<NewAccount> = {}): NewAccount {
  return { address, passwordHash: 'scrypt$1', createdAt: now, origin: 'store', ...changes }
}

/** Something that somebody did. */
export function act(what: string): NewAct {
  const detail = { address: 'bob@south.example', n: 1 }
  return { at: now, who: 'root', door: 'command line', what, why: 'he asked', detail }
}

export function registerAccountTests(name: string, open: OpenUnderTest): void {
  const storeTest = storeTests(name, open)

  storeTest(
    'an account is put, found in any case, changed, and keeps its id',
    async ({ accounts }) => {
      assert.equal(await accounts.account('bob@south.example'), undefined)
      const id = await accounts.putAccount(account('bob@south.example'))
      const other = await accounts.putAccount(account('Anna@north.example'))
      assert.notEqual(other, id)
      const found = await accounts.account('BOB@south.example')
      assert.deepEqual(found, { ...account('bob@south.example'), id })
      const later = account('Bob@south.example', { passwordHash: undefined, createdAt: now + 1 })
      assert.equal(await accounts.putAccount(later), id)
      const changed = { ...later, createdAt: now, id }
      assert.deepEqual(await accounts.account('bob@south.example'), changed)
      const all = await accounts.accounts()
      assert.deepEqual(all, [{ ...account('Anna@north.example'), id: other }, changed])
    },
  )

  storeTest('where an account is handed on to is kept with it', async (store) => {
    const { accounts } = store
    const forward = ['bob@elsewhere.example', 'b@other.example']
    await accounts.putAccount(account('bob@south.example', { forward }))
    assert.deepEqual((await accounts.account('BOB@south.example'))?.forward, forward)
    await accounts.putAccount(account('bob@south.example'))
    assert.equal((await accounts.account('bob@south.example'))?.forward, undefined)
    await accounts.putAccount(account('bob@south.example', { forward }))
    await store.post.accept(acceptance({ message: message('m1', 'x'), mailbox: [mailboxItem()] }))
    assert.deepEqual((await accounts.accounts())[0]?.forward, forward, 'mail changes nothing of it')
    assert.equal(await accounts.removeAccount('bob@south.example'), true)
    const left = await accounts.account('bob@south.example')
    assert.deepEqual([left?.origin, left?.forward], ['mail', undefined])
  })

  storeTest(
    'an account without mail goes, and its id does not come again',
    async ({ accounts }) => {
      const id = await accounts.putAccount(account('bob@south.example'))
      assert.equal(await accounts.removeAccount('BOB@south.example'), true)
      assert.equal(await accounts.removeAccount('bob@south.example'), false)
      assert.deepEqual(await accounts.accounts(), [])
      assert.notEqual(await accounts.putAccount(account('bob@south.example')), id)
    },
  )

  storeTest('an account is made by the first letter that is filed for it', async (store) => {
    const { accounts } = store
    for (const [i, address] of ['bob@south.example', 'BOB@south.example'].entries()) {
      const messageId = `m${i}`
      const mailbox = [mailboxItem({ account: address, messageId, receivedAt: now + i })]
      await store.post.accept(acceptance({ message: message(messageId, 'x'), mailbox }))
    }
    const [bob, ...more] = await accounts.accounts()
    assert.deepEqual(more, [])
    assert.equal(bob?.address, 'bob@south.example')
    assert.deepEqual([bob?.origin, bob?.passwordHash, bob?.createdAt], ['mail', undefined, now])
    const uids = (await store.mailboxes.items({ account: 'Bob@south.example' })).map(
      ({ uid }) => uid,
    )
    assert.deepEqual(uids, [1, 2])
  })

  storeTest('an account with mail loses its password, and its mail stays', async (store) => {
    const { accounts } = store
    const mailbox = [mailboxItem()]
    const id = await accounts.putAccount(account('bob@south.example'))
    await store.post.accept(acceptance({ message: message('m1', 'x'), mailbox }))
    assert.equal((await accounts.account('bob@south.example'))?.origin, 'store')
    assert.equal(await accounts.removeAccount('bob@south.example'), true)
    assert.equal(await accounts.removeAccount('bob@south.example'), false)
    const left = account('bob@south.example', { passwordHash: undefined, origin: 'mail' })
    assert.deepEqual(await accounts.accounts(), [{ ...left, id }])
    assert.equal((await store.mailboxes.items({ account: 'bob@south.example' })).length, 1)
  })

  storeTest('aliases and domains are put, listed, changed and removed', async ({ accounts }) => {
    const sales = { address: 'sales@south.example', to: ['bob@south.example'], send: false }
    const id = await accounts.putAlias({ ...sales, createdAt: now })
    await accounts.putAlias({ ...sales, address: 'all@south.example', send: true, createdAt: now })
    const to = ['eve@south.example', 'bob@south.example']
    const changed = { address: 'Sales@south.example', to, send: true }
    assert.equal(await accounts.putAlias({ ...changed, createdAt: now + 1 }), id)
    const [all, found] = await accounts.aliases()
    assert.deepEqual([all?.address, all?.send], ['all@south.example', true])
    assert.deepEqual(found, { ...changed, createdAt: now, id })
    assert.equal(await accounts.removeAlias('ALL@south.example'), true)
    assert.equal(await accounts.removeAlias('all@south.example'), false)
    assert.equal((await accounts.aliases()).length, 1)

    const domain = await accounts.putDomain({ name: 'south.example', createdAt: now })
    assert.equal(await accounts.putDomain({ name: 'south.example', createdAt: now + 1 }), domain)
    await accounts.putDomain({ name: 'north.example', createdAt: now })
    const names = (await accounts.domains()).map(({ name: one, createdAt }) => [one, createdAt])
    assert.deepEqual(names, [
      ['north.example', now],
      ['south.example', now],
    ])
    assert.equal(await accounts.removeDomain('south.example'), true)
    assert.equal(await accounts.removeDomain('south.example'), false)
    assert.equal((await accounts.domains()).length, 1)
  })

  storeTest('acts are kept as they were written, the last ones first', async ({ acts }) => {
    const numbers: number[] = []
    for (const what of ['account add', 'queue retry', 'backup'])
      numbers.push(await acts.put(act(what)))
    const all = await acts.list({ limit: 10 })
    assert.deepEqual(
      all.map(({ what }) => what),
      ['backup', 'queue retry', 'account add'],
    )
    assert.deepEqual(all[0], { ...act('backup'), number: numbers[2] })
    const [newest, ...more] = await acts.list({ limit: 1 })
    assert.deepEqual([newest?.what, more.length], ['backup', 0])
    const older = await acts.list({ limit: 1, before: newest?.number ?? 0 })
    assert.deepEqual(
      older.map(({ what }) => what),
      ['queue retry'],
    )
    const kind = async (what: string): Promise<readonly number[]> => {
      return (await acts.list({ what, limit: 10 })).map(({ number }) => number)
    }
    assert.deepEqual([await kind('queue retry'), await kind('restore')], [[numbers[1]], []])
  })

  storeTest('a DKIM key is kept, listed by age, and replaced by name', async (store) => {
    const key = {
      domain: 'north.example',
      selector: 's1',
      algorithm: 'rsa' as const,
      privateKey: 'PEM 1',
      createdAt: now,
      active: true,
    }
    const second = { ...key, selector: 's0', algorithm: 'ed25519' as const, createdAt: now + 1 }
    await store.keys.put(second)
    await store.keys.put(key)
    await store.keys.put({ ...key, domain: 'south.example' })
    assert.deepEqual(await store.keys.list('north.example'), [key, second])
    await store.keys.put({ ...key, active: false })
    assert.deepEqual(await store.keys.list('north.example'), [{ ...key, active: false }, second])
    assert.deepEqual(await store.keys.list('elsewhere.example'), [])
  })
}
