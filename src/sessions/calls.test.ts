import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import { type CallMessage, Calls } from './calls.ts'

interface Other {
  double(n: number): number
  later(n: number): Promise<number>
  fail(how: 'world' | 'ours' | 'system' | 'text'): never
  heard(text: string): void
}

interface Pair {
  readonly asker: Calls<Other>
  readonly heard: string[]
  readonly faults: string[]
  readonly sent: CallMessage[]
}

/** Two ends with a copy of everything between them, as between threads. */
function pair(): Pair {
  const heard: string[] = []
  const faults: string[] = []
  const sent: CallMessage[] = []
  const fault = (problem: unknown, kind: string): void =>
    void faults.push(`${kind}: ${String(problem)}`)
  const asker: Calls<Other> = new Calls<Other>({
    post: (message) => {
      sent.push(message)
      answerer.take(structuredClone(message))
    },
    fault,
  })
  const answerer = new Calls<object>({
    post: (message) => asker.take(structuredClone(message)),
    fault,
  })
  answerer.serve({
    double: (n: number) => 2 * n,
    later: (n: number) => Promise.resolve(n + 1),
    fail(how: string) {
      if (how === 'world') throw new WaybillError('store-full', 'No room.', { hint: 'Make some.' })
      if (how === 'ours') throw new TypeError('we are wrong')
      if (how === 'system') throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      throw 'only words' // oxlint-disable-line no-throw-literal
    },
    heard: (text: string) => void heard.push(text),
  })
  return { asker, heard, faults, sent }
}

test('what is asked is answered, at once or later, and each hears its own answer', async () => {
  const { asker } = pair()
  assert.deepEqual(
    await Promise.all([asker.ask('double', 4), asker.ask('later', 4), asker.ask('double', 5)]),
    [8, 5, 10],
  )
})

test('what is told needs no answer', () => {
  const { asker, heard, sent } = pair()
  asker.tell('heard', 'one')
  asker.tell('heard', 'two')
  assert.deepEqual(heard, ['one', 'two'])
  assert.deepEqual(
    sent.map((message) => (message.type === 'call' ? message.id : 'answer')),
    [undefined, undefined],
  )
})

test('a fault comes over with its class, its code and its hint', async () => {
  const { asker } = pair()
  await assert.rejects(asker.ask('fail', 'world'), (problem) => {
    assert.ok(problem instanceof WaybillError)
    assert.deepEqual([problem.code, problem.hint], ['store-full', 'Make some.'])
    return true
  })
  await assert.rejects(asker.ask('fail', 'ours'), (problem) => {
    assert.ok(problem instanceof Error && !(problem instanceof WaybillError))
    assert.deepEqual([problem.name, problem.message], ['TypeError', 'we are wrong'])
    assert.match(problem.stack ?? '', /calls\.test/)
    return true
  })
  await assert.rejects(asker.ask('fail', 'system'), /ENOENT: no such file/)
  await assert.rejects(asker.ask('fail', 'text'), /only words/)
})

test('what fails that nobody waits for is a fault there', () => {
  const { asker, faults } = pair()
  asker.tell('fail', 'ours')
  assert.deepEqual(faults, ['fail: TypeError: we are wrong'])
})

test('what nobody answers is a fault of ours, and says its name', async () => {
  const asker: Calls<Other> = new Calls<Other>({
    post: (message) => nobody.take(message),
    fault: () => assert.fail(),
  })
  const nobody = new Calls<object>({ post: (message) => asker.take(message), fault: () => {} })
  await assert.rejects(asker.ask('double', 1), /nobody answers "double"/)
})

test('when the other side is gone, who waits hears so, and so does who asks later', async () => {
  const sent: CallMessage[] = []
  const asker = new Calls<Other>({ post: (message) => sent.push(message), fault: () => {} })
  const waiting = asker.ask('later', 1)
  const gone = new Error('it is gone')
  asker.lost(gone)
  await assert.rejects(waiting, gone)
  await assert.rejects(asker.ask('double', 1), gone)
  asker.tell('heard', 'nothing')
  assert.equal(sent.length, 1)
  asker.take({ type: 'answer', id: 0, answer: 2 })
})
