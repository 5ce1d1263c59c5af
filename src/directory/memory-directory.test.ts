import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMailbox } from '../address/mailbox.ts'
import { parseForwardPath } from '../address/path.ts'
import { hashPassword, passwordMark } from '../io/password.ts'
import { MemoryDirectory } from './memory-directory.ts'
import type { Resident } from './address-table.ts'
import { type Identities, isOurs, type Lead, leadOf } from './directory.ts'

const passwordHash = await hashPassword('letmein')
const mark = passwordMark(passwordHash)
const accounts = [
  { id: '7', address: 'Ann@south.example', aliases: ['info@south.example'], passwordHash },
  { address: 'drop@south.example', aliases: [], passwordHash: undefined },
]
const aliases = [
  { address: 'all@south.example', to: ['ann@south.example', 'drop@south.example'], send: false },
]
const login = { id: '7', address: 'Ann@south.example', passwordMark: mark }
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
    case 'forward':
      return found
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
  const account = login
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

test('an account writes as its own addresses, with its keys', () => {
  const identities = open().identities(login)
  const covers = (address: string): boolean | undefined => {
    const read = parseMailbox(address)
    return read.ok ? identities?.covers(read.value) : undefined
  }
  assert.deepEqual(['Ann@south.example', 'INFO@south.example', 'drop@south.example'].map(covers), [
    true,
    true,
    false,
  ])
  assert.equal(identities?.signingKeys('south.example')[0]?.domain, 'south.example')
})

test('a login holds for its account with the password of that time', async () => {
  const directory = open()
  const change = (more: Partial<Resident>): Identities | undefined => {
    const [ann] = accounts
    assert.ok(ann !== undefined)
    directory.replace({ ...residents, accounts: [{ ...ann, ...more }] })
    return directory.identities(login)
  }
  assert.ok(change({}) !== undefined)
  // Without the case of the letters it is the same address.
  assert.ok(change({ address: 'ann@south.example' }) !== undefined)
  const hidden = { passwordHash: undefined, passwordMark: mark }
  assert.ok(change(hidden) !== undefined, 'where the hash is not known')
  assert.equal(change({ passwordHash: undefined }), undefined, 'without a password')
  assert.equal(change({ ...hidden, passwordMark: 'other' }), undefined)
  const again = await hashPassword('letmein')
  assert.equal(change({ passwordHash: again }), undefined, 'a password that was set anew')
  assert.equal(change({ id: '8' }), undefined, 'somebody else of the same address')
  assert.equal(change({ address: 'bob@south.example' }), undefined, 'gone')
  const without = { id: '7', address: 'drop@south.example', passwordMark: '' }
  assert.equal(open().identities(without), undefined)
})

test('who is asked after a change answers with the new; a letter under way keeps its senders', async () => {
  const directory = open()
  const own = parseMailbox('ann@south.example')
  assert.ok(own.ok)
  const before = directory.identities(login)
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
  assert.equal(before?.covers(own.value), true)
  assert.equal(directory.identities(login), undefined)
  assert.equal((await underWay)?.id, '7')
  assert.equal(await directory.login('ann@south.example', 'letmein'), undefined)
})
