import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMailbox } from '../address/mailbox.ts'
import { ManualClock } from '../base/clock.ts'
import { silent } from '../base/log.ts'
import { leadOf } from '../directory/directory.ts'
import { generateDkimKey } from '../dkim/dkim.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { passwordMark } from '../io/password.ts'
import { type AdmissionLimits, noLimits } from '../policy/admission-limits.ts'
import { Admission } from '../policy/admission.ts'
import type { DkimKeyRow } from '../store/ports/keys.ts'
import { AskedDirectory, AskedGuard, askedResolver, withoutPasswords } from './asked.ts'
import { Calls } from './calls.ts'
import type { OfMain, People } from './questions.ts'
import { ThreadAnswers } from './thread-answers.ts'

function key(domain: string): DkimKeyRow {
  const { privateKey } = generateDkimKey('ed25519')
  return { domain, selector: 'wb1', algorithm: 'ed25519', privateKey, createdAt: 0, active: true }
}

function people(domain: string): People {
  const account = { address: `ann@${domain}`, aliases: [`a@${domain}`], passwordHash: 'a hash' }
  return { residents: { domains: [domain], accounts: [account] }, keys: [key(domain)] }
}

const mark = passwordMark('a hash')

/** The main thread: what it is asked, and Ann's password. */
function mainThread(): { readonly main: Calls<OfMain>; readonly asked: unknown[] } {
  const asked: unknown[] = []
  const fault = (problem: unknown): void => assert.fail(String(problem))
  const main: Calls<OfMain> = new Calls<OfMain>({ post: (message) => there.take(message), fault })
  const there = new Calls<object>({ post: (message) => main.take(message), fault })
  there.serve({
    passwordOf(input: { readonly name: string; readonly password: string }) {
      asked.push(input)
      const { name, password } = input
      return password === 'letmein' ? { id: name, address: name, passwordMark: mark } : undefined
    },
  })
  return { main, asked }
}

test('who lives here is known on the thread, and whose password it is the main thread says', async () => {
  const { main, asked } = mainThread()
  const directory = new AskedDirectory(main, withoutPasswords(people('south.example')))
  const ann = { id: 'ann@south.example', address: 'ann@south.example' }
  assert.ok(directory.isLocal('south.example') && !directory.isLocal('north.example'))
  assert.deepEqual(await leadOf(directory, 'a@south.example'), { type: 'mailbox', accounts: [ann] })
  assert.equal((await leadOf(directory, 'bob@south.example')).type, 'nobody')
  const alias = parseMailbox('a@south.example')
  const login = { ...ann, passwordMark: mark }
  assert.ok(alias.ok && directory.identities(login)?.covers(alias.value))
  assert.equal(directory.identities({ ...login, passwordMark: 'of another one' }), undefined)
  assert.equal(directory.signingKeys('south.example').length, 1)
  assert.equal(asked.length, 0)
  assert.deepEqual(await directory.login('ann@south.example', 'letmein'), login)
  assert.equal(await directory.login('ann@south.example', 'wrong'), undefined)
  assert.deepEqual(asked[0], { name: 'ann@south.example', password: 'letmein' })
})

test('others live here from now on, and other keys sign', async () => {
  const directory = new AskedDirectory(mainThread().main, people('south.example'))
  directory.replace(people('west.example'))
  assert.ok(directory.isLocal('west.example') && !directory.isLocal('south.example'))
  assert.equal((await leadOf(directory, 'a@west.example')).type, 'mailbox')
  assert.deepEqual(
    [directory.signingKeys('south.example').length, directory.signingKeys('west.example').length],
    [0, 1],
  )
})

test('no hash of a password goes to a thread, and all else does', () => {
  const all = people('south.example')
  const told = withoutPasswords(all)
  assert.ok(!JSON.stringify(told).includes('a hash'))
  const [ann] = told.residents.accounts
  assert.deepEqual([ann?.address, ann?.aliases], ['ann@south.example', ['a@south.example']])
  assert.deepEqual([told.residents.domains, told.keys], [['south.example'], all.keys])
})

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
