import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../base/log.ts'
import { lasting, VitalSigns } from './vital-signs.ts'

function signsWith(lines: readonly LogLine[]): VitalSigns {
  let now = 1000
  const signs = new VitalSigns(() => now++)
  for (const line of lines) signs.hear(line)
  return signs
}

function limit(name: string, level: LogLine['level'] = 'warning', why = 'too many'): LogLine {
  return { level, event: 'limit', fields: { limit: name, why } }
}

function fault(where: string, problem = 'it broke'): LogLine {
  return { level: 'error', event: 'fault', fields: { where, problem } }
}

test('limits are counted by their names, the last ones first', () => {
  const { signs } = signsWith([limit('a'), limit('b'), limit('a', 'warning', 'again')])
  assert.deepEqual(signs.limits, [
    { name: 'a', times: 2, lastAt: 1002, said: 'again', ours: false },
    { name: 'b', times: 1, lastAt: 1001, said: 'too many', ours: false },
  ])
  assert.deepEqual(signs.faults, [])
})

test('what the server itself was short of stays known when a client meets the same', () => {
  const { signs } = signsWith([limit('a', 'error'), limit('a'), limit('b'), limit('b', 'error')])
  assert.deepEqual(
    signs.limits.map(({ name, ours }) => [name, ours]),
    [
      ['b', true],
      ['a', true],
    ],
  )
})

test('faults are counted by their places, and those of letters are one', () => {
  const letters = ['1m85227pqw6rzhpb', '1m8522e0g7b3k1zt'].map((id) => fault(id))
  const { signs } = signsWith([fault('retention', 'x'), ...letters])
  assert.deepEqual(signs.faults, [
    { name: 'a letter', times: 2, lastAt: 1002, said: 'it broke', ours: true },
    { name: 'retention', times: 1, lastAt: 1000, said: 'x', ours: true },
  ])
})

test('a fault of a full disk is known as one', () => {
  const full: LogLine = {
    level: 'error',
    event: 'fault',
    fields: { where: 'q', code: 'store-full' },
  }
  const { signs } = signsWith([fault('x'), full])
  assert.deepEqual(
    signs.faults.map((sign) => sign.full),
    [true, undefined],
  )
})

test('a fault that lasts is there until it is told to be over', () => {
  const signs = signsWith([fault(`${lasting.settings}, a.toml`), fault(lasting.page), fault('x')])
  const lasts = (): unknown => signs.signs.faults.map(({ name, lasts: still }) => [name, still])
  assert.deepEqual(lasts(), [
    ['x', undefined],
    [lasting.page, true],
    [`${lasting.settings}, a.toml`, true],
  ])
  signs.ended(lasting.settings)
  assert.deepEqual(lasts(), [
    ['x', undefined],
    [lasting.page, true],
  ])
})

test('fifty names are kept, and the one that was longest not heard of makes room', () => {
  const lines = Array.from({ length: 50 }, (_, n) => limit(`n${n}`))
  const { signs } = signsWith([...lines, limit('n0'), limit('new')])
  const names = signs.limits.map(({ name }) => name)
  assert.equal(names.length, 50)
  assert.deepEqual(names.slice(0, 2), ['new', 'n0'])
  assert.equal(names.includes('n1'), false)
})

test('DNS is down from the first line that says so until one says the opposite', () => {
  const down: LogLine = { level: 'error', event: 'dns-down', fields: {} }
  const up: LogLine = { level: 'info', event: 'dns-up', fields: {} }
  assert.equal(signsWith([down, down]).signs.dnsDownSince, 1000)
  assert.equal(signsWith([down, up]).signs.dnsDownSince, undefined)
  assert.equal(signsWith([]).signs.dnsDownSince, undefined)
})

test('every line is passed on, and others leave no sign', () => {
  const passed: LogLine[] = []
  const signs = new VitalSigns(() => 0)
  const log = signs.over((line) => passed.push(line))
  const lines: LogLine[] = [limit('a'), { level: 'info', event: 'started', fields: {} }]
  for (const line of lines) log(line)
  assert.deepEqual(passed, lines)
  assert.deepEqual([signs.signs.limits.length, signs.signs.faults.length], [1, 0])
})
