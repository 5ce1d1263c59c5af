import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from './clock.ts'
import { LogGatherer, type LogGathererOptions } from './log-gatherer.ts'
import type { LogLine } from './log.ts'

interface Told {
  readonly clock: ManualClock
  readonly gatherer: LogGatherer
  readonly told: readonly LogLine[]
  readonly refuse: (client: string, times?: number) => void
}

function open(options: Partial<LogGathererOptions> = {}): Told {
  const told: LogLine[] = []
  const clock = new ManualClock()
  const gatherer = new LogGatherer({ clock, write: (line) => told.push(line), ...options })
  const refuse = (client: string, times = 1): void => {
    for (let i = 0; i < times; i++) {
      gatherer.take({ level: 'info', event: 'refused', fields: { id: `id${i}`, client } })
    }
  }
  return { clock, gatherer, told, refuse }
}

test('twenty lines of a kind about one client are written, the rest are told in one after a minute', () => {
  const { clock, gatherer, told, refuse } = open()
  refuse('192.0.2.1', 20)
  assert.equal(told.length, 20)
  assert.deepEqual(told[19]?.fields, { id: 'id19', client: '192.0.2.1' })
  refuse('192.0.2.1', 5000)
  assert.equal(told.length, 20)
  refuse('192.0.2.2')
  gatherer.take({ level: 'warning', event: 'login-failed', fields: { client: '192.0.2.1' } })
  assert.equal(told.length, 22)
  clock.advance(59_999)
  assert.equal(told.length, 22)
  clock.advance(1)
  assert.deepEqual(told.slice(22), [
    {
      level: 'info',
      event: 'refused',
      fields: {
        client: '192.0.2.1',
        account: undefined,
        destination: undefined,
        limit: undefined,
        more: 5000,
        seconds: 60,
      },
    },
  ])
  // The next minute begins with the next line; until then nothing keeps a timer.
  assert.equal(clock.pending, 0)
  refuse('192.0.2.1')
  assert.equal(told.length, 24)
})

test('what cost us something is written each, and starts no minute', () => {
  const { clock, gatherer, told } = open()
  for (const event of [
    'accepted',
    'delivered',
    'deferred',
    'failed',
    'started',
    'reloaded',
    'stopping',
    'stopped',
  ] as const) {
    for (let i = 0; i < 50; i++)
      gatherer.take({ level: 'info', event, fields: { client: '192.0.2.1' } })
  }
  assert.equal(told.length, 400)
  assert.equal(clock.pending, 0)
})

test('the addresses of one /64 are one client, its neighbours and other IPv4 addresses are not', () => {
  const { told, refuse } = open({ perSubject: 1 })
  refuse('2001:db8:0:1::1')
  refuse('2001:db8:0:1:ffff::2')
  assert.equal(told.length, 1)
  refuse('2001:db8:0:2::1')
  refuse('192.0.2.1')
  refuse('192.0.2.2')
  assert.equal(told.length, 4)
})

test('an IPv4 client of an IPv6 listener is named as everybody names it', () => {
  const { told, refuse } = open()
  refuse('::ffff:192.0.2.1')
  assert.equal(told[0]?.fields['client'], '192.0.2.1')
  refuse('2001:DB8::1')
  assert.equal(told[1]?.fields['client'], '2001:db8::1')
})

test('different limits, destinations and faults are told apart', () => {
  const { gatherer, told, clock } = open({ perSubject: 1 })
  const limit = (name: string): void =>
    gatherer.take({
      level: 'warning',
      event: 'limit',
      fields: { limit: name, client: '192.0.2.1' },
    })
  limit('limits.connections')
  limit('limits.recipients')
  limit('limits.recipients')
  gatherer.take({ level: 'error', event: 'fault', fields: { where: 'queue', problem: 'x' } })
  gatherer.take({ level: 'error', event: 'fault', fields: { where: 'store', problem: 'x' } })
  gatherer.take({ level: 'error', event: 'fault', fields: { where: 'store', problem: 'y' } })
  gatherer.take({ level: 'warning', event: 'dns-down', fields: { destination: 'a' } })
  gatherer.take({ level: 'warning', event: 'dns-down', fields: { destination: 'b' } })
  assert.equal(told.length, 6)
  clock.advance(60_000)
  assert.deepEqual(
    told
      .slice(6)
      .map(({ event, fields }) => [event, fields['limit'] ?? fields['where'], fields['more']]),
    [
      ['limit', 'limits.recipients', 1],
      ['fault', 'store', 1],
    ],
  )
})

test('ten thousand clients fill no log: a kind is written 600 times, the rest told in 51 lines', () => {
  const { clock, told, refuse } = open()
  for (let i = 0; i < 12_000; i++)
    refuse(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, i === 11_000 ? 7 : 2)
  assert.equal(told.length, 600)
  clock.advance(60_000)
  assert.equal(told.length, 651)
  // Those beyond the ten thousand that are told apart count as one, and are the most.
  assert.equal(told[600]?.fields['more'], 2000 * 2 + 5)
  const rest = told[650]?.fields
  const sum = told.slice(600).reduce((all, { fields }) => all + Number(fields['more']), 0)
  assert.equal(sum, 12_000 * 2 + 5 - 600)
  assert.equal(rest?.['clients'], 10_001 - 300 - 50)
})

test('what is counted is told at the end of the program, and once', () => {
  const { clock, gatherer, told, refuse } = open({ perSubject: 1 })
  refuse('192.0.2.1', 3)
  gatherer.flush()
  assert.equal(told.length, 2)
  assert.equal(told[1]?.fields['more'], 2)
  gatherer.flush()
  assert.equal(clock.pending, 0)
  assert.equal(told.length, 2)
})
