import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultText, namedFaults, parseFault } from './fault-text.ts'
import { Faults, faultsSet, faultsShow } from './faults.ts'

const actor = { by: 'anna', door: 'http', why: '' } as const

test('a fault is written as a stage, what happens, and its chance', () => {
  const always = { probability: 100, code: undefined, delayMs: 0, drop: false }
  const cases = {
    'recipient:451': { ...always, stage: 'recipient', code: 451 },
    'data:drop:10': { ...always, stage: 'data', drop: true, probability: 10 },
    'sender:421+2s:50%': { ...always, stage: 'sender', code: 421, delayMs: 2000, probability: 50 },
    'auth:500ms:0.5': { ...always, stage: 'auth', delayMs: 500, probability: 0.5 },
    'connect:drop+1s': { ...always, stage: 'connect', drop: true, delayMs: 1000 },
    'dial:refused': { ...always, stage: 'dial', what: 'refused' },
    'sender:once': { ...always, stage: 'sender', what: 'once' },
    'starttls:wrong-name:5': { ...always, stage: 'starttls', what: 'wrong-name', probability: 5 },
    'quit:421': { ...always, stage: 'quit', code: 421 },
    'lost-reply': { ...always, stage: 'data', what: 'lost' },
    'dns-changes': { ...always, stage: 'dns', what: 'lie', probability: 50 },
  }
  for (const [text, fault] of Object.entries(cases)) assert.deepEqual(parseFault(text), fault)
})

test('what is no fault is refused, with a thing to do', () => {
  const hint = (text: string): unknown => {
    try {
      return parseFault(text)
    } catch (problem) {
      return `${String(problem)} ${problem instanceof Error && 'hint' in problem ? String(problem.hint) : ''}`
    }
  }
  assert.match(String(hint('recipent:451')), /Did you mean "recipient"/)
  for (const text of [
    '',
    'data',
    'data:',
    'data:250',
    'data:600',
    'data:451:101',
    'data:451:x',
    'data:451+drop',
    'data:451:50:2',
    'data:3h',
    'data:0s',
    'data:601s',
    'data:stall+451',
    'data:drop+stall',
    'data:stall+1s',
    'data:once',
    'dial:451',
    'dial:drop',
    'dns:1s',
    'ehlo:2s',
    'connect:lie',
  ]) {
    assert.throws(() => parseFault(text), { name: 'WaybillError', code: 'usage' }, text)
  }
})

test('a fault strikes as often as its chance says, and the first that does wins', () => {
  let dice = 0
  const faults = new Faults(() => dice)
  faults.set([parseFault('data:451:10'), parseFault('data:552'), parseFault('auth:535')])
  const code = (at: number): number | undefined => {
    dice = at
    return faults.strike('data')?.code
  }
  assert.deepEqual([code(0), code(0.0999), code(0.1), code(0.9999)], [451, 451, 552, 552])
  assert.equal(faults.strike('sender'), undefined)
  faults.set([parseFault('data:451:0')])
  assert.equal(code(0), undefined)
})

test('faults are shown as they are set', async () => {
  const desk = { faults: new Faults(() => 0) }
  const given = {
    data: [
      { stage: 'sender', code: 451 },
      { stage: 'data', drop: true, code: null },
    ],
  }
  const set = await faultsSet.run(desk, faultsSet.read(given), actor)
  assert.deepEqual(set, {
    data: [
      { stage: 'sender', what: null, code: 451, probability: 100, delay_ms: 0, drop: false },
      { stage: 'data', what: null, code: null, probability: 100, delay_ms: 0, drop: true },
    ],
  })
  assert.deepEqual(await faultsShow.run(desk, undefined, actor), set)
  for (const data of [undefined, {}, [7], [{ stage: 'sender' }], Array(101).fill(given.data[0])]) {
    assert.throws(() => faultsSet.read({ data }), { name: 'WaybillError', code: 'usage' })
  }
})

test('every named fault is one, and is written again as it was set', async () => {
  const desk = { faults: new Faults(() => 0) }
  assert.equal(new Set(namedFaults.map(({ name }) => name)).size, namedFaults.length)
  for (const { name, text, title } of namedFaults) {
    assert.deepEqual(parseFault(name), parseFault(text), name)
    assert.match(title, /^[a-z0-9 ,:A-Z]+$/)
    const { delayMs, ...fault } = parseFault(name)
    const input = faultsSet.read({ data: [{ ...fault, delay_ms: delayMs }] })
    const { data } = await faultsSet.run(desk, input, actor)
    assert.deepEqual(data.map(faultText).map(parseFault), [parseFault(name)], name)
  }
})
