import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { accountAdd, accountPassword, aliasAdd, domainAdd } from './account-operations.ts'
import { AccountDesk, residentsOf, type SettledResidents } from './accounts.ts'
import { InTurn } from './in-turn.ts'
import type { RecordToPublish } from './dns-records.ts'

const settled: SettledResidents = {
  domains: ['south.example'],
  accounts: [{ address: 'ann@south.example', aliases: ['info@south.example'], mayLogIn: true }],
  aliases: [{ address: 'all@south.example', to: ['ann@south.example'], send: false }],
}
const hash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA'
const record: RecordToPublish = {
  name: 'x',
  type: 'MX',
  value: '10 y.',
  reason: 'So.',
  purpose: 'mail',
}

interface Opened {
  readonly desk: AccountDesk
  readonly store: Store
  /** What was done beside the store, in its order. */
  readonly did: string[]
}

async function open(): Promise<Opened> {
  const store = openMemoryStore()
  const did: string[] = []
  const desk = new AccountDesk({
    port: store.accounts,
    settled: () => settled,
    async publish(domain) {
      did.push(`keys of ${domain}, before ${(await store.accounts.domains()).length + 1}`)
      return [record]
    },
    now: () => 5,
    turn: new InTurn(),
    changed() {
      did.push('changed')
      return Promise.resolve()
    },
  })
  return { desk, store, did }
}

/** Who lives there by the store, in one line each. */
async function kept({ store }: Opened): Promise<readonly string[]> {
  const { accounts, aliases, domains } = await residentsOf(store.accounts, {
    domains: [],
    accounts: [],
    aliases: [],
  })
  return [
    ...domains.map(({ name }) => name),
    ...accounts.map(({ address, mayLogIn }) => `${address}${mayLogIn ? ' logs in' : ''}`),
    ...aliases.map(
      ({ address, to, send }) => `${address} > ${to.join(' ')}${send ? ' sends' : ''}`,
    ),
  ]
}

function refused(doing: Promise<unknown>, code: string, words: RegExp): Promise<void> {
  return assert.rejects(doing, (problem) => {
    assert.ok(problem instanceof WaybillError, String(problem))
    assert.equal(problem.code, code)
    assert.match(problem.message, words)
    return true
  })
}

test('accounts, aliases and domains come, change and go, and whoever looks them up is told', async () => {
  const opened = await open()
  const { desk, did } = opened
  assert.deepEqual(await desk.addDomain('West.Example'), {
    domain: 'west.example',
    records: [record],
  })
  assert.deepEqual(did, ['keys of west.example, before 1', 'changed'])
  assert.equal(
    await desk.addAccount({ address: 'Eve@WEST.example', passwordHash: hash }),
    'Eve@west.example',
  )
  await desk.addAccount({ address: 'bob@south.example', passwordHash: undefined })
  const to = ['eve@west.example', 'ANN@south.example']
  await desk.addAlias({ address: 'team@west.example', to, send: true })
  assert.deepEqual(await kept(opened), [
    'west.example',
    'bob@south.example',
    'Eve@west.example logs in',
    'team@west.example > eve@west.example ANN@south.example sends',
  ])
  await desk.setPassword({ address: 'BOB@south.example', passwordHash: hash })
  await desk.setPassword({ address: 'eve@west.example', passwordHash: undefined })
  await desk.removeAlias('Team@west.example')
  assert.deepEqual(await kept(opened), [
    'west.example',
    'bob@south.example logs in',
    'Eve@west.example',
  ])
  assert.equal(await desk.removeAccount('eve@west.example'), 'Eve@west.example')
  assert.equal(await desk.removeDomain('WEST.example'), 'west.example')
  assert.deepEqual(await kept(opened), ['bob@south.example logs in'])
  assert.equal(did.filter((one) => one === 'changed').length, 9)
})

test('all who live here are those of the settings, then those of the store', async () => {
  const { desk } = await open()
  await desk.addAccount({ address: 'bob@south.example', passwordHash: undefined })
  const { accounts, aliases, domains } = await desk.residents()
  assert.deepEqual(
    accounts.map(({ address, origin, mayLogIn, aliases: own }) => [address, origin, mayLogIn, own]),
    [
      ['ann@south.example', 'settings', true, ['info@south.example']],
      ['bob@south.example', 'store', false, []],
    ],
  )
  assert.deepEqual([aliases.length, domains], [1, [{ name: 'south.example', origin: 'settings' }]])
})

const wrong: readonly (readonly [
  what: string,
  act: (desk: AccountDesk) => Promise<unknown>,
  code: string,
  words: RegExp,
])[] = [
  [
    'no address',
    (d) => d.addAccount({ address: 'ann', passwordHash: hash }),
    'usage',
    /"ann" is not a/,
  ],
  [
    'an address that turns round',
    (d) => d.addAccount({ address: '\u202etom@south.example', passwordHash: hash }),
    'usage',
    /a character that nobody sees/,
  ],
  [
    'an alias that looks like another address',
    (d) =>
      d.addAlias({ address: 'a\u200bnn@south.example', to: ['ann@south.example'], send: false }),
    'usage',
    /a character that nobody sees/,
  ],
  [
    'a space that is none',
    (d) => d.addAccount({ address: 'a\u00a0b@south.example', passwordHash: hash }),
    'usage',
    /a character that nobody sees/,
  ],
  [
    'a taken address',
    (d) => d.addAccount({ address: 'Info@South.example', passwordHash: hash }),
    'usage',
    /"Info@south\.example" is there already/,
  ],
  [
    'an address elsewhere',
    (d) => d.addAccount({ address: 'x@west.example', passwordHash: hash }),
    'usage',
    /"x@west\.example" is not in one of your domains/,
  ],
  [
    'a catch-all account',
    (d) => d.addAccount({ address: '*@south.example', passwordHash: hash }),
    'usage',
    /"\*" is for aliases/,
  ],
  [
    'a hash that is none',
    (d) => d.addAccount({ address: 'x@south.example', passwordHash: 'letmein' }),
    'usage',
    /not a hash made by/,
  ],
  [
    'another hash that is none',
    (d) => d.setPassword({ address: 'ann@south.example', passwordHash: 'letmein' }),
    'usage',
    /not a hash made by/,
  ],
  [
    'an account of the settings',
    (d) => d.removeAccount('ANN@south.example'),
    'usage',
    /stands in the settings file/,
  ],
  [
    'its password',
    (d) => d.setPassword({ address: 'ann@south.example', passwordHash: hash }),
    'usage',
    /stands in the settings file/,
  ],
  [
    'an account that is none',
    (d) => d.removeAccount('an@south.example'),
    'not-found',
    /no account an@south/,
  ],
  [
    'an alias of the settings',
    (d) => d.removeAlias('all@south.example'),
    'usage',
    /stands in the settings/,
  ],
  [
    'an alias that is none',
    (d) => d.removeAlias('x@south.example'),
    'not-found',
    /no alias x@south/,
  ],
  [
    'an alias to nobody',
    (d) => d.addAlias({ address: 'x@south.example', to: ['y@south.example'], send: false }),
    'usage',
    /leads to "y@south\.example", which is no account/,
  ],
  [
    'an alias to itself',
    (d) => d.addAlias({ address: 'x@south.example', to: ['x@south.example'], send: false }),
    'usage',
    /leads back to itself/,
  ],
  ['no domain', (d) => d.addDomain('a b'), 'usage', /"a b" is not a domain name/],
  ['a known domain', (d) => d.addDomain('South.example'), 'usage', /one of your domains already/],
  [
    'a domain of the settings',
    (d) => d.removeDomain('south.example'),
    'usage',
    /stands in the settings/,
  ],
  [
    'a domain that is none',
    (d) => d.removeDomain('x.example'),
    'not-found',
    /no domain x\.example/,
  ],
]
for (const [what, act, code, words] of wrong) {
  test(`${what} changes nothing: ${String(words)}`, async () => {
    const opened = await open()
    await refused(act(opened.desk), code, words)
    assert.deepEqual([await kept(opened), opened.did], [[], []])
  })
}

test('whatever can be added is found again, however its name is written', async () => {
  const opened = await open()
  const { desk } = opened
  await desk.addDomain('Bücher.example')
  const quoted = '"ann b"@bücher.example'
  for (const address of ['ann@Bücher.example', quoted, 'jürgen@xn--bcher-kva.example']) {
    await desk.addAccount({ address, passwordHash: undefined })
  }
  await desk.addAlias({ address: '*@bücher.example', to: ['ann@bücher.example'], send: false })
  for (const address of ['ANN@bÜcher.example', quoted.toUpperCase(), 'JÜRGEN@bücher.example']) {
    await desk.setPassword({ address, passwordHash: hash })
  }
  assert.deepEqual(await kept(opened), [
    'xn--bcher-kva.example',
    '"ann b"@xn--bcher-kva.example logs in',
    'ann@xn--bcher-kva.example logs in',
    'jürgen@xn--bcher-kva.example logs in',
    '*@xn--bcher-kva.example > ann@xn--bcher-kva.example',
  ])
  await desk.removeAlias('*@BÜCHER.example')
  for (const address of ['"ann"@bücher.example', quoted, 'Jürgen@bücher.example']) {
    await desk.removeAccount(address)
  }
  await desk.removeDomain('BÜCHER.example')
  assert.deepEqual(await kept(opened), [])
})

test('both forms of an accent are one account, and each of them names it', async () => {
  const opened = await open()
  const { desk } = opened
  const [composed, apart] = ['jos\u00e9@south.example', 'jose\u0301@south.example']
  await desk.addAccount({ address: composed, passwordHash: undefined })
  const again = desk.addAccount({ address: apart, passwordHash: hash })
  await refused(again, 'usage', /is there already/)
  await desk.addAlias({ address: 'x@south.example', to: [apart], send: false })
  await desk.removeAlias('x@south.example')
  assert.equal(await desk.setPassword({ address: apart, passwordHash: hash }), composed)
  assert.equal(await desk.removeAccount(apart), composed)
  assert.deepEqual(await kept(opened), [])
})

test('who is still meant by somebody stays', async () => {
  const { desk } = await open()
  await desk.addDomain('west.example')
  await desk.addAccount({ address: 'eve@west.example', passwordHash: undefined })
  await desk.addAlias({ address: 'a@west.example', to: ['eve@west.example'], send: false })
  await desk.addAlias({ address: 'b@west.example', to: ['a@west.example'], send: false })
  await refused(desk.removeAccount('eve@west.example'), 'usage', /"a@west.example" leads to "eve@/)
  await refused(desk.removeAlias('a@west.example'), 'usage', /"b@west.example" leads to "a@/)
  await refused(desk.removeDomain('west.example'), 'usage', /is not in one of your domains/)
})

test('an address that only had mail is no account yet, and may become one', async () => {
  const opened = await open()
  const { desk, store } = opened
  const mail = { address: 'bob@south.example', passwordHash: undefined, createdAt: 1 }
  await store.accounts.putAccount({ ...mail, origin: 'mail' })
  assert.deepEqual(await kept(opened), [])
  await refused(desk.removeAccount('bob@south.example'), 'not-found', /no account bob/)
  await desk.addAccount({ address: 'bob@south.example', passwordHash: hash })
  assert.deepEqual(await kept(opened), ['bob@south.example logs in'])
})

test('two at once cannot make the same', async () => {
  const { desk } = await open()
  const account = { address: 'bob@south.example', passwordHash: undefined }
  const both = await Promise.allSettled([desk.addAccount(account), desk.addAccount(account)])
  assert.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  )
})

test('no act has a password in it', () => {
  const input = { address: 'eve@south.example', passwordHash: hash }
  for (const operation of [accountAdd, accountPassword]) {
    assert.deepEqual(operation.read(input), input)
    assert.deepEqual(operation.tell?.(input, 'eve@south.example'), {
      address: 'eve@south.example',
      password: true,
    })
    const none = operation.read({ address: 'eve@south.example', passwordHash: 7 })
    assert.deepEqual(operation.tell?.(none, 'eve@south.example'), {
      address: 'eve@south.example',
      password: false,
    })
  }
})

test('what is asked over a socket is looked at', () => {
  assert.throws(() => aliasAdd.read({ address: 'x' }), /"alias add" wants "to", a list/)
  assert.throws(() => aliasAdd.read({ address: 'x', to: [] }), /wants "to", a list/)
  assert.throws(() => aliasAdd.read({ to: ['x'] }), /wants "address" as text/)
  const read = aliasAdd.read({ address: 'x', to: [1], send: 'yes' })
  assert.deepEqual(read, { address: 'x', to: ['1'], send: false })
  assert.throws(() => domainAdd.read({}), /"domain add" wants "domain" as text/)
})
