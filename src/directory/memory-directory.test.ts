import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMailbox } from '../address/mailbox.ts'
import { parseForwardPath } from '../address/path.ts'
import { hashPassword } from '../io/password.ts'
import type { Lead } from './directory.ts'
import { isOurs, leadOf } from './directory.ts'
import { MemoryDirectory } from './memory-directory.ts'

const passwordHash = await hashPassword('letmein')
const accounts = [
  { id: '7', address: 'Ann@south.example', aliases: ['info@south.example'], passwordHash },
  { address: 'drop@south.example', aliases: [], passwordHash: undefined },
]
const aliases = [
  { address: 'all@south.example', to: ['ann@south.example', 'drop@south.example'], send: false },
]
const residents = { domains: ['south.example', 'other.example'], accounts, aliases }

function open(): MemoryDirectory {
  return new MemoryDirectory(residents, {
    for: (domain) => [{ domain, selector: 's', privateKey: 'k' }],
  })
}

function lead(directory: MemoryDirectory, address: string): Lead {
  const path = parseForwardPath(`<${address}>`)
  assert.ok(path.ok, address)
  return directory.lead(path.value)
}

/** The ids of accounts, the destination, or nobody. */
function told(found: Lead): unknown {
  switch (found.type) {
    case 'mailbox':
      return found.accounts.map(({ id, address }) => `${id} ${address}`)
    case 'remote':
      return [found.recipient, found.destination]
    case 'nobody':
      return 'nobody'
  }
}

const ann = '7 Ann@south.example'
const drop = 'drop@south.example drop@south.example'

test('an address leads to accounts with their ids, to another server, or to nobody', () => {
  const table: readonly (readonly [string, unknown])[] = [
    ['ann@south.example', [ann]],
    ['INFO+x@SOUTH.example', [ann]],
    ['all@south.example', [ann, drop]],
    ['drop@south.example', [drop]],
    ['postmaster', [ann]],
    ['abuse@other.example', [ann]],
    ['nobody@south.example', 'nobody'],
    ['x@elsewhere.example', ['x@elsewhere.example', 'elsewhere.example']],
    ['x@[192.0.2.1]', ['x@[192.0.2.1]', '[192.0.2.1]']],
  ]
  for (const [address, wanted] of table) assert.deepEqual(told(lead(open(), address)), wanted)
})

test('where nobody lives, the postmaster is nobody too', () => {
  const empty = new MemoryDirectory({ domains: [], accounts: [] }, { for: () => [] })
  assert.equal(told(lead(empty, 'postmaster')), 'nobody')
})

test('an address as text leads where it leads in an envelope; what is none leads elsewhere', async () => {
  assert.deepEqual(told(await leadOf(open(), 'all@south.example')), [ann, drop])
  assert.equal(told(await leadOf(open(), 'x@south.example')), 'nobody')
  assert.deepEqual(told(await leadOf(open(), 'no address@b c')), ['no address@b c', 'b c'])
  assert.equal(await isOurs(open(), 'x@other.example'), true)
  assert.equal(await isOurs(open(), 'x@elsewhere.example'), false)
  assert.equal(await isOurs(open(), 'letmein'), false)
})

test('the login is the main address and its password, in any case of the address', async () => {
  const account = { id: '7', address: 'Ann@south.example' }
  assert.deepEqual(await open().login('ann@south.example', 'letmein'), account)
  assert.deepEqual(await open().login('ANN@South.Example', 'letmein'), account)
  for (const [name, password] of [
    ['ann@south.example', 'Letmein'],
    ['ann@south.example', ''],
    ['info@south.example', 'letmein'],
    ['all@south.example', 'letmein'],
    ['nobody@south.example', 'letmein'],
    ['drop@south.example', ''],
    ['drop@south.example', 'undefined'],
    ['', ''],
  ] as const) {
    assert.equal(await open().login(name, password), undefined, `${name} ${password}`)
  }
})

test('an account writes as its own addresses, as long as there is the account', () => {
  const own = parseMailbox('INFO@south.example')
  assert.ok(own.ok)
  const covers = (address: string): boolean => {
    return open().identities({ id: address, address }).covers(own.value)
  }
  assert.ok(covers('Ann@south.example'))
  assert.ok(!covers('drop@south.example'))
  assert.ok(!covers('gone@south.example'))
  const identities = open().identities({ id: '7', address: 'Ann@south.example' })
  assert.equal(identities.signingKeys('south.example')[0]?.domain, 'south.example')
})

test('who is asked after a change answers with the new; a letter under way keeps its senders', async () => {
  const directory = open()
  const own = parseMailbox('ann@south.example')
  assert.ok(own.ok)
  const before = directory.identities({ id: '7', address: 'ann@south.example' })
  const underWay = directory.login('ann@south.example', 'letmein')
  directory.replace({
    domains: ['new.example'],
    accounts: [{ address: 'kim@new.example', aliases: [], passwordHash }],
  })
  assert.ok(!directory.isLocal('south.example'))
  assert.ok(directory.isLocal('new.example'))
  assert.deepEqual(told(lead(directory, 'kim@new.example')), ['kim@new.example kim@new.example'])
  assert.deepEqual(told(lead(directory, 'ann@south.example')), [
    'ann@south.example',
    'south.example',
  ])
  assert.ok(before.covers(own.value))
  assert.ok(!directory.identities({ id: '7', address: 'ann@south.example' }).covers(own.value))
  assert.equal((await underWay)?.id, '7')
  assert.equal(await directory.login('ann@south.example', 'letmein'), undefined)
})
