import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { parseNetwork } from '../base/ip.ts'
import type { LogLine } from '../base/log.ts'
import { Admission } from './admission.ts'
import { type AdmissionLimits, noLimits } from './admission-limits.ts'

const limits: AdmissionLimits = {
  connectionsPerAddress: 50,
  connectionsPerAccount: 100,
  connectionsPerMinute: 300,
  wrongPasswords: 20,
  refusedRecipients: 100,
  forgetMs: 3_600_000,
  memoryBytes: 100_000,
  exempt: [],
}
const smtp = { name: 'smtp', places: 2000 }

class House {
  readonly clock = new ManualClock()
  readonly logged: LogLine[] = []
  readonly admission: Admission
  readonly #leave: (() => void)[] = []

  constructor(changes: Partial<AdmissionLimits> = {}) {
    this.admission = new Admission({
      limits: { ...limits, ...changes },
      clock: this.clock,
      log: (line) => this.logged.push(line),
    })
  }

  /** `admitted`, or the limit and whose it is. */
  enter(ip: string, listener = smtp): string {
    const entrance = this.admission.enter(ip, listener)
    if (entrance.type === 'turnedAway') return `${entrance.limit} ${entrance.of}`
    this.#leave.push(() => entrance.leave())
    return 'admitted'
  }

  /** How many get in before the first who does not, and why that one does not. */
  fill(ip: (n: number) => string, listener = smtp): readonly [number, string] {
    for (let n = 0; n < 5000; n++) {
      const said = this.enter(ip(n), listener)
      if (said !== 'admitted') return [n, said]
    }
    return [5000, 'admitted']
  }

  /** All who are in leave, twice, as a careless caller might. */
  leave(): void {
    for (const leave of this.#leave.splice(0)) {
      leave()
      leave()
    }
  }

  async login(ip: string, name: string, right: boolean): Promise<string> {
    const answer = this.admission.login({ ip, name }, () => {
      return Promise.resolve(right ? 'somebody' : undefined)
    })
    const outcome = await Promise.race([answer, this.#soon(answer)])
    return outcome.type
  }

  /** The delays of wrong passwords are on our clock. */
  async #soon<T>(answer: Promise<T>): Promise<T> {
    for (let n = 0; n < 50; n++) await Promise.resolve()
    this.delayed += this.clock.nextDueMs ?? 0
    this.clock.advance(this.clock.nextDueMs ?? 0)
    return answer
  }

  delayed = 0
}

test('50 at once from one address, 100 from its network, counted over all listeners', () => {
  const house = new House()
  assert.deepEqual(
    house.fill(() => '192.0.2.1'),
    [50, 'limits.connections_per_address address'],
  )
  assert.equal(
    house.enter('192.0.2.1', { name: 'submission', places: 2000 }),
    'limits.connections_per_address address',
  )
  assert.equal(house.enter('::ffff:192.0.2.1'), 'limits.connections_per_address address')
  assert.deepEqual(
    house.fill((n) => `192.0.2.${2 + n}`),
    [50, 'limits.connections_per_address network'],
  )
  assert.equal(house.enter('192.0.3.1'), 'admitted')
  house.leave()
  assert.deepEqual(
    house.fill(() => '192.0.2.1'),
    [50, 'limits.connections_per_address address'],
  )
})

test('the same with IPv6, where a network is a /64', () => {
  const house = new House()
  assert.deepEqual(
    house.fill((n) => `2001:db8:0:1::${n.toString(16)}`),
    [100, 'limits.connections_per_address network'],
  )
  assert.equal(house.enter('2001:db8:0:2::1'), 'admitted')
  assert.deepEqual(
    house.fill(() => '2001:db8:0:2::1'),
    [49, 'limits.connections_per_address address'],
  )
})

test('who has a /48 of IPv6 has 65,536 networks, and eight times as much as an address', () => {
  const house = new House()
  const other = (n: number): string => `2001:db8:1:${n.toString(16)}::1`
  assert.deepEqual(house.fill(other), [400, 'limits.connections_per_address network'])
  assert.equal(house.logged.at(-1)?.fields['network'], '2001:db8:1::/48')
  assert.equal(house.enter('2001:db8:2::1'), 'admitted')
  house.leave()
  house.clock.advance(120_000)
  assert.deepEqual(house.fill(other), [400, 'limits.connections_per_address network'])

  const few = new House()
  assert.deepEqual(few.fill(other, { name: 'smtp', places: 100 }), [
    50,
    'limits.connections network',
  ])

  const many = new House({ connectionsPerAddress: 1000 })
  assert.deepEqual(many.fill(other, { name: 'smtp', places: 20_000 }), [
    2400,
    'limits.connections_per_minute network',
  ])
})

test('guesses are counted over a /48 too, and so are refused recipients', async () => {
  const house = new House()
  for (let n = 0; n < 160; n++) {
    const ip = `2001:db8:1:${n.toString(16)}::1`
    assert.equal(house.admission.closedForLogins(ip), undefined)
    assert.equal(await house.login(ip, 'you@own.example', false), 'wrong')
  }
  const met = { limit: 'limits.wrong_passwords', of: 'network', network: '2001:db8:1::/48' }
  assert.deepEqual(house.admission.closedForLogins('2001:db8:1:abcd::1'), met)
  assert.equal(await house.login('2001:db8:1:abcd::1', 'you@own.example', true), 'closed')
  assert.equal(await house.login('2001:db8:2::1', 'you@own.example', true), 'right')
  for (let n = 0; n < 800; n++) house.admission.refusedRecipient(`2001:db8:1:${n.toString(16)}::1`)
  assert.equal(house.admission.closedForMail('2001:db8:1:ffff::1')?.of, 'network')
  assert.equal(house.admission.closedForMail('2001:db8:2::1'), undefined)
})

test('300 a minute from one address, 600 from its network, and it is forgotten with time', () => {
  const house = new House({ connectionsPerAddress: 1000 })
  assert.deepEqual(
    house.fill(() => '192.0.2.1'),
    [300, 'limits.connections_per_minute address'],
  )
  house.leave()
  house.clock.advance(59_999)
  assert.equal(house.enter('192.0.2.1'), 'limits.connections_per_minute address')
  assert.deepEqual(
    house.fill((n) => `192.0.2.${2 + (n % 200)}`),
    [300, 'limits.connections_per_minute network'],
  )
  house.leave()
  house.clock.advance(60_001)
  assert.deepEqual(
    house.fill(() => '192.0.2.1'),
    [300, 'limits.connections_per_minute address'],
  )
})

test('who is turned away does not make it worse by asking again', () => {
  const house = new House({ connectionsPerMinute: 10, connectionsPerAddress: 1000 })
  for (let n = 0; n < 500; n++) house.enter('192.0.2.1')
  house.clock.advance(90_000)
  assert.deepEqual(
    house.fill(() => '192.0.2.1'),
    [5, 'limits.connections_per_minute address'],
  )
})

test('never more than half of the places of a listener are for one', () => {
  const few = { name: 'smtp', places: 10 }
  const house = new House()
  assert.deepEqual(
    house.fill(() => '192.0.2.1', few),
    [5, 'limits.connections address'],
  )
  assert.equal(house.enter('192.0.2.2', few), 'limits.connections network')
  assert.equal(house.enter('198.51.100.1', few), 'admitted')
  assert.equal(house.enter('192.0.2.1', { name: 'submission', places: 10 }), 'admitted')
  assert.deepEqual(
    new House().fill(() => '192.0.2.1', { name: 'smtp', places: 1 }),
    [1, 'limits.connections address'],
  )
  assert.deepEqual(
    new House().fill(() => '192.0.2.1', { name: 'smtp', places: 5 }),
    [2, 'limits.connections address'],
  )
})

test('who is exempt is not counted, and nobody is in a lab', async () => {
  const exempt = ['192.0.2.0/25', '2001:db8::/32'].flatMap((text) => parseNetwork(text) ?? [])
  const house = new House({ exempt })
  for (const ip of ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8:5::1']) {
    assert.deepEqual(
      house.fill(() => ip),
      [5000, 'admitted'],
    )
  }
  assert.deepEqual(
    house.fill(() => '192.0.2.128'),
    [50, 'limits.connections_per_address address'],
  )
  for (let n = 0; n < 100; n++) await house.login('192.0.2.1', 'you', false)
  assert.equal(house.delayed, 0)
  assert.equal(house.admission.closedForLogins('192.0.2.1'), undefined)
  assert.equal(house.admission.closedForLogins('192.0.2.200'), undefined, 'nor does its network')
  const lab = new House(noLimits)
  for (const ip of ['127.0.0.1', '::1', '198.51.100.66']) {
    assert.deepEqual(
      lab.fill(() => ip),
      [5000, 'admitted'],
    )
  }
  assert.deepEqual(lab.logged, [])
})

test('each limit that is met is told with its name, its client and its network', () => {
  const house = new House({ connectionsPerAddress: 1 })
  house.enter('::ffff:192.0.2.1')
  house.enter('::ffff:192.0.2.1')
  house.enter('192.0.2.2')
  house.enter('192.0.2.3')
  assert.deepEqual(house.logged, [
    {
      level: 'warning',
      event: 'limit',
      fields: {
        limit: 'limits.connections_per_address',
        client: '192.0.2.1',
        listener: 'smtp',
      },
    },
    {
      level: 'warning',
      event: 'limit',
      fields: {
        limit: 'limits.connections_per_address',
        client: '192.0.2.3',
        network: '192.0.2.0/24',
        listener: 'smtp',
      },
    },
  ])
})

test('an account has so many places, wherever its people are, and gets them back', () => {
  const house = new House({ connectionsPerAccount: 2 })
  const open = (ip: string, account: string): string => {
    const entrance = house.admission.enterAccount(ip, account)
    if (entrance.type === 'turnedAway') return `${entrance.limit} ${entrance.of}`
    leaves.push(() => entrance.leave())
    return 'admitted'
  }
  const leaves: (() => void)[] = []
  assert.equal(open('192.0.2.1', 'you@own.example'), 'admitted')
  assert.equal(open('198.51.100.1', 'You@Own.example'), 'admitted')
  assert.equal(open('203.0.113.1', 'you@own.example'), 'limits.connections_per_account account')
  assert.equal(open('203.0.113.1', 'other@own.example'), 'admitted')
  const fields = {
    limit: 'limits.connections_per_account',
    client: '203.0.113.1',
    account: 'you@own.example',
  }
  assert.deepEqual(house.logged, [{ level: 'warning', event: 'limit', fields }])
  // A place that is given back twice is one place.
  leaves[0]?.()
  leaves[0]?.()
  assert.equal(open('192.0.2.1', 'you@own.example'), 'admitted')
  assert.equal(open('192.0.2.1', 'you@own.example'), 'limits.connections_per_account account')
})

test('where the whole server has no more, that is its own trouble and not the client’s', () => {
  const house = new House()
  const more = { listener: 'smtp' }
  house.admission.turnedAway('192.0.2.1', { limit: 'limits.memory_bytes', of: 'server' }, more)
  house.admission.turnedAway('192.0.2.1', { limit: 'limits.memory_bytes', of: 'network' }, more)
  assert.deepEqual(
    house.logged.map(({ level }) => level),
    ['error', 'warning'],
  )
})

test('after 20 wrong passwords of one address nobody there may log in; elsewhere all goes on', async () => {
  const house = new House()
  for (let n = 0; n < 20; n++) {
    assert.equal(house.admission.closedForLogins('192.0.2.1'), undefined)
    assert.equal(await house.login('192.0.2.1', 'you@own.example', false), 'wrong')
  }
  assert.ok(house.delayed < 15_000, `${house.delayed} ms of delays`)
  assert.deepEqual(house.admission.closedForLogins('::ffff:192.0.2.1'), {
    limit: 'limits.wrong_passwords',
    of: 'address',
  })
  assert.equal(await house.login('192.0.2.1', 'you@own.example', true), 'closed')
  assert.deepEqual(house.logged.at(-1)?.fields, {
    limit: 'limits.wrong_passwords',
    client: '192.0.2.1',
    account: 'you@own.example',
  })
  assert.equal(await house.login('192.0.2.2', 'you@own.example', true), 'right')
  assert.equal(await house.login('198.51.100.1', 'you@own.example', true), 'right')
  assert.equal(house.admission.closedForMail('192.0.2.1'), undefined, 'mail is another thing')
  house.clock.advance(limits.forgetMs)
  house.clock.advance(limits.forgetMs / 2)
  assert.equal(await house.login('192.0.2.1', 'you@own.example', true), 'right')
})

test('a network has twice as many guesses, however many addresses it has', async () => {
  const house = new House()
  let guesses = 0
  while (house.admission.closedForLogins('2001:db8::ffff') === undefined) {
    guesses++
    await house.login(`2001:db8::${guesses.toString(16)}`, `user${guesses}`, false)
    assert.ok(guesses < 1000)
  }
  assert.equal(guesses, 40)
  assert.deepEqual(house.admission.closedForLogins('2001:db8::ffff')?.of, 'network')
  assert.equal(house.admission.closedForLogins('2001:db8:0:1::1'), undefined)
})

test('guesses side by side are not more than guesses one after the other', async () => {
  const house = new House({ wrongPasswords: 20 })
  let checked = 0
  const all = Array.from({ length: 200 }, () => {
    return house.admission.login({ ip: '192.0.2.1', name: 'you' }, async () => {
      checked++
      await Promise.resolve()
      return undefined
    })
  })
  for (let n = 0; n < 2000; n++) await Promise.resolve()
  house.clock.advance(60_000)
  const outcomes = await Promise.all(all)
  assert.equal(checked, 20)
  assert.equal(outcomes.filter(({ type }) => type === 'closed').length, 180)
})

test('twenty right logins at once all succeed, also behind nineteen wrong ones', async () => {
  const house = new House()
  for (let n = 0; n < 19; n++) await house.login('192.0.2.1', 'you', false)
  const all = await Promise.all(
    Array.from({ length: 20 }, () => house.login('192.0.2.1', 'you', true)),
  )
  assert.deepEqual(new Set(all), new Set(['right']))
})

test('the first three mistakes are answered at once, then each a little later', async () => {
  const house = new House()
  const waits: number[] = []
  for (let n = 0; n < 6; n++) {
    const before = house.delayed
    await house.login('192.0.2.1', 'you', false)
    waits.push(house.delayed - before)
  }
  assert.deepEqual(waits, [0, 0, 0, 60, 120, 180])
  assert.equal(await house.login('192.0.2.1', 'you', true), 'right')
  assert.equal(house.delayed, 360, 'a right one is not delayed')
})

test('while many guess, who is known goes first, then who has guessed least', async () => {
  const house = new House()
  await house.login('192.0.2.1', 'You@own.example', true)
  await house.login('198.51.100.1', 'x', false)
  const begun: string[] = []
  const gate = Promise.withResolvers<void>()
  const ask = (ip: string, name: string): Promise<unknown> => {
    return house.admission.login({ ip, name }, async () => {
      begun.push(`${ip} ${name}`)
      await gate.promise
      return 'somebody'
    })
  }
  const all = [
    ask('203.0.113.1', 'first'),
    ask('198.51.100.1', 'guesser'),
    ask('198.51.100.200', 'in its network'),
    ask('203.0.114.1', 'new'),
    ask('192.0.2.1', 'other'),
    ask('192.0.2.1', 'you@own.example'),
  ]
  gate.resolve()
  await Promise.all(all)
  assert.deepEqual(begun, [
    '203.0.113.1 first',
    '192.0.2.1 you@own.example',
    '203.0.114.1 new',
    '192.0.2.1 other',
    '198.51.100.1 guesser',
    '198.51.100.200 in its network',
  ])
})

test('when too many logins wait, the last hears so, and it is told', async () => {
  const house = new House()
  const gate = Promise.withResolvers<void>()
  const all = Array.from({ length: 258 }, (_, n) => {
    return house.admission.login(
      { ip: `10.${n >> 8}.${n & 255}.1`, name: `user${n}` },
      async () => {
        await gate.promise
        return 'somebody'
      },
    )
  })
  gate.resolve()
  const types = (await Promise.all(all)).map(({ type }) => type)
  assert.deepEqual(
    types.flatMap((type, n) => (type === 'full' ? [n] : [])),
    [257],
  )
  assert.deepEqual(
    house.logged.map(({ fields }) => fields['client']),
    ['10.1.1.1'],
  )
})

test('refused recipients close an address, and twice as many its network', () => {
  const house = new House()
  for (let n = 0; n < 100; n++) {
    assert.equal(house.admission.closedForMail('192.0.2.1'), undefined)
    house.admission.refusedRecipient('192.0.2.1')
  }
  const limit = 'limits.refused_recipients'
  assert.deepEqual(house.admission.closedForMail('192.0.2.1'), { limit, of: 'address' })
  assert.equal(house.admission.closedForMail('192.0.2.2'), undefined)
  assert.equal(house.admission.closedForLogins('192.0.2.1'), undefined)
  for (let n = 0; n < 100; n++) house.admission.refusedRecipient('192.0.2.3')
  assert.deepEqual(house.admission.closedForMail('192.0.2.2'), { limit, of: 'network' })
  assert.equal(house.admission.closedForMail('192.0.3.1'), undefined)
})

test('new limits count at once, for what was counted before them too', async () => {
  const house = new House()
  for (let n = 0; n < 30; n++) house.enter('192.0.2.1')
  for (let n = 0; n < 5; n++) await house.login('192.0.2.1', 'you', false)
  house.admission.use({ ...limits, connectionsPerAddress: 10, wrongPasswords: 5 })
  assert.equal(house.enter('192.0.2.1'), 'limits.connections_per_address address')
  assert.equal(house.admission.closedForLogins('192.0.2.1')?.of, 'address')
  house.admission.use({ ...limits, forgetMs: 1000 })
  assert.equal(house.admission.closedForLogins('192.0.2.1'), undefined)
  for (let n = 0; n < 20; n++) await house.login('192.0.2.1', 'you', false)
  assert.equal(house.admission.closedForLogins('192.0.2.1'), undefined, 'the delays forget already')
})
