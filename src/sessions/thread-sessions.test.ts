import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { silent } from '../base/log.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { Admission } from '../policy/admission.ts'
import { noLimits } from '../policy/admission-limits.ts'
import type { CallMessage } from './calls.ts'
import type { ThreadLink } from './session-thread.ts'
import type { Connection, SessionSettings } from './sessions.ts'
import { ThreadSessions } from './thread-sessions.ts'

/** A thread that says what the test has it say. */
interface Puppet {
  readonly sent: CallMessage[]
  say: (message: CallMessage) => void
  die: () => void
}

interface Stage {
  readonly sessions: ThreadSessions
  readonly clock: ManualClock
  readonly puppets: readonly Puppet[]
  /** What went wrong, was lost, and broke, in order. */
  readonly told: string[]
}

const settings: SessionSettings = JSON.parse('{"origin":{"host":"mx.south.example"}}')

function stage(count: number): Stage {
  const clock = new ManualClock()
  const puppets: Puppet[] = []
  const told: string[] = []
  const needs = {
    directory: { login: () => Promise.resolve(undefined) },
    guard: new Admission({ limits: noLimits, clock, log: silent }),
    admission: undefined,
    resolver: new MemoryResolver({}),
    judged: () => {},
    clock,
    log: silent,
    report: (problem: unknown, where: string) => void told.push(`${where}: ${String(problem)}`),
    door: (thread: number) => JSON.parse(`{"writer":${thread}}`),
    lost: (thread: number) => void told.push(`lost ${thread}`),
    cacheBytes: 1000,
    people: () => ({ residents: { domains: [], accounts: [] }, keys: [] }),
    broken: (problem: Error) => void told.push(`broken: ${problem.message}`),
  }
  const start = (): ThreadLink => {
    const sent: CallMessage[] = []
    const puppet: Puppet = { sent, say: () => {}, die: () => {} }
    puppets.push(puppet)
    return {
      post: (message) => sent.push(message),
      listen({ message, ended }) {
        puppet.say = message
        puppet.die = () => ended(new Error('gone'))
      },
      end: () => Promise.resolve(),
    }
  }
  const sessions = new ThreadSessions(needs, settings, { count, start })
  return { sessions, clock, puppets, told }
}

/** Answers what was asked last of this kind. */
async function answer({ sent, say }: Puppet, kind: string): Promise<void> {
  const asked = sent.findLast((one) => one.type === 'call' && one.kind === kind)
  assert.ok(asked?.type === 'call' && asked.id !== undefined, kind)
  say({ type: 'answer', id: asked.id, answer: undefined })
  for (let n = 0; n < 5; n++) await Promise.resolve()
}

function taken({ sent }: Puppet): number {
  return sent.filter((one) => one.type === 'call' && one.kind === 'take').length
}

const connection: Connection = {
  kind: 'smtp',
  remote: { ip: '192.0.2.1', port: 1 },
  tls: undefined,
  met: undefined,
}
const keep = (): (() => void) => () => {}

test('a connection goes to the thread that has fewest, of those that are open', async () => {
  const { sessions, puppets } = stage(3)
  const [one, two, three] = puppets
  assert.ok(one !== undefined && two !== undefined && three !== undefined)
  await answer(two, 'ready')
  for (let n = 0; n < 3; n++) sessions.take(new Socket(), connection, keep)
  assert.deepEqual(puppets.map(taken), [0, 3, 0], 'the others are not open yet')
  await answer(one, 'ready')
  await answer(three, 'ready')
  for (let n = 0; n < 6; n++) sessions.take(new Socket(), connection, keep)
  assert.deepEqual(puppets.map(taken), [3, 3, 3])
  two.say({ type: 'call', kind: 'over', id: undefined, input: 0 })
  sessions.take(new Socket(), connection, keep)
  assert.deepEqual([puppets.map(taken), sessions.size], [[3, 4, 3], 9])
})

test('before any thread is open connections wait at one', () => {
  const { sessions, puppets } = stage(2)
  sessions.take(new Socket(), connection, keep)
  sessions.take(new Socket(), connection, keep)
  assert.deepEqual(puppets.map(taken), [1, 1])
})

test('the server is ready, and goes by new settings, when every thread is and does', async () => {
  const { sessions, puppets } = stage(2)
  const [one, two] = puppets
  assert.ok(one !== undefined && two !== undefined)
  const heard: string[] = []
  const ready = sessions.ready().then(() => heard.push('ready'))
  await answer(one, 'ready')
  assert.equal(heard.length, 0)
  await answer(two, 'ready')
  await ready
  const used = sessions.use(settings).then(() => heard.push('used'))
  await answer(two, 'use')
  assert.deepEqual(heard, ['ready'])
  // A thread that is gone goes by nothing any more.
  one.die()
  await used
  assert.deepEqual(heard, ['ready', 'used'])
})

test('a thread that dies is told and replaced at once, and later each time it happens again', () => {
  const { sessions, clock, puppets, told } = stage(2)
  sessions.take(new Socket(), connection, keep)
  const dies = (nth: number): void => puppets[nth]?.die()
  dies(0)
  assert.deepEqual(told, ['lost 1', 'a session thread, which ended with 1 connection: Error: gone'])
  assert.equal(puppets.length, 3, 'at once')
  dies(2)
  assert.deepEqual([puppets.length, sessions.threads], [3, 1])
  clock.advance(249)
  assert.equal(puppets.length, 3)
  clock.advance(1)
  assert.deepEqual([puppets.length, sessions.threads], [4, 2])
  dies(3)
  clock.advance(499)
  assert.equal(puppets.length, 4)
  clock.advance(1)
  assert.deepEqual([puppets.length, sessions.threads], [5, 2])
  assert.deepEqual(
    puppets.map(({ sent }) => JSON.stringify(sent[0]).includes('"writer":1')),
    [true, false, true, true, true],
    'each in the place of the one before',
  )
  clock.advance(60_000)
  dies(4)
  assert.equal(puppets.length, 6, 'what lies back does not count')
})

test('when no thread is left the next one comes at once', () => {
  const { sessions, puppets } = stage(2)
  puppets[0]?.die()
  puppets[1]?.die()
  puppets[2]?.die()
  assert.deepEqual([puppets.length, sessions.threads], [4, 1])
})

test('six deaths within a minute are the end, told once; five are not', () => {
  const { sessions, clock, puppets, told } = stage(2)
  for (let n = 0; n < 5; n++) {
    puppets.at(-1)?.die()
    clock.advance(5000)
  }
  assert.equal(sessions.threads, 2)
  assert.ok(!told.some((line) => line.startsWith('broken')))
  puppets.at(-1)?.die()
  const broken = (): readonly string[] => told.filter((line) => line.startsWith('broken'))
  assert.deepEqual(broken(), ['broken: 6 session threads have ended within a minute.'])
  puppets[0]?.die()
  assert.equal(broken().length, 1, 'nor again when nobody is left')
  sessions.take(new Socket(), connection, keep)
})

test('a thread that dies while the server stops is not replaced', async () => {
  for (const how of ['shutdown', 'stop', 'abort'] as const) {
    const { sessions, clock, puppets, told } = stage(2)
    puppets[0]?.die()
    puppets[1]?.die()
    const over = sessions[how]()
    clock.advance(10_000)
    assert.equal(puppets.length, 3, how)
    puppets[2]?.die()
    await over
    assert.deepEqual([puppets.length, told.filter((line) => line === 'lost 1').length], [3, 2], how)
  }
})

test('what cannot be handed over is dropped, told, and keeps no place', () => {
  const { sessions, puppets, told } = stage(2)
  let left = 0
  const socket = new Socket()
  for (const puppet of puppets) {
    puppet.sent.push = () => {
      throw new Error('no such thing can go over')
    }
  }
  sessions.take(socket, connection, () => () => void left++)
  assert.deepEqual([socket.destroyed, left, sessions.size], [true, 1, 0])
  assert.match(told[0] ?? '', /could not be handed to a session thread: Error: no such thing/)
})

test('every thread is stopped, and closed when all is on disk', async () => {
  const { sessions, puppets, told } = stage(2)
  sessions.stop()
  const closed = sessions.close()
  for (const puppet of puppets) {
    assert.ok(puppet.sent.some((one) => one.type === 'call' && one.kind === 'stop'))
    await answer(puppet, 'close')
  }
  await closed
  assert.deepEqual(told, [])
})
