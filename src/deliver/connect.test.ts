import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { Ending } from '../base/ending.ts'
import { type Dialled, dialTcp } from '../io/dialer.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { type ConnectInput, type Connected, Connector } from './connect.ts'
import { exchangeWay } from './way.ts'

const host = 'mx.south.example'
const address = '203.0.113.25'

/**
 * What one connection of the server does: its greeting, and its answers by the command's first word,
 * of which `hang up` is none.
 */
interface Script {
  readonly greeting: string
  readonly answers: Readonly<Record<string, string>>
  /** Called when somebody has connected. */
  readonly met?: () => void
}

const greeting = `220 ${host} ESMTP`
const plain: Script = { greeting, answers: { EHLO: `250 ${host}` } }
const hangsUp: Script = {
  greeting,
  answers: { EHLO: `250-${host}\r\n250 STARTTLS`, STARTTLS: 'hang up' },
}
const refusesTls: Script = {
  greeting,
  answers: { EHLO: `250-${host}\r\n250 STARTTLS`, STARTTLS: '454 4.7.0 not today' },
}

function talk(socket: Socket, { greeting: first, answers, met }: Script): void {
  socket.on('error', () => {})
  met?.()
  socket.write(`${first}\r\n`)
  socket.on('data', (chunk) => {
    const word = /^\w+/.exec(chunk.toString('latin1'))?.[0] ?? ''
    const answer = answers[word] ?? '500 what'
    if (answer === 'hang up') socket.destroy()
    else socket.write(`${answer}\r\n`)
  })
}

/** Connects to a server that follows `scripts`, one a connection; what was done is in the steps. */
async function bench(
  t: TestContext,
  scripts: readonly Script[],
  {
    tls = 'untried',
    ending = new Ending(),
    dialled,
  }: { tls?: 'untried' | 'failed'; ending?: Ending; dialled?: Dialled } = {},
): Promise<{
  readonly connected: Connected
  readonly input: ConnectInput
  readonly connections: () => number
  /** The steps, each with what it says. */
  readonly steps: () => readonly string[]
  readonly dials: unknown[]
}> {
  let connections = 0
  const listener = createServer((socket) => {
    t.after(() => socket.destroy())
    talk(socket, scripts[connections++] ?? plain)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.after(() => listener.close())
  const place = listener.address()
  assert.ok(place !== null && typeof place !== 'string')
  const clock = new ManualClock()
  const log = new JourneyBuilder('id', clock)
  const dials: unknown[] = []
  const connector = new Connector({
    hostname: 'mx.north.example',
    clock,
    trustAnchors: [],
    dialer: {
      dial(target) {
        dials.push(target)
        return dialled === undefined
          ? dialTcp('127.0.0.1', place.port, 1000)
          : Promise.resolve(dialled)
      },
      realPlace: ({ ip, port }) => `${ip} is ${port} here`,
    },
  })
  const input: ConnectInput = { log, ending, way: exchangeWay, tls: { state: tls } }
  const connected = await connector.connect({ host, address, preference: 10 } as never, input)
  if (connected.type === 'ready') t.after(() => connected.session.breakOff('the test is over'))
  return {
    connected,
    input,
    dials,
    connections: () => connections,
    steps: () =>
      log.steps.map((step) => {
        if (step.type === 'dial') return `dial ${step.host} ${step.problem ?? 'reached'}`
        return step.type === 'peer-no-tls' ? `clear text: ${step.problem}` : step.type
      }),
  }
}

test('who cannot be reached is told by name, and for good only when it is not allowed', async (t) => {
  for (const [reason, permanent, status] of [
    ['refused', false, '4.4.1'],
    ['timeout', false, '4.4.1'],
    ['not-allowed', true, '5.7.1'],
  ] as const) {
    const dialled = { type: 'failed', reason, text: 'no way' } as const
    const { connected, steps, dials, input } = await bench(t, [], { dialled })
    assert.partialDeepStrictEqual(connected, {
      type: 'failed',
      status,
      because: `${host} (${address}) could not be reached: no way.`,
      permanent,
      outcome: undefined,
      lines: [],
      tlsFailed: undefined,
    })
    assert.deepEqual(steps(), [`dial ${host} no way`])
    assert.deepEqual(dials, [{ ip: address, port: 25, timeoutMs: 30_000 }])
    // Nothing is known of its TLS.
    assert.equal(input.tls.state, 'untried')
  }
})

test('where no TLS is offered it goes on in clear text, and the journey says so', async (t) => {
  const { connected, steps, connections, input } = await bench(t, [plain])
  assert.equal(connected.type, 'ready')
  assert.deepEqual(steps(), [`dial ${host} reached`, 'clear text: TLS was not offered'])
  assert.equal(connections(), 1)
  assert.equal(input.tls.state, 'untried')
  const [dial] = input.log.steps
  assert.ok(dial?.type === 'dial')
  assert.equal(dial.place, `${address} is 25 here`)
})

test('where STARTTLS is refused it goes on over the same connection', async (t) => {
  const { connected, steps, connections } = await bench(t, [refusesTls])
  assert.equal(connected.type, 'ready')
  assert.equal(connections(), 1)
  assert.deepEqual(steps().slice(1), [
    'clear text: TLS was offered and failed: STARTTLS was refused with "454 4.7.0 not today"',
  ])
})

test('where TLS fails it goes on in clear text over another connection, at once', async (t) => {
  const scripts = [hangsUp, hangsUp]
  const { connected, steps, connections, input } = await bench(t, scripts)
  assert.equal(connected.type, 'ready')
  assert.equal(connections(), 2)
  assert.equal(input.tls.state, 'failed')
  assert.deepEqual(steps(), [
    `dial ${host} reached`,
    'clear text: TLS was offered and failed: the server hung up instead of answering to STARTTLS',
    `dial ${host} reached`,
  ])
})

test('where it failed a moment ago it is not tried again, and not told again', async (t) => {
  const { connected, steps, connections } = await bench(t, [hangsUp], { tls: 'failed' })
  assert.equal(connected.type, 'ready')
  assert.equal(connections(), 1)
  assert.deepEqual(steps(), [`dial ${host} reached`])
})

test('who will not talk is quoted, for good with 5xx and for now with 4xx', async (t) => {
  for (const [first, permanent, status] of [
    ['554 5.7.1 go away', true, '5.7.1'],
    ['451 4.3.2 later', false, '4.3.2'],
  ] as const) {
    const { connected, connections, input } = await bench(t, [{ greeting: first, answers: {} }])
    assert.ok(connected.type === 'failed')
    assert.deepEqual([connected.permanent, connected.status], [permanent, status])
    assert.equal(connected.outcome?.reply?.code, Number(first.slice(0, 3)))
    assert.ok(connected.lines.some(({ text }) => text === first))
    assert.equal(connections(), 1)
    assert.equal(input.tls.state, 'untried')
  }
})

test('who hangs up without a word has said nothing', async (t) => {
  const { connected } = await bench(t, [
    { greeting, answers: { EHLO: 'hang up', HELO: 'hang up' } },
  ])
  assert.ok(connected.type === 'failed')
  assert.equal(connected.outcome, undefined)
  assert.equal(connected.permanent, false)
})

test('who is asked to begin nothing more does not connect again when TLS has failed', async (t) => {
  const ending = new Ending()
  ending.ask('begin-nothing', 'this server was stopped')
  const { connected, connections, steps } = await bench(t, [hangsUp, plain], { ending })
  assert.equal(connected.type, 'failed')
  assert.equal(connections(), 1)
  assert.equal(steps().length, 2)
})

test('who is asked to break off does not wait for a greeting, asked before or meanwhile', async (t) => {
  for (const asked of ['before', 'meanwhile'] as const) {
    const ending = new Ending()
    const ask = (): void => ending.ask('wait-for-answer', 'this server was stopped')
    if (asked === 'before') ask()
    const silent = { greeting: '220-wait', answers: {}, met: ask }
    const { connected } = await bench(t, [silent], { ending })
    assert.ok(connected.type === 'failed')
    assert.match(connected.because, /this server was stopped/)
  }
})
