import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leadOf } from './directory.ts'
import type { Residents } from './address-table.ts'
import { MemoryDirectory } from './memory-directory.ts'
import { type Clash, JoinedResidents, joinResidents, type StoredResidents } from './stored.ts'

type Account = Awaited<ReturnType<StoredResidents['accounts']>>[number]
type Alias = Awaited<ReturnType<StoredResidents['aliases']>>[number]

/** A store whose lists can be changed, and kept waiting. */
class Lists implements StoredResidents {
  readonly listed: Account[] = []
  readonly aliasList: Alias[] = []
  readonly domainList: { readonly name: string }[] = []
  broken = false

  add(id: number, address: string, origin: Account['origin'] = 'store'): void {
    this.listed.push({ id, address, passwordHash: undefined, origin })
  }

  async accounts(): Promise<readonly Account[]> {
    const now = Array.from(this.listed)
    await new Promise((turn) => setImmediate(turn))
    if (this.broken) throw new Error('broken')
    return now
  }

  aliases(): Promise<readonly Alias[]> {
    return Promise.resolve(this.aliasList)
  }

  domains(): Promise<readonly { readonly name: string }[]> {
    return Promise.resolve(this.domainList)
  }
}

const ann = { address: 'ann@south.example', aliases: ['info@south.example'], passwordHash: 'x' }
const settings: Residents = {
  domains: ['south.example'],
  accounts: [ann],
  aliases: [{ address: 'team@south.example', to: ['ann@south.example'], send: true }],
}

function open(store: StoredResidents): {
  readonly joined: JoinedResidents
  readonly lead: (address: string) => Promise<unknown>
  readonly told: Clash[]
} {
  const directory = new MemoryDirectory(settings, { for: () => [] })
  const told: Clash[] = []
  const joined = new JoinedResidents({
    directory,
    settings,
    store,
    tell: (clash) => void told.push(clash),
  })
  const lead = async (address: string): Promise<unknown> => {
    const found = await leadOf(directory, address)
    return found.type === 'mailbox' ? found.accounts.map(({ id }) => id) : found.type
  }
  return { joined, lead, told }
}

test('who was added to the store lives here, once the directory has heard of it', async () => {
  const store = new Lists()
  const { joined, lead } = open(store)
  store.add(7, 'bob@south.example')
  store.add(8, 'kim@new.example')
  store.add(9, 'known@south.example', 'mail')
  store.domainList.push({ name: 'new.example' })
  store.aliasList.push({
    address: 'all@new.example',
    to: ['ann@south.example', 'kim@new.example'],
    send: false,
  })
  assert.equal(await lead('bob@south.example'), 'nobody')
  await joined.refresh()
  assert.deepEqual(await lead('bob@south.example'), ['7'])
  assert.deepEqual(await lead('kim@new.example'), ['8'])
  assert.deepEqual(await lead('all@new.example'), ['ann@south.example', '8'])
  assert.equal(await lead('known@south.example'), 'nobody', 'mail alone makes no account')
  store.listed.shift()
  await joined.refresh()
  assert.equal(await lead('bob@south.example'), 'nobody')
  assert.deepEqual(await lead('ann@south.example'), ['ann@south.example'])
})

test('the settings win, whatever kind of address it is, and a clash is told once', async () => {
  const store = new Lists()
  const { joined, lead, told } = open(store)
  for (const [id, address] of [
    'ANN@south.example',
    'info@South.Example',
    'team@south.example',
  ].entries()) {
    store.add(id, address)
  }
  store.aliasList.push({ address: 'Info@south.example', to: ['bob@south.example'], send: true })
  store.add(9, 'bob@south.example')
  await joined.refresh()
  await joined.refresh()
  for (const address of ['ann@south.example', 'info@south.example', 'team@south.example']) {
    assert.deepEqual(await lead(address), ['ann@south.example'], address)
  }
  assert.deepEqual(await lead('bob@south.example'), ['9'])
  assert.deepEqual(told, [
    { address: 'ANN@south.example', stored: 'account' },
    { address: 'info@South.Example', stored: 'account' },
    { address: 'team@south.example', stored: 'account' },
    { address: 'Info@south.example', stored: 'alias' },
  ])
})

test('settings that are read again are joined with what the store has', async () => {
  const store = new Lists()
  store.add(7, 'bob@south.example')
  const { joined, lead } = open(store)
  await joined.useSettings({ ...settings, accounts: [], aliases: [] })
  assert.deepEqual(await lead('bob@south.example'), ['7'])
  assert.equal(await lead('ann@south.example'), 'nobody')
  await joined.refresh()
  assert.equal(await lead('ann@south.example'), 'nobody', 'and stay so')
})

test('a store that cannot be read changes nothing, and the next change is heard', async () => {
  const store = new Lists()
  const { joined, lead } = open(store)
  store.broken = true
  await assert.rejects(joined.useSettings({ domains: [], accounts: [] }), /broken/)
  assert.deepEqual(await lead('ann@south.example'), ['ann@south.example'])
  store.broken = false
  store.add(7, 'bob@south.example')
  await joined.refresh()
  assert.deepEqual(await lead('ann@south.example'), ['ann@south.example'])
  assert.deepEqual(await lead('bob@south.example'), ['7'])
})

test('of changes at the same time the last one holds', async () => {
  const store = new Lists()
  const { joined, lead } = open(store)
  store.add(7, 'bob@south.example')
  const first = joined.refresh()
  store.listed.pop()
  await Promise.all([first, joined.refresh()])
  assert.equal(await lead('bob@south.example'), 'nobody')
})

test('a domain that both have is one', () => {
  const stored = { domains: ['SOUTH.example', 'new.example'], accounts: [] }
  assert.deepEqual(joinResidents(settings, stored).residents.domains, [
    'south.example',
    'new.example',
  ])
})
