import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { ConnectionPlace } from '../transport/reuse.ts'
import { IdleSessions, type Sharable } from './idle-sessions.ts'

const place: ConnectionPlace = {
  protocol: 'smtp',
  host: 'mx.provider.example',
  address: '203.0.113.20',
  port: 25,
  tls: 'starttls',
  from: null,
  helo: 'mx.north.example',
  login: null,
}
const site = 'mx.provider.example'

interface Line extends Sharable {
  readonly name: string
  /** The other side ends it. */
  readonly end: () => void
}

const limits = { keepMs: 1000, maxRecipients: 100, maxLifeMs: 30_000 }

function house(changes: Partial<typeof limits> = {}): {
  readonly clock: ManualClock
  readonly idle: IdleSessions<Line>
  readonly quit: string[]
  readonly line: (name: string, changes?: Partial<Sharable>) => Line
  readonly taken: (to?: ConnectionPlace, fits?: (one: Line) => boolean) => string | undefined
} {
  const clock = new ManualClock(1_000_000)
  const idle = new IdleSessions<Line>(clock, { ...limits, ...changes })
  const quit: string[] = []
  const line = (name: string, more: Partial<Sharable> = {}): Line => {
    const closed = Promise.withResolvers<void>()
    let usable = true
    const session = {
      get usable() {
        return usable
      },
      closed: closed.promise,
      quit: () => {
        usable = false
        quit.push(name)
      },
    }
    const end = (): void => {
      usable = false
      closed.resolve()
    }
    const opened = { proof: { place }, at: clock.now() }
    return { name, end, session, opened, tlsFailed: false, recipients: 1, ...more }
  }
  const taken = (to = place, fits: (one: Line) => boolean = () => true): string | undefined => {
    return idle.take(to, fits)?.name
  }
  return { clock, idle, quit, line, taken }
}

test('a connection is there for others while its batch waits, and for who comes first', () => {
  const { idle, line, taken, quit } = house()
  const parked = idle.park(line('a'), site)
  assert.ok(parked !== undefined)
  assert.equal(taken({ ...place, host: 'mx.other.example' }), undefined)
  assert.equal(
    taken(place, () => false),
    undefined,
  )
  assert.ok(idle.has(place, () => true))
  assert.equal(taken(), 'a')
  assert.ok(!idle.has(place, () => true))
  assert.equal(taken(), undefined)
  assert.equal(parked.takeBack(), false)
  // It is theirs: it is neither left nor closed.
  parked.leave()
  assert.deepEqual([taken(), quit], [undefined, []])
  const again = idle.park(line('b'), site)
  assert.equal(again?.takeBack(), true)
  assert.equal(taken(), undefined)
})

test('with its batch over it waits for what is left of its time, and is taken before others', () => {
  const { idle, line, taken, quit, clock } = house()
  idle.park(line('waits'), site)
  const left = idle.park(line('left'), site)
  const late = idle.park(line('late'), site)
  clock.advance(400)
  left?.leave()
  late?.leave()
  assert.equal(taken(), 'left')
  clock.advance(599)
  assert.deepEqual(quit, [])
  clock.advance(1)
  assert.deepEqual(quit, ['late'])
  // Whose batch has waited all the time is closed at once.
  const slow = idle.park(line('slow'), site)
  clock.advance(1000)
  slow?.leave()
  assert.deepEqual(quit, ['late', 'slow'])
  assert.equal(taken(), 'waits')
})

test('who connects anew to a site takes the place of one that was left there', () => {
  const { idle, line, quit } = house()
  idle.park(line('waits'), site)
  idle.park(line('one'), site)?.leave()
  idle.park(line('two'), site)?.leave()
  idle.makeRoom('mx.other.example')
  assert.deepEqual(quit, [])
  idle.makeRoom(site)
  assert.deepEqual(quit, ['one'])
  idle.makeRoom(site)
  idle.makeRoom(site)
  assert.deepEqual(quit, ['one', 'two'])
})

test('what has ended, is tired, or had TLS that failed serves nobody', async () => {
  const { idle, line, taken, clock } = house()
  const opened = { proof: { place }, at: clock.now() - limits.maxLifeMs }
  assert.equal(idle.park(line('old', { opened }), site), undefined)
  assert.equal(idle.park(line('tired', { recipients: 100 }), site), undefined)
  assert.equal(idle.park(line('clear', { tlsFailed: true }), site), undefined)
  const gone = line('gone')
  gone.end()
  assert.equal(idle.park(gone, site), undefined)
  assert.ok(idle.park(line('nearly', { recipients: 99 }), site) !== undefined)
  assert.equal(taken(), 'nearly')
  // It ends while it waits.
  const ends = line('ends')
  const parked = idle.park(ends, site)
  ends.end()
  assert.equal(taken(), undefined)
  await ends.session.closed
  assert.equal(parked?.takeBack(), false)
  // It grows old while it waits.
  idle.park(line('ages'), site)
  clock.advance(limits.maxLifeMs)
  assert.equal(taken(), undefined)
})

test('at the end none is kept, and without a time none ever', () => {
  const { idle, line, taken, quit } = house()
  const waits = idle.park(line('waits'), site)
  idle.park(line('left'), site)?.leave()
  idle.close()
  assert.deepEqual(quit, ['left'])
  waits?.leave()
  assert.deepEqual(quit, ['left', 'waits'])
  assert.equal(idle.park(line('after'), site), undefined)
  assert.equal(taken(), undefined)
  const never = house({ keepMs: 0 })
  assert.equal(never.idle.park(never.line('a'), site), undefined)
})

test('no more are kept than the queue has places', () => {
  const { idle, line, quit } = house()
  for (let number = 1; number <= 201; number++) {
    idle.park(line(`${number}`), `${number}.example`)?.leave()
  }
  assert.deepEqual(quit, ['1'])
})
