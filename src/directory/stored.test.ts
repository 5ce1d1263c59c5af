import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDirectory } from './memory-directory.ts'
import type { Residents } from './address-table.ts'
import { leadOf } from './directory.ts'
import { joinResidents, readStored } from './stored.ts'

const ann = { address: 'ann@south.example', aliases: ['info@south.example'], passwordHash: 'x' }
const settings: Residents = {
  domains: ['south.example'],
  accounts: [ann],
  aliases: [{ address: 'team@south.example', to: ['ann@south.example'], send: true }],
}

function account(address: string, id?: string): Residents['accounts'][number] {
  return { address, aliases: [], passwordHash: undefined, ...(id === undefined ? {} : { id }) }
}

async function lead(residents: Residents, address: string): Promise<unknown> {
  const found = await leadOf(new MemoryDirectory(residents, { for: () => [] }), address)
  return found.type === 'mailbox' ? found.accounts.map(({ id }) => id) : found.type
}

test('the store says who was made in it, by their ids; mail alone makes no account', async () => {
  const made = { passwordHash: 'x' }
  const stored = await readStored({
    accounts: async () => [
      { id: 7, address: 'kim@new.example', ...made, origin: 'store' },
      { id: 8, address: 'known@new.example', ...made, origin: 'mail' },
      { id: 9, address: 'ann@south.example', ...made, origin: 'settings' },
    ],
    aliases: async () => [{ address: 'all@new.example', to: ['kim@new.example'], send: false }],
    domains: async () => [{ name: 'new.example' }],
  })
  assert.deepEqual(stored, {
    domains: ['new.example'],
    accounts: [{ id: '7', address: 'kim@new.example', aliases: [], passwordHash: 'x' }],
    aliases: [{ address: 'all@new.example', to: ['kim@new.example'], send: false }],
  })
  const { residents, clashes } = joinResidents(settings, stored)
  assert.deepEqual(clashes, [])
  assert.deepEqual(await lead(residents, 'all@new.example'), ['7'])
  assert.deepEqual(await lead(residents, 'team@south.example'), ['ann@south.example'])
  assert.equal(await lead(residents, 'known@new.example'), 'nobody')
})

test('the settings win, whatever kind of address it is, and every clash is told', async () => {
  const taken = ['ANN@south.example', 'info@South.Example', 'team@south.example']
  const stored: Residents = {
    domains: [],
    accounts: [...taken.map((address) => account(address, 's')), account('bob@south.example', '9')],
    aliases: [{ address: 'Info@south.example', to: ['bob@south.example'], send: true }],
  }
  const { residents, clashes } = joinResidents(settings, stored)
  for (const address of ['ann@south.example', 'info@south.example', 'team@south.example']) {
    assert.deepEqual(await lead(residents, address), ['ann@south.example'], address)
  }
  assert.deepEqual(await lead(residents, 'bob@south.example'), ['9'])
  assert.deepEqual(clashes, [
    ...taken.map((address) => ({ address, stored: 'account' })),
    { address: 'Info@south.example', stored: 'alias' },
  ])
})

test('a domain that both have is one', () => {
  const stored = { domains: ['SOUTH.example', 'new.example'], accounts: [] }
  assert.deepEqual(joinResidents(settings, stored).residents.domains, [
    'south.example',
    'new.example',
  ])
})
