import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { octetString, octetsOf } from '../base/octets.ts'
import {
  type DrivenPeer,
  type DriverInput,
  type DriverOutput,
  EngineDriver,
} from './engine-driver.ts'
import type { PeerHandlers, TlsStart } from './peer.ts'
import type { TlsFacts } from './tls-facts.ts'

/** What the engine of these tests is told beside, and what it has to say beside. */
type OwnInput = { readonly type: 'word'; readonly text: string }
type OwnOutput =
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'feed'; readonly text: string }

type Input = OwnInput | DriverInput
type Output = OwnOutput | DriverOutput

const facts: TlsFacts = {
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  serverName: undefined,
  certificate: undefined,
}

/** A connection that writes down what is done with it. */
class PaperPeer implements DrivenPeer {
  readonly done: string[] = []
  readonly written: Uint8Array[] = []
  readonly handshake = Promise.withResolvers<TlsStart>()
  tls: TlsFacts | undefined
  backlog = 0
  handlers: PeerHandlers | undefined
  #held = 0

  open(handlers: PeerHandlers): void {
    this.handlers = handlers
  }

  write(octets: Uint8Array): void {
    assert.equal(this.#held, 1, 'one write, or as if it were one')
    this.written.push(octets)
    const text = octetString(octets)
    this.done.push(`write ${text.length > 40 ? text.length : text}`)
  }

  hold(): void {
    this.#held++
  }

  flush(): void {
    this.#held--
  }

  drained(): Promise<void> {
    this.done.push('drained')
    return Promise.resolve()
  }

  pause(): void {
    this.done.push('pause')
  }

  resume(): void {
    this.done.push('resume')
  }

  end(): void {
    this.done.push('end')
  }

  destroy(): void {
    this.done.push('destroy')
  }

  startTls(): Promise<TlsStart> {
    this.done.push('startTls')
    return this.handshake.promise
  }
}

interface Bench {
  readonly peer: PaperPeer
  readonly clock: ManualClock
  readonly driver: EngineDriver<OwnInput, Output>
  /** What the engine has heard. */
  readonly heard: Input[]
  /** What its user was told. */
  readonly told: string[]
  /** Octets come. */
  readonly come: (text: string) => void
}

/** A driver over an engine that answers each input with these outputs. */
function bench(answer: (input: Input) => readonly Output[] = () => []): Bench {
  const peer = new PaperPeer()
  const clock = new ManualClock()
  const heard: Input[] = []
  const told: string[] = []
  const engine = {
    handle(input: Input): readonly Output[] {
      heard.push(input)
      return answer(input)
    },
  }
  const driver: EngineDriver<OwnInput, Output> = new EngineDriver<OwnInput, Output>({
    peer,
    engine,
    clock,
    tlsRole: { side: 'client', serverName: 'mx', trustAnchors: undefined, timeoutMs: 1000 },
    lingerMs: 500,
    user: {
      take(output) {
        if (output.type === 'say') driver.say(output.text)
        else if (output.type === 'feed') driver.feed({ type: 'word', text: output.text })
        else driver.perform(output)
      },
      tlsEnded: (outcome) => void told.push(`tls ${outcome.type}`),
      closed: (problem) => void told.push(`closed ${problem ?? ''}`),
    },
  })
  const come = (text: string): void => peer.handlers?.octets(octetsOf(text))
  return { peer, clock, driver, heard, told, come }
}

const say = (text: string): Output => ({ type: 'say', text })
const send = (text: string): Output => ({ type: 'send', octets: octetsOf(text) })

/** Answers octets only. */
function toOctets(...outputs: readonly Output[]): (input: Input) => readonly Output[] {
  return (input) => (input.type === 'octets' ? outputs : [])
}

test('the engine hears first that it is connected, with what is known of TLS, then what comes', () => {
  const plain = bench()
  plain.driver.start()
  plain.come('x')
  plain.peer.handlers?.ended()
  assert.deepEqual(plain.heard, [
    { type: 'connected', tls: null },
    { type: 'octets', octets: octetsOf('x') },
    { type: 'peerClosed' },
  ])
  const secure = bench()
  secure.peer.tls = facts
  secure.driver.start()
  assert.deepEqual(secure.heard, [{ type: 'connected', tls: facts }])
})

test('what is sent in one turn leaves in one write, in its order', () => {
  const { peer, driver, come } = bench((input) => {
    if (input.type === 'octets') {
      return [say('a'), send('b'), { type: 'feed', text: 'more' }, say('c')]
    }
    return input.type === 'word' ? [say('d'), send('e')] : []
  })
  driver.start()
  assert.deepEqual(peer.done, [])
  come('x')
  assert.deepEqual(peer.done, ['write abcde'])
  come('y')
  assert.deepEqual(peer.done, ['write abcde', 'write abcde'])
})

test('long pieces are not copied', () => {
  const long = new Uint8Array(100_000)
  const { peer, driver, come } = bench(toOctets(say('a'), { type: 'send', octets: long }, say('b')))
  driver.start()
  come('x')
  assert.deepEqual(peer.done, ['write a', 'write 100000', 'write b'])
  assert.equal(peer.written[1], long)
})

test('a wish for time replaces the one before, and time is told once', () => {
  const { clock, driver, heard, come } = bench((input) => {
    if (input.type === 'connected') return [{ type: 'wake', afterMs: 10 }]
    return input.type === 'octets' ? [{ type: 'wake', afterMs: 20 }] : []
  })
  driver.start()
  assert.equal(clock.nextDueMs, 10)
  come('x')
  assert.deepEqual([clock.pending, clock.nextDueMs], [1, 20])
  clock.advance(20)
  assert.deepEqual(heard.at(-1), { type: 'deadline' })
  assert.equal(clock.pending, 0)
})

test('whether to read is followed at the end of a turn', () => {
  let wanted = false
  const { peer, driver, come } = bench((input) => {
    if (input.type === 'word') return [{ type: 'read', wanted: true }]
    return input.type === 'octets' ? [{ type: 'read', wanted }] : []
  })
  driver.start()
  come('x')
  come('y')
  assert.deepEqual(peer.done, ['pause'], 'once')
  wanted = true
  come('z')
  assert.deepEqual(peer.done, ['pause', 'resume'])
  const short = bench((input) => {
    if (input.type === 'word') return [{ type: 'read', wanted: true }]
    const ask: Output = { type: 'feed', text: 'answer' }
    return input.type === 'octets' ? [{ type: 'read', wanted: false }, ask] : []
  })
  short.driver.start()
  short.come('x')
  assert.deepEqual(short.peer.done, [], 'an answer at once makes nobody wait')
})

test('who holds is waited for, whatever the engine wishes, and each of several', () => {
  const { peer, driver, come } = bench((input) =>
    input.type === 'octets' ? [{ type: 'read', wanted: octetString(input.octets) === 'on' }] : [],
  )
  driver.start()
  const [first, second] = [driver.hold(), driver.hold()]
  assert.deepEqual(peer.done, ['pause'])
  come('on')
  first()
  assert.deepEqual(peer.done, ['pause'])
  come('off')
  second()
  assert.deepEqual(peer.done, ['pause'])
  come('on')
  assert.deepEqual(peer.done, ['pause', 'resume'])
})

test('at the end what is unsent is sent, and nothing more is told to the engine', () => {
  const { peer, clock, driver, heard, told, come } = bench((input) => {
    if (input.type !== 'octets') return []
    return [{ type: 'wake', afterMs: 10 }, say('bye'), { type: 'close' }]
  })
  driver.start()
  assert.equal(driver.closing, false)
  come('x')
  assert.deepEqual(peer.done, ['write bye', 'end'])
  assert.equal(driver.closing, true)
  driver.feed({ type: 'word', text: 'late' })
  come('y')
  assert.equal(heard.length, 2)
  assert.deepEqual([clock.pending, clock.nextDueMs], [1, 500])
  clock.advance(500)
  assert.deepEqual(peer.done, ['write bye', 'end', 'destroy'])
  peer.handlers?.closed(undefined)
  assert.deepEqual(told, ['closed '])
})

test('after the end all is read, so that the end of the other side is seen', () => {
  const { peer, clock, driver, come } = bench(
    toOctets({ type: 'read', wanted: false }, { type: 'close' }),
  )
  driver.start()
  const release = driver.hold()
  come('x')
  release()
  assert.deepEqual(peer.done, ['pause', 'end', 'resume'])
  peer.handlers?.closed(undefined)
  assert.equal(clock.pending, 0, 'nobody waits any more')
})

test('a connection that is gone is told to the engine, and then to its user', () => {
  const { peer, clock, driver, heard, told } = bench((input) =>
    input.type === 'connected' ? [{ type: 'wake', afterMs: 10 }] : [],
  )
  driver.start()
  peer.handlers?.closed('ECONNRESET')
  assert.deepEqual(heard.at(-1), { type: 'peerClosed' })
  assert.deepEqual(told, ['closed ECONNRESET'])
  assert.equal(clock.pending, 0)
})

test('TLS starts behind what was said, and the engine hears what became of it', async () => {
  for (const outcome of [
    { type: 'started', facts },
    { type: 'failed', problem: 'no cipher' },
  ] as const) {
    const { peer, driver, heard, told, come } = bench(
      toOctets(say('ready'), { type: 'startTls' }, { type: 'read', wanted: false }),
    )
    driver.start()
    come('x')
    assert.deepEqual(peer.done, ['write ready', 'startTls', 'pause'])
    peer.handshake.resolve(outcome)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(told, [`tls ${outcome.type}`])
    assert.deepEqual(
      heard.at(-1),
      outcome.type === 'started' ? { type: 'tlsStarted', tls: facts } : { type: 'tlsFailed' },
    )
  }
})

test('what is gathered waits for more, and leaves when it is asked for or too much', async () => {
  const { peer, driver, come } = bench((input) =>
    input.type === 'octets' ? [{ type: 'send', octets: input.octets }] : [],
  )
  driver.start()
  driver.gather(true)
  come('a')
  come('b')
  peer.backlog = 5
  assert.equal(driver.backlog, 7)
  assert.deepEqual(peer.done, [])
  driver.gather(false)
  assert.deepEqual(peer.done, ['write ab'])
  assert.equal(driver.backlog, 5)
  driver.gather(true)
  come('c')
  await driver.drained()
  assert.deepEqual(peer.done, ['write ab', 'write c', 'drained'])
  come('x'.repeat(65_536))
  assert.equal(peer.done.length, 3)
  come('y')
  assert.equal(peer.done.length, 5, 'all of it')
})

test('what is said within a turn while gathering ends goes with the rest of it', () => {
  const made: Bench = bench((input) => {
    if (input.type !== 'octets') return []
    made.driver.gather(false)
    return [say('b')]
  })
  made.driver.start()
  made.driver.gather(true)
  made.driver.say('a')
  made.come('x')
  assert.deepEqual(made.peer.done, ['write ab'])
})

test('the connection is dropped when its user says so', () => {
  const { peer, driver } = bench()
  driver.start()
  driver.destroy()
  assert.deepEqual(peer.done, ['destroy'])
})
