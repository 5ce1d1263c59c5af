import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMailbox, type Mailbox } from '../address/mailbox.ts'
import { AddressTable, type Alias, type Resident } from './address-table.ts'

function mailbox(text: string): Mailbox {
  const read = parseMailbox(text)
  assert.ok(read.ok, text)
  return read.value
}

function account(address: string, ...aliases: string[]): Resident {
  return { address, aliases, passwordHash: undefined }
}

function alias(address: string, to: readonly string[], send = false): Alias {
  return { address, to, send }
}

/** Whom each address leads to, as `find` says. */
function leads(table: AddressTable, address: string): readonly string[] {
  return table.find(mailbox(address)).map((one) => one.address)
}

const ann = account('Ann.Other@south.example', 'info@south.example')
const bob = account('bob@south.example')
const cat = account('cat@east.example', '*@east.example', '*@West.Example')
const people = { domains: ['south.example', 'east.example', 'west.example'] }
const plain = new AddressTable({ ...people, accounts: [ann, bob, cat] })

test('an address leads to its account: itself, its aliases, in any case, with a tag', () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['ann.other@south.example', [ann.address]],
    ['ANN.OTHER@SOUTH.example', [ann.address]],
    ['Ann.Other+news@south.example', [ann.address]],
    ['ann.other+a+b@south.example', [ann.address]],
    ['info@south.example', [ann.address]],
    ['INFO+x@south.example', [ann.address]],
    ['"info"@south.example', [ann.address]],
    ['bob@south.example', [bob.address]],
    ['annother@south.example', []],
    ['+bob@south.example', []],
    ['nobody@south.example', []],
    ['bob@east.example', [cat.address]],
    ['x@west.example', [cat.address]],
    ['bob@elsewhere.example', []],
  ]
  for (const [address, wanted] of table) assert.deepEqual(leads(plain, address), wanted, address)
})

test('a + in the address of an account is part of it, and not of the tag of another', () => {
  const tagged = account('ann+work@south.example')
  const untagged = account('ann@south.example')
  const table = new AddressTable({ ...people, accounts: [untagged, tagged] })
  assert.deepEqual(leads(table, 'ann+work@south.example'), [tagged.address])
  assert.deepEqual(leads(table, 'Ann+WORK@south.example'), [tagged.address])
  assert.deepEqual(leads(table, 'ann+home@south.example'), [untagged.address])
  assert.equal(table.login('ann+work@south.example'), tagged)
  assert.ok(table.maySendAs(tagged, mailbox('ann+work@south.example')))
  assert.ok(!table.maySendAs(untagged, mailbox('ann+work@south.example')))
  assert.ok(!table.maySendAs(tagged, mailbox('ann+home@south.example')))
})

test('domains and addresses are known in any case, in U-labels, and with a trailing dot', () => {
  const own = account('kim@bücher.example', 'a@SOUTH.example')
  const table = new AddressTable({
    domains: ['bücher.example', 'SOUTH.Example', 'dot.example.'],
    accounts: [own],
  })
  for (const domain of ['xn--bcher-kva.example', 'south.example', 'dot.example']) {
    assert.ok(table.isLocal(domain), domain)
  }
  assert.ok(!table.isLocal('example'))
  assert.ok(!table.isLocal('other.example'))
  assert.deepEqual(leads(table, 'kim@xn--bcher-kva.example'), [own.address])
  assert.deepEqual(leads(table, 'A@south.example'), [own.address])
  assert.equal(table.login('KIM@Bücher.example'), own)
})

test('both forms of an accent are one letter: for mail, a login and a sender (NFC and NFD)', () => {
  const [composed, apart] = ['jos\u00e9@south.example', 'jose\u0301@south.example']
  for (const [own, other] of [
    [composed, apart],
    [apart, composed],
  ] as const) {
    const jose = account(own)
    const table = new AddressTable({ ...people, accounts: [jose] })
    assert.deepEqual(leads(table, other), [own])
    assert.deepEqual(leads(table, other.toUpperCase()), [own])
    assert.equal(table.login(other), jose)
    assert.ok(table.maySendAs(jose, mailbox(other)))
    assert.deepEqual(leads(table, 'jose@south.example'), [])
  }
})

test('the login is the main address, in any case, and no other', () => {
  assert.equal(plain.login('ann.other@south.example'), ann)
  assert.equal(plain.login('ANN.OTHER@South.Example'), ann)
  for (const name of [
    'info@south.example',
    'ann.other+x@south.example',
    'ann.other',
    '',
    '@',
    '*@east.example',
    'nobody@south.example',
  ]) {
    assert.equal(plain.login(name), undefined, name)
  }
  const table = new AddressTable({
    ...people,
    accounts: [bob],
    aliases: [alias('all@south.example', [bob.address], true)],
  })
  assert.equal(table.login('all@south.example'), undefined)
})

test('an account sends as its own addresses, with a tag too, and as nobody else', () => {
  const may: readonly (readonly [Resident, string, boolean])[] = [
    [ann, 'ann.other@south.example', true],
    [ann, 'ANN.other+x@SOUTH.example', true],
    [ann, 'info@south.example', true],
    [ann, 'bob@south.example', false],
    [ann, 'nobody@south.example', false],
    [ann, 'ann.other@east.example', false],
    [ann, 'someone@elsewhere.example', false],
    [bob, 'bob@south.example', true],
    [bob, 'info@south.example', false],
  ]
  for (const [who, address, wanted] of may) {
    assert.equal(plain.maySendAs(who, mailbox(address)), wanted, `${who.address} as ${address}`)
  }
})

test('a catch-all receives for everybody and sends for nobody', () => {
  assert.deepEqual(leads(plain, 'anybody@east.example'), [cat.address])
  assert.ok(plain.maySendAs(cat, mailbox('cat@east.example')))
  for (const address of [
    'anybody@east.example',
    'cat2@east.example',
    'x@west.example',
    '*@east.example',
    '*+x@east.example',
    'cat@west.example',
  ]) {
    assert.ok(!plain.maySendAs(cat, mailbox(address)), address)
  }
})

test('each domain has postmaster, abuse and hostmaster, whoever reads its mail', () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['postmaster@south.example', [ann.address]],
    ['Postmaster+x@south.example', [ann.address]],
    ['abuse@south.example', [ann.address]],
    ['HOSTMASTER@south.example', [ann.address]],
    // A catch-all reads what nobody is named for, but the postmaster is somebody.
    ['postmaster@east.example', [ann.address]],
    ['abuse@east.example', [cat.address]],
    ['hostmaster@west.example', [cat.address]],
    ['webmaster@south.example', []],
  ]
  for (const [address, wanted] of table) assert.deepEqual(leads(plain, address), wanted, address)
  for (const role of ['postmaster', 'abuse', 'hostmaster']) {
    assert.ok(!plain.maySendAs(ann, mailbox(`${role}@south.example`)), role)
    // It is asked about the addresses of others too.
    assert.ok(!plain.maySendAs(ann, mailbox(`${role}@elsewhere.example`)), role)
  }
})

test('who is named as postmaster reads the abuse of the domain too', () => {
  const kept = account('kept@south.example', 'Postmaster@South.example')
  const table = new AddressTable({ ...people, accounts: [bob, kept] })
  for (const role of ['postmaster', 'abuse', 'hostmaster']) {
    assert.deepEqual(leads(table, `${role}@south.example`), [kept.address], role)
    assert.deepEqual(leads(table, `${role}@east.example`), [bob.address], role)
  }
  assert.deepEqual(table.postmaster(), [kept])
  assert.ok(table.maySendAs(kept, mailbox('postmaster@south.example')))
  assert.ok(!table.maySendAs(kept, mailbox('abuse@south.example')))
})

test('the postmaster of this host is that of its first domain, or the first account', () => {
  assert.deepEqual(plain.postmaster(), [ann])
  assert.deepEqual(new AddressTable({ domains: [], accounts: [ann] }).postmaster(), [])
  assert.deepEqual(new AddressTable({ ...people, accounts: [] }).postmaster(), [])
  assert.deepEqual(leads(new AddressTable({ ...people, accounts: [] }), 'abuse@south.example'), [])
})

const shared = new AddressTable({
  ...people,
  accounts: [ann, bob, cat],
  aliases: [
    alias('Team@south.example', [bob.address, 'INFO@south.example', 'ann.other@south.example']),
    alias('sales@south.example', [cat.address, bob.address], true),
    alias('everybody@south.example', ['team@south.example', 'sales@south.example']),
    alias('round@south.example', ['trip@south.example', bob.address]),
    alias('trip@south.example', ['round@south.example'], true),
    alias('self@south.example', ['self@south.example']),
    alias('nowhere@south.example', ['gone@south.example', 'x@elsewhere.example']),
    alias('postmaster@west.example', ['team@south.example']),
    alias('*@south.example', ['sales@south.example'], true),
    alias('bob@south.example', [ann.address]),
  ],
})

test('an alias leads to several people, each once, and through other aliases', () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['team@south.example', [bob.address, ann.address]],
    ['TEAM+x@south.example', [bob.address, ann.address]],
    ['sales@south.example', [cat.address, bob.address]],
    ['everybody@south.example', [bob.address, ann.address, cat.address]],
    ['anybody@south.example', [cat.address, bob.address]],
    ['abuse@west.example', [cat.address]],
    ['postmaster@west.example', [bob.address, ann.address]],
    // What stands first counts, which the settings do not let happen.
    ['bob@south.example', [bob.address]],
  ]
  for (const [address, wanted] of table) {
    assert.deepEqual([...leads(shared, address)].sort(), [...wanted].sort(), address)
  }
})

test('aliases that lead in a circle or to nobody of ours end', () => {
  assert.deepEqual(leads(shared, 'round@south.example'), [bob.address])
  assert.deepEqual(leads(shared, 'trip@south.example'), [bob.address])
  assert.deepEqual(leads(shared, 'self@south.example'), [])
  assert.deepEqual(leads(shared, 'nowhere@south.example'), [])
})

test('who reads an alias sends as it only where the alias says so', () => {
  assert.ok(!shared.maySendAs(bob, mailbox('team@south.example')))
  assert.ok(shared.maySendAs(bob, mailbox('sales@south.example')))
  assert.ok(shared.maySendAs(bob, mailbox('Sales+x@south.example')))
  assert.ok(shared.maySendAs(cat, mailbox('sales@south.example')))
  assert.ok(!shared.maySendAs(ann, mailbox('sales@south.example')))
  assert.ok(shared.maySendAs(bob, mailbox('trip@south.example')))
  assert.ok(!shared.maySendAs(bob, mailbox('anybody@south.example')), 'a catch-all of many')
})

test('text is found when it is an address of ours', () => {
  assert.deepEqual(shared.findAddress('Team@SOUTH.example').length, 2)
  assert.deepEqual(shared.findAddress('bob@south.example.'), [bob])
  assert.deepEqual(shared.findAddress('postmaster@elsewhere.example'), [])
  assert.deepEqual(shared.findAddress('no address'), [])
})

test('an address elsewhere is owned by the account that has copies sent there, unless an alias names it', () => {
  const far = 'kim@far.example'
  const account = {
    address: 'kim@south.example',
    aliases: [],
    passwordHash: undefined,
    forward: [far],
  }
  const table = new AddressTable({
    domains: ['south.example'],
    accounts: [account],
    aliases: [
      { address: 'team@south.example', to: ['kim@south.example', 'ben@far.example'], send: false },
      { address: 'all@south.example', to: ['kim@south.example', 'KIM@far.example'], send: false },
    ],
  })
  const of = (localPart: string): unknown => {
    const mailbox = parseMailbox(`${localPart}@south.example`)
    assert.ok(mailbox.ok)
    return table.leads(mailbox.value).owners
  }
  assert.deepEqual(of('kim'), { [far]: 'kim@south.example' })
  assert.deepEqual(of('team'), { [far]: 'kim@south.example' })
  assert.equal(of('all'), undefined)
})
