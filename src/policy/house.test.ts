import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForwardPath } from '../address/path.ts'
import { hashPassword } from '../io/password.ts'
import type { RecipientAnswer } from '../receive/house.ts'
import { CurrentHouse } from './current-house.ts'
import { Directory } from './directory.ts'
import { Greylist } from './greylist.ts'
import { type HousePlan, makeHouse } from './house.ts'

const passwordHash = await hashPassword('letmein')
const accounts = [
  { address: 'Ann@south.example', aliases: ['info@south.example'], passwordHash },
  { address: 'drop@south.example', aliases: [], passwordHash: undefined },
]
const directory = new Directory({
  domains: ['south.example', 'other.example'],
  accounts,
  aliases: [
    { address: 'all@south.example', to: ['ann@south.example', 'drop@south.example'], send: false },
  ],
})
const plan: HousePlan = {
  hostname: 'mx.south.example',
  mode: 'live',
  directory,
  rules: { trustedForwarders: [], mailingLists: [], allow: [], onTemperror: 'deliver' },
  limits: { receivedFields: 100, queueMs: 1000 },
  signingKeys: (domain) => [{ domain, selector: 's', privateKey: 'k' }],
  now: () => 0,
}
const house = makeHouse(plan)

type Asked = Partial<Parameters<typeof house.recipient>[0]>

function answer(address: string, asked: Asked = {}, of = house): RecipientAnswer {
  const path = parseForwardPath(`<${address}>`)
  assert.ok(path.ok, address)
  const stranger = { by: 'stranger', ip: '192.0.2.10', mailFrom: 'x@north.example' } as const
  return of.recipient({ path: path.value, ...stranger, ...asked })
}

/** Accounts, the destination, or the code of the refusal. */
function told(answered: RecipientAnswer): unknown {
  switch (answered.type) {
    case 'mailbox':
      return answered.accounts
    case 'remote':
      return [answered.recipient, answered.destination]
    case 'refused':
      return `${answered.reply.code} ${answered.reply.enhanced}`
  }
}

test('a recipient of ours is led to its accounts, a stranger to nobody else', () => {
  const table: readonly (readonly [string, Asked, unknown])[] = [
    ['ann@south.example', {}, ['Ann@south.example']],
    ['INFO+x@SOUTH.example', {}, ['Ann@south.example']],
    ['all@south.example', {}, ['Ann@south.example', 'drop@south.example']],
    ['drop@south.example', {}, ['drop@south.example']],
    ['postmaster', {}, ['Ann@south.example']],
    ['abuse@other.example', {}, ['Ann@south.example']],
    ['nobody@south.example', {}, '550 5.1.1'],
    ['nobody@south.example', { by: 'user' }, '550 5.1.1'],
    ['x@elsewhere.example', {}, '550 5.7.1'],
    ['postmaster@elsewhere.example', {}, '550 5.7.1'],
    ['x@[192.0.2.1]', {}, '550 5.7.1'],
    ['x@elsewhere.example', { by: 'user' }, ['x@elsewhere.example', 'elsewhere.example']],
    ['x@[192.0.2.1]', { by: 'user' }, ['x@[192.0.2.1]', '[192.0.2.1]']],
  ]
  for (const [address, asked, wanted] of table) {
    assert.deepEqual(told(answer(address, asked)), wanted, address)
  }
})

test('where nobody lives, not even the postmaster is taken', () => {
  const empty = makeHouse({ ...plan, directory: new Directory({ domains: [], accounts: [] }) })
  assert.equal(told(answer('postmaster', {}, empty)), '550 5.1.1')
})

test('in the lab nothing leaves, and the refusal says so', () => {
  const lab = makeHouse({ ...plan, mode: 'lab', reachable: (domain) => domain === 'north.example' })
  assert.deepEqual(told(answer('x@north.example', { by: 'user' }, lab)), [
    'x@north.example',
    'north.example',
  ])
  for (const address of ['x@elsewhere.example', 'x@[192.0.2.1]']) {
    const refused = answer(address, { by: 'user' }, lab)
    assert.ok(refused.type === 'refused')
    assert.match(refused.reply.lines[0] ?? '', /^This is the lab, and \S+ is not in it/)
  }
  assert.equal(told(answer('x@north.example', {}, lab)), '550 5.7.1', 'a stranger')
})

test('the login is the main address and its password, in any case of the address', async () => {
  assert.deepEqual(await house.login('ann@south.example', 'letmein'), {
    address: 'Ann@south.example',
  })
  assert.deepEqual(await house.login('ANN@South.Example', 'letmein'), {
    address: 'Ann@south.example',
  })
  for (const [name, password] of [
    ['ann@south.example', 'Letmein'],
    ['ann@south.example', ''],
    ['info@south.example', 'letmein'],
    ['all@south.example', 'letmein'],
    ['nobody@south.example', 'letmein'],
    ['', ''],
  ] as const) {
    assert.equal(await house.login(name, password), undefined, `${name} ${password}`)
  }
})

test('an account without a hash takes no password at all, and receives', async () => {
  for (const password of ['', 'letmein', 'undefined']) {
    assert.equal(await house.login('drop@south.example', password), undefined)
  }
  assert.deepEqual(told(answer('drop@south.example')), ['drop@south.example'])
})

test('a user sends as their own addresses as long as there is the account', () => {
  const ann = { localPart: 'INFO', domain: 'south.example' as const }
  const mailbox = parseForwardPath('<INFO@south.example>')
  assert.ok(mailbox.ok && mailbox.value.type === 'mailbox', ann.localPart)
  const own = mailbox.value.mailbox
  assert.ok(house.maySendAs({ address: 'Ann@south.example' }, own))
  assert.ok(!house.maySendAs({ address: 'drop@south.example' }, own))
  assert.ok(!house.maySendAs({ address: 'gone@south.example' }, own))
})

test('strangers come twice where there is a greylist, users and wrong addresses do not', () => {
  let now = 0
  const greylist = new Greylist({ delayMs: 60_000 })
  const grey = makeHouse({ ...plan, greylist, now: () => now })
  const ann = 'ann@south.example'
  assert.equal(told(answer(ann, {}, grey)), '451 4.7.1')
  assert.deepEqual(told(answer(ann, { by: 'user' }, grey)), ['Ann@south.example'])
  assert.equal(told(answer('nobody@south.example', {}, grey)), '550 5.1.1')
  assert.deepEqual(told(answer('postmaster', {}, grey)), ['Ann@south.example'])
  now = 60_000
  assert.deepEqual(told(answer(ann, {}, grey)), ['Ann@south.example'])
  assert.equal(told(answer(ann, { ip: '192.0.3.10' }, grey)), '451 4.7.1', 'another network')
  assert.equal(told(answer(ann, { mailFrom: 'y@north.example' }, grey)), '451 4.7.1')
  assert.equal(told(answer('info@south.example', {}, grey)), '451 4.7.1', 'another recipient')
})

test('what a house is made of is told as it is', () => {
  assert.deepEqual(house.accountsOf('All@south.example'), [
    'Ann@south.example',
    'drop@south.example',
  ])
  assert.deepEqual(house.accountsOf('x@elsewhere.example'), [])
  assert.equal(house.receivedSpf, false)
  assert.equal(makeHouse({ ...plan, receivedSpf: true }).receivedSpf, true)
  assert.equal(house.signingKeys('south.example')[0]?.domain, 'south.example')
  assert.deepEqual([house.hostname, house.mode], ['mx.south.example', 'live'])
  assert.equal(house.rules, plan.rules)
  assert.equal(house.limits, plan.limits)
})

test('a house that is replaced while it is asked answers with the new one from then on', async () => {
  const current = new CurrentHouse(house)
  const moved = makeHouse({
    ...plan,
    directory: new Directory({
      domains: ['new.example'],
      accounts: [{ address: 'kim@new.example', aliases: [], passwordHash }],
    }),
    rules: { ...plan.rules, onTemperror: 'defer' },
    limits: { receivedFields: 50, queueMs: 2000 },
    addresses: 'strict',
    receivedSpf: true,
    signingKeys: () => [],
  })
  const asked = (): unknown => [
    told(answer('ann@south.example', {}, current)),
    told(answer('kim@new.example', {}, current)),
    current.accountsOf('kim@new.example'),
    current.rules.onTemperror,
    current.limits.receivedFields,
    current.addresses,
    current.receivedSpf,
    current.signingKeys('x.example').length,
  ]
  assert.deepEqual(asked(), [
    ['Ann@south.example'],
    '550 5.7.1',
    [],
    'deliver',
    100,
    'lenient',
    false,
    1,
  ])
  const underWay = current.login('ann@south.example', 'letmein')
  current.replace(moved)
  assert.deepEqual(asked(), [
    '550 5.7.1',
    ['kim@new.example'],
    ['kim@new.example'],
    'defer',
    50,
    'strict',
    true,
    0,
  ])
  assert.deepEqual(await underWay, { address: 'Ann@south.example' })
  assert.equal(await current.login('ann@south.example', 'letmein'), undefined)
  const ann = parseForwardPath('<ann@south.example>')
  assert.ok(ann.ok && ann.value.type === 'mailbox')
  assert.ok(!current.maySendAs({ address: 'Ann@south.example' }, ann.value.mailbox))
  for (const other of [
    { ...plan, hostname: 'mx.new.example' },
    { ...plan, mode: 'lab' as const },
  ]) {
    assert.throws(() => {
      current.replace(makeHouse(other))
    }, /keeps its name/)
  }
})
