import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ManualClock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import { systemClock } from '../io/clock.ts'
import { testFolder } from '../store/test-folder.ts'
import { type Asked, askServer } from './ask.ts'
import { ControlSocket, type ControlSocketOptions } from './control-socket.ts'
import { maxClients } from './protocol.ts'
import { controlSocketPath } from './socket-place.ts'

function folderFor(t: TestContext): string {
  const { folder, remove } = testFolder()
  t.after(remove)
  return folder
}

async function open(
  t: TestContext,
  folder: string,
  more: Partial<ControlSocketOptions> = {},
): Promise<ControlSocket> {
  const control = await ControlSocket.open({
    folder,
    clock: systemClock,
    version: '1.2.3',
    answer: ({ input }) => Promise.resolve({ told: input }),
    report: (problem) => assert.fail(String(problem)),
    ...more,
  })
  t.after(() => control.close())
  return control
}

function ask(folder: string, input: unknown, timeoutMs = 20_000): Promise<Asked> {
  const request = { operation: 'test', input, by: 'ann', why: 'to see' }
  return askServer(request, { folder, clock: systemClock, timeoutMs })
}

/** A client by hand: what the server says, line by line. */
class Hand {
  readonly #socket: Socket
  readonly #closed: Promise<unknown>
  #heard = ''

  constructor(folder: string) {
    this.#socket = connect(controlSocketPath(folder))
    this.#socket.on('data', (chunk) => (this.#heard += chunk.toString()))
    this.#socket.on('error', () => {})
    this.#closed = once(this.#socket, 'close')
  }

  say(text: string): void {
    this.#socket.write(text)
  }

  leave(): void {
    this.#socket.destroy()
  }

  async greeting(): Promise<unknown> {
    while (!this.#heard.includes('\n')) await once(this.#socket, 'data')
    return JSON.parse(this.#heard.slice(0, this.#heard.indexOf('\n')))
  }

  /** Everything after the greeting, when the server has hung up. */
  async rest(): Promise<readonly unknown[]> {
    await this.#closed
    const lines = this.#heard.split('\n').slice(1, -1)
    return lines.map((line): unknown => JSON.parse(line))
  }
}

test('what is asked reaches the server as it was, and what it says comes back', async (t) => {
  const folder = folderFor(t)
  const heard: unknown[] = []
  await open(t, folder, {
    answer(request) {
      heard.push(request)
      return Promise.resolve({ did: ['a', 1] })
    },
  })
  assert.deepEqual(await ask(folder, { id: 'x' }), { type: 'answered', value: { did: ['a', 1] } })
  assert.deepEqual(heard, [{ operation: 'test', input: { id: 'x' }, by: 'ann', why: 'to see' }])
})

test('many ask at once, and each hears its own answer', async (t) => {
  const folder = folderFor(t)
  await open(t, folder)
  const inputs = Array.from({ length: maxClients }, (_, n) => n)
  const answers = await Promise.all(inputs.map((input) => ask(folder, input)))
  assert.deepEqual(
    answers,
    inputs.map((told) => ({ type: 'answered', value: { told } })),
  )
})

test('the socket is there for its owner alone, and nothing else is left beside it', async (t) => {
  const folder = folderFor(t)
  mkdirSync(join(folder, 'requests'))
  mkdirSync(join(folder, 'control.new'))
  const control = await open(t, folder)
  assert.deepEqual(readdirSync(folder), ['control.sock'])
  const { mode } = statSync(controlSocketPath(folder))
  assert.equal(mode & 0o777, 0o600)
  await control.close()
  assert.deepEqual(readdirSync(folder), [])
})

test('what the server throws is told with its code and its hint; a fault of ours is logged too', async (t) => {
  const folder = folderFor(t)
  const faults: string[] = []
  await open(t, folder, {
    answer({ input }) {
      if (input === 'ours') return Promise.reject(new Error('a wheel came off'))
      return Promise.reject(new WaybillError('not-found', 'It is not there.', { hint: 'Look.' }))
    },
    report: (problem, where) => faults.push(`${where}: ${String(problem)}`),
  })
  await assert.rejects(ask(folder, 'x'), (problem) => {
    assert.ok(problem instanceof WaybillError)
    const { code, message, hint } = problem
    assert.deepEqual([code, message, hint], ['not-found', 'It is not there.', 'Look.'])
    return true
  })
  assert.deepEqual(faults, [])
  await assert.rejects(ask(folder, 'ours'), (problem) => {
    return !(problem instanceof WaybillError) && String(problem) === 'Error: a wheel came off'
  })
  assert.deepEqual(faults, ['control: test: Error: a wheel came off'])
})

test('the greeting tells the protocol, the version and the process', async (t) => {
  const folder = folderFor(t)
  await open(t, folder)
  const hand = new Hand(folder)
  assert.deepEqual(await hand.greeting(), { control: 1, waybill: '1.2.3', process: process.pid })
  hand.leave()
})

const noRequest = 'The server does not know this request.'
const odd: readonly (readonly [what: string, line: string])[] = [
  ['no JSON', 'GET / HTTP/1.1\r\n'],
  ['no object', '"prune"\n'],
  ['nobody asks', '{"operation":"test"}\n'],
  ['nothing is asked', '{"by":"ann"}\n'],
  ['a line without an end', 'x'.repeat(1001)],
]
for (const [what, line] of odd) {
  test(`a request that is none (${what}) is answered with a problem, and done`, async (t) => {
    const folder = folderFor(t)
    await open(t, folder, { answer: () => assert.fail('it was asked'), requestOctets: 1000 })
    const hand = new Hand(folder)
    hand.say(line)
    const problem = { code: 'usage', message: noRequest }
    assert.deepEqual(await hand.rest(), [{ type: 'problem', problem }])
  })
}

test('a second request of one client is not looked at', async (t) => {
  const folder = folderFor(t)
  let asked = 0
  await open(t, folder, { answer: () => Promise.resolve(++asked) })
  const hand = new Hand(folder)
  hand.say('{"operation":"test","by":"ann"}\n{"operation":"test","by":"ann"}\n')
  assert.deepEqual(await hand.rest(), [{ type: 'answer', value: 1 }])
  assert.equal(asked, 1)
})

test('a client that says nothing is put out in time, and one that does not go as well', async (t) => {
  const folder = folderFor(t)
  const clock = new ManualClock()
  await open(t, folder, { clock })
  const quiet = new Hand(folder)
  await quiet.greeting()
  clock.advance(10_000)
  assert.deepEqual(await quiet.rest(), [])
  assert.equal(clock.pending, 0)
})

test('one client too many is told so, and there is room again when one has gone', async (t) => {
  const folder = folderFor(t)
  // Nobody is put out by time here.
  const control = await open(t, folder, { clock: new ManualClock() })
  const hands = Array.from({ length: maxClients }, () => new Hand(folder))
  for (const hand of hands) await hand.greeting()
  await assert.rejects(
    ask(folder, 'x'),
    (problem) =>
      problem instanceof WaybillError &&
      problem.code === 'store-busy' &&
      /More than 32 commands/.test(problem.message),
  )
  for (const hand of hands) hand.say('{"operation":"test","by":"ann"}\n')
  for (const hand of hands) await hand.rest()
  // The server hears that they have gone a moment later than they.
  let answer: Asked | undefined
  while (answer === undefined) {
    answer = await ask(folder, 'x').catch((problem: unknown) => {
      assert.ok(problem instanceof WaybillError && problem.code === 'store-busy', String(problem))
      return undefined
    })
  }
  assert.equal(answer.type, 'answered')
  // Who was refused has been seen to go: nothing holds the end up.
  await control.close()
})

test('who hangs up early takes nothing back, and harms nobody', async (t) => {
  const folder = folderFor(t)
  const { promise, resolve } = Promise.withResolvers<string>()
  const done = Promise.withResolvers<void>()
  const control = await open(t, folder, {
    async answer() {
      resolve('asked')
      await done.promise
      return 'x'.repeat(100_000)
    },
  })
  const hand = new Hand(folder)
  hand.say('{"operation":"test","by":"ann"}\n')
  await promise
  hand.leave()
  done.resolve()
  assert.equal((await ask(folder, 'x')).type, 'answered')
  await control.close()
})

test('a server that stops answers who has asked, and sends the others away', async (t) => {
  const folder = folderFor(t)
  const { promise, resolve } = Promise.withResolvers<void>()
  const go = Promise.withResolvers<string>()
  const control = await open(t, folder, {
    answer() {
      resolve()
      return go.promise
    },
  })
  const early = ask(folder, 'early')
  await promise
  const greeted = new Hand(folder)
  await greeted.greeting()
  const closed = control.close()
  assert.equal(existsSync(controlSocketPath(folder)), false)
  assert.deepEqual(await greeted.rest(), [])
  assert.deepEqual(await ask(folder, 'late'), { type: 'absent', why: 'no-socket' })
  go.resolve('done')
  assert.deepEqual(await early, { type: 'answered', value: 'done' })
  await closed
})

test('the socket of a killed server is replaced, one in use is not, nor is anything else', async (t) => {
  const folder = folderFor(t)
  const script = `require('net').createServer().listen(process.argv[1], () => console.log('up'))`
  const killed = spawn(process.execPath, ['-e', script, controlSocketPath(folder)])
  await once(killed.stdout, 'data')
  await assert.rejects(
    open(t, folder),
    (problem) => problem instanceof WaybillError && problem.code === 'data-in-use',
  )
  killed.kill('SIGKILL')
  await once(killed, 'close')
  assert.ok(lstatSync(controlSocketPath(folder)).isSocket())
  assert.deepEqual(await ask(folder, 'x'), { type: 'absent', why: 'nobody-listens' })
  const control = await open(t, folder)
  assert.equal((await ask(folder, 'x')).type, 'answered')
  await control.close()
  writeFileSync(controlSocketPath(folder), 'mine')
  assert.deepEqual(await ask(folder, 'x'), { type: 'absent', why: 'nobody-listens' })
  await assert.rejects(
    open(t, folder),
    (problem) => problem instanceof WaybillError && /something else is there/.test(problem.message),
  )
})

test('a folder whose path is too long for a socket has one all the same', async (t) => {
  const folder = join(folderFor(t), 'd'.repeat(120), 'e'.repeat(120))
  mkdirSync(folder, { recursive: true })
  const control = await open(t, folder)
  assert.deepEqual(readdirSync(folder), ['control.sock'])
  assert.equal((await ask(folder, 'x')).type, 'answered')
  await control.close()
  assert.deepEqual(await ask(folder, 'x'), { type: 'absent', why: 'no-socket' })
  assert.deepEqual(await ask(join(folder, 'none'), 'x'), { type: 'absent', why: 'no-socket' })
})

const nobody = 65_534

/** Why no test here can be somebody else than root; `false` when one can. */
function whyNotNobody(): string | false {
  if (process.getuid?.() !== 0) return 'only root can become somebody else'
  const user = { uid: nobody, gid: nobody, cwd: '/' }
  const looked = spawnSync('test', ['-r', fileURLToPath(import.meta.url)], user)
  return looked.status === 0 ? false : 'others may not read this folder'
}

const skip = whyNotNobody()

/** What a process of a user who is not root says first; its script is a module that gets these arguments. */
async function saidByNobody(t: TestContext, script: string, ...args: string[]): Promise<string> {
  const flags = ['--conditions=waybill-source', '--input-type=module', '-e', script, '--', ...args]
  const child = spawn(process.execPath, flags, { uid: nobody, gid: nobody, cwd: '/' })
  t.after(() => child.kill('SIGKILL'))
  let problems = ''
  child.stderr.on('data', (chunk) => (problems += String(chunk)))
  const ended = once(child, 'close').then(() => Promise.reject(new Error(`It ended: ${problems}`)))
  const [said] = await Promise.race([once(child.stdout, 'data'), ended])
  ended.catch(() => {})
  return String(said)
}

const modules = new URL('./', import.meta.url).href

test('nobody but the owner and root may ask', { skip }, async (t) => {
  const folder = folderFor(t)
  chmodSync(folder, 0o755)
  await open(t, folder)
  const script = `
    const { askServer } = await import('${modules}ask.ts')
    const { systemClock } = await import('${modules}../io/clock.ts')
    const options = { folder: process.argv[1], clock: systemClock, timeoutMs: 1000 }
    await askServer({ operation: 'x', by: 'x' }, options).catch((problem) => console.log(problem.message))`
  const said = await saidByNobody(t, script, folder)
  assert.equal(said, `You may not speak to the server of ${folder}.\n`)
})

test('root may ask the server of somebody else', { skip }, async (t) => {
  const folder = folderFor(t)
  chownSync(folder, nobody, nobody)
  const script = `
    const { ControlSocket } = await import('${modules}control-socket.ts')
    const { systemClock: clock } = await import('${modules}../io/clock.ts')
    const answer = () => Promise.resolve(process.getuid())
    const folder = process.argv[1]
    await ControlSocket.open({ folder, clock, version: '', answer, report: console.error })
    console.log('up')`
  await saidByNobody(t, script, folder)
  assert.equal(statSync(controlSocketPath(folder)).uid, nobody)
  assert.deepEqual(await ask(folder, 'x'), { type: 'answered', value: nobody })
})
