import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { silent } from '../base/log.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { Admission } from '../policy/admission.ts'
import { type AdmissionLimits, noLimits } from '../policy/admission-limits.ts'
import { AskedGuard } from './asked-guard.ts'
import { askedResolver } from './asked-resolver.ts'
import { Calls } from './calls.ts'
import type { OfMain } from './questions.ts'
import { ThreadAnswers } from './thread-answers.ts'

const ip = '192.0.2.1'
const kib = 1024

interface Thread {
  readonly guard: AskedGuard
  readonly main: Calls<OfMain>
  readonly asked: string[]
  /** It is gone, as far as the main thread knows. */
  die(): void
}

/** A thread that asks `counts`, with a copy of everything between. */
function threadOf(counts: Admission): Thread {
  const asked: string[] = []
  const fault = (problem: unknown): void => assert.fail(String(problem))
  const main: Calls<OfMain> = new Calls<OfMain>({
    post(message) {
      if (message.type === 'call') asked.push(message.kind)
      there.take(structuredClone(message))
    },
    fault,
  })
  const guard = new AskedGuard(main)
  const there = new Calls<object>({ post: (message) => main.take(structuredClone(message)), fault })
  const dead = Promise.withResolvers<never>()
  dead.promise.catch(() => {})
  const answers = new ThreadAnswers(
    {
      directory: { login: () => Promise.resolve(undefined) },
      guard: counts,
      admission: undefined,
      resolver: new MemoryResolver({ 'x.example': { A: ['192.0.2.9'] } }),
      judged: () => {},
      clock: new ManualClock(),
      log: silent,
      report: fault,
    },
    { check: (login) => Promise.race([guard.check(login), dead.promise]), over: () => {} },
  )
  there.serve(answers)
  const die = (): void => {
    answers.release()
    // As `Calls` does.
    dead.reject(new Error('the thread is gone'))
  }
  return { guard, main, asked, die }
}

function counting(limits: Partial<AdmissionLimits>): Admission {
  const clock = new ManualClock()
  return new Admission({ limits: { ...noLimits, exempt: [], ...limits }, clock, log: silent })
}

test('places of an account are counted over threads, and those of a thread that dies are free', async () => {
  const counts = counting({ connectionsPerAccount: 2 })
  const [one, two] = [threadOf(counts), threadOf(counts)]
  const first = await one.guard.enterAccount(ip, 'ann@own.example')
  assert.equal(first.type, 'admitted')
  assert.equal((await two.guard.enterAccount(ip, 'ann@own.example')).type, 'admitted')
  assert.deepEqual(await two.guard.enterAccount(ip, 'ann@own.example'), {
    type: 'turnedAway',
    limit: 'limits.connections_per_account',
    of: 'account',
  })
  if (first.type === 'admitted') first.leave()
  assert.equal((await two.guard.enterAccount(ip, 'ann@own.example')).type, 'admitted')
  two.die()
  for (let n = 0; n < 2; n++) {
    assert.equal((await one.guard.enterAccount(ip, 'ann@own.example')).type, 'admitted')
  }
})

test('refused recipients and wrong passwords are counted over threads', async () => {
  const counts = counting({ refusedRecipients: 4, wrongPasswords: 3 })
  const threads = [threadOf(counts), threadOf(counts)]
  const [one, two] = threads
  for (const { guard } of [...threads, ...threads]) {
    assert.equal(await guard.closedForMail(ip), undefined)
    guard.refusedRecipient(ip)
  }
  for (const { guard } of threads) {
    assert.equal((await guard.closedForMail(ip))?.limit, 'limits.refused_recipients')
  }
  const wrong = (): Promise<undefined> => Promise.resolve(undefined)
  for (const thread of [one, two, one]) {
    assert.equal((await thread?.guard.login({ ip, name: 'ann' }, wrong))?.type, 'wrong')
  }
  const closed = await two?.guard.login({ ip, name: 'ann' }, () => assert.fail('checked'))
  assert.equal(closed?.type, 'closed')
  assert.equal((await one?.guard.closedForLogins(ip))?.limit, 'limits.wrong_passwords')
})

test('a password is checked where its name was said, when it is its turn', async () => {
  const { guard } = threadOf(counting({}))
  const right = await guard.login({ ip, name: 'ann' }, () => Promise.resolve({ id: 7 }))
  assert.deepEqual(right, { type: 'right', user: { id: 7 } })
  const fault = new Error('the disk of the hashes')
  await assert.rejects(
    guard.login({ ip, name: 'ann' }, () => Promise.reject(fault)),
    /the disk of the hashes/,
  )
})

test('a thread that dies while it checks a password gives the turn to the next', async () => {
  const counts = counting({ wrongPasswords: 1 })
  const [one, two] = [threadOf(counts), threadOf(counts)]
  const never = new Promise<undefined>(() => {})
  const lost = one.guard.login({ ip, name: 'ann' }, () => never)
  const next = two.guard.login({ ip, name: 'bob' }, () => Promise.resolve('bob'))
  one.die()
  await assert.rejects(lost, /the thread is gone/)
  assert.deepEqual(await next, { type: 'right', user: 'bob' })
  assert.equal(counts.closedForLogins(ip), undefined, 'a password that nobody checked is not wrong')
})

test('a place that comes when its thread is gone is given back at once', async () => {
  const counts = counting({ connectionsPerAccount: 1 })
  const [one, two] = [threadOf(counts), threadOf(counts)]
  one.die()
  await one.guard.enterAccount(ip, 'ann@own.example')
  assert.equal((await two.guard.enterAccount(ip, 'ann@own.example')).type, 'admitted')
})

test('memory is asked for in pieces, with what is left exactly, and a dead thread gives it back', async () => {
  const counts = counting({ memoryBytes: 4 * 200 * kib })
  const [one, two] = [threadOf(counts), threadOf(counts)]
  const letter = one.guard.holdMemory(ip)
  letter.release()
  assert.deepEqual(one.asked, [], 'a small letter asks nobody')
  assert.equal(await letter.grow(1), undefined)
  assert.deepEqual(one.asked, ['holdMemory'], 'from the first octet on')
  assert.equal(letter.grow(10 * kib), undefined)
  assert.equal(letter.grow(128 * kib), undefined, 'at once')
  assert.deepEqual(one.asked, ['holdMemory'])
  const other = two.guard.holdMemory(ip)
  // A network has a quarter: 72 KiB are left of it, and no whole piece.
  assert.equal(await other.grow(60 * kib), undefined)
  assert.equal(await other.grow(80 * kib), 'network')
  assert.equal(await letter.grow(150 * kib), 'network')
  two.die()
  assert.equal(await letter.grow(150 * kib), undefined)
  letter.release()
  letter.release()
  assert.equal(one.asked.filter((kind) => kind === 'releaseMemory').length, 1)
  assert.equal(await one.guard.holdMemory(ip).grow(200 * kib), undefined)
})

test('DNS is asked by the main thread', async () => {
  const { main } = threadOf(counting({}))
  const answer = await askedResolver(main).resolve('x.example', 'A')
  assert.ok(answer.type === 'found')
  assert.deepEqual(answer.records, ['192.0.2.9'])
})
