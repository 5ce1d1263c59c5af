import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { silent } from '../base/log.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { Admission } from '../policy/admission.ts'
import { noLimits } from '../policy/admission-limits.ts'
import type { CallMessage } from './calls.ts'
import { SessionThread } from './session-thread.ts'

/** A thread that says what the test has it say. */
class Puppet {
  readonly clock = new ManualClock()
  readonly sent: CallMessage[] = []
  readonly deaths: string[] = []
  readonly thread: SessionThread
  say: (message: CallMessage) => void = () => {}
  die: (problem: Error) => void = () => {}
  ended = 0

  constructor() {
    const { clock } = this
    this.thread = new SessionThread(
      {
        post: (message) => this.sent.push(message),
        listen: ({ message, ended }) => {
          this.say = message
          this.die = ended
        },
        end: () => {
          this.ended++
          this.die(new Error('it was ended'))
          return Promise.resolve()
        },
      },
      {
        directory: { login: () => Promise.resolve(undefined) },
        guard: new Admission({ limits: noLimits, clock, log: silent }),
        admission: undefined,
        resolver: new MemoryResolver({}),
        judged: () => {},
        clock,
        log: silent,
        report: (problem) => assert.fail(String(problem)),
      },
      (problem, connections) => this.deaths.push(`${problem.message}: ${connections}`),
    )
  }

  /** Answers the last question of this kind. */
  answer(kind: string): void {
    const asked = this.sent.findLast((one) => one.type === 'call' && one.kind === kind)
    assert.ok(asked?.type === 'call' && asked.id !== undefined, kind)
    this.say({ type: 'answer', id: asked.id, answer: undefined })
  }
}

const connection = {
  kind: 'smtp',
  remote: { ip: '192.0.2.1', port: 1 },
  tls: undefined,
  met: undefined,
} as const

test('a connection has its place until the thread says that it is over', () => {
  const { thread, say } = new Puppet()
  const left: string[] = []
  thread.take(new Socket(), connection, () => left.push('one'))
  thread.take(new Socket(), connection, () => left.push('two'))
  assert.equal(thread.size, 2)
  for (let n = 0; n < 2; n++) {
    say({ type: 'call', kind: 'over', id: undefined, input: 1 })
    assert.deepEqual([thread.size, left], [1, ['two']])
  }
})

test('a thread that dies gives all places back, and is told with how many it had', async () => {
  const { thread, die, deaths } = new Puppet()
  let left = 0
  for (let n = 0; n < 3; n++) thread.take(new Socket(), connection, () => left++)
  const over = thread.shutdown()
  die(new Error('no memory'))
  await over
  assert.deepEqual([thread.size, left, deaths], [0, 3, ['no memory: 3']])
  await thread.use(settings)
})

test('a thread that was closed does not die', async () => {
  const puppet = new Puppet()
  const closed = puppet.thread.close()
  puppet.answer('close')
  await closed
  assert.deepEqual([puppet.ended, puppet.deaths], [1, []])
})

const settings = {
  sessions: JSON.parse('{}'),
  people: { residents: { domains: [], accounts: [] }, keys: [] },
}

test('a thread that does not take other settings is ended, and one that does is not', async () => {
  const stuck = new Puppet()
  const used = stuck.thread.use(settings)
  stuck.clock.advance(19_999)
  assert.equal(stuck.ended, 0)
  stuck.clock.advance(1)
  await used
  assert.equal(stuck.ended, 1)
  const why = 'a session thread did not answer for 20 seconds, and was ended: 0'
  assert.deepEqual(stuck.deaths, [why])
  const quick = new Puppet()
  const taken = quick.thread.use(settings)
  quick.answer('use')
  await taken
  quick.clock.advance(60_000)
  assert.deepEqual([quick.ended, quick.deaths], [0, []])
})

test('a thread that hangs gets nothing new, and is told, ended and without its connections then', async () => {
  const puppet = new Puppet()
  const { thread, clock, deaths } = puppet
  thread.open(JSON.parse('{"store":{}}'))
  puppet.answer('ready')
  await thread.opened
  thread.take(new Socket(), connection, () => {})
  // However long it lives, as long as it answers.
  for (let n = 0; n < 100; n++) {
    puppet.answer('beat')
    await Promise.resolve()
    clock.advance(5000)
  }
  assert.deepEqual([thread.ready, puppet.ended], [true, 0])
  clock.advance(10_000)
  assert.deepEqual([thread.ready, puppet.ended], [false, 0], 'others get what comes')
  clock.advance(19_999)
  assert.equal(puppet.ended, 0)
  clock.advance(1)
  assert.equal(puppet.ended, 1)
  const why = 'a session thread did not answer for 30 seconds, and was ended: 1'
  assert.deepEqual(deaths, [why])
  clock.advance(60_000)
  assert.equal(puppet.ended, 1)
})

test('a thread that answers late is taken for well again', async () => {
  const puppet = new Puppet()
  const { thread, clock } = puppet
  thread.open(JSON.parse('{"store":{}}'))
  puppet.answer('ready')
  await thread.opened
  clock.advance(29_999)
  assert.equal(thread.ready, false)
  puppet.answer('beat')
  await Promise.resolve()
  assert.equal(thread.ready, true)
  clock.advance(29_999)
  assert.equal(puppet.ended, 0)
  const closed = thread.close()
  clock.advance(60_000)
  assert.equal(puppet.ended, 0, 'who closes may take its time')
  puppet.answer('close')
  await closed
})

test('a thread that does not let go when it must is ended, and one that does is not', async () => {
  const stuck = new Puppet()
  stuck.thread.abort()
  stuck.clock.advance(4999)
  assert.equal(stuck.ended, 0)
  stuck.clock.advance(1)
  assert.equal(stuck.ended, 1)
  const quick = new Puppet()
  quick.thread.abort()
  quick.answer('shutdown')
  await Promise.resolve()
  await Promise.resolve()
  quick.clock.advance(60_000)
  assert.equal(quick.ended, 0)
})

test('a thread is opened with its way to the writer, and takes connections at once when it says so', async () => {
  const puppet = new Puppet()
  const { thread, sent } = puppet
  assert.equal(thread.ready, false)
  thread.open(JSON.parse('{"store":{"writer":"a port"}}'))
  assert.deepEqual(
    sent.map((one) => (one.type === 'call' ? one.kind : one.type)),
    ['open', 'ready'],
  )
  puppet.answer('ready')
  await thread.opened
  assert.equal(thread.ready, true)
})

test('a thread that dies before it is open keeps nobody waiting, and is not ready', async () => {
  const { thread, die, deaths } = new Puppet()
  thread.open(JSON.parse('{"store":{}}'))
  die(new Error('no such file'))
  await thread.opened
  assert.deepEqual([thread.ready, deaths], [false, ['no such file: 0']])
})

test('what fails on a thread that lives fails here', async () => {
  const { thread, sent, say } = new Puppet()
  const used = thread.use(JSON.parse('{}'))
  const [asked] = sent
  assert.ok(asked?.type === 'call' && asked.id !== undefined)
  const nothing = { code: undefined, hint: undefined, stack: undefined }
  say({
    type: 'failed',
    id: asked.id,
    problem: { ...nothing, name: 'Error', message: 'a bad key' },
  })
  await assert.rejects(used, /a bad key/)
})

test('a stop is told, and waited for by nobody', () => {
  const { thread, sent } = new Puppet()
  thread.stop()
  assert.deepEqual(sent, [{ type: 'call', kind: 'stop', id: undefined, input: undefined }])
})

test('a thread that falls while it closes has come to its end', async () => {
  const { thread, die, deaths } = new Puppet()
  const closed = thread.close()
  die(new Error('too early'))
  await closed
  assert.deepEqual(deaths, [])
})
