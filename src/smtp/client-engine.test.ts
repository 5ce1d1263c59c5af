import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseForwardPath, parseReversePath } from '../address/path.ts'
import type { Engine } from '../wire/engine.ts'
import { concat, octetString, octetsOf } from '../base/octets.ts'
import { ClientEngine } from './client-engine.ts'
import {
  type ClientInput,
  type ClientOptions,
  type ClientOutput,
  type ClientTransaction,
  type RecipientOutcome,
  defaultClientOptions,
} from './client-types.ts'
import { reply } from './reply.ts'
import { ServerEngine, defaultServerOptions } from './server-engine.ts'
import type { Answer, ServerInput, ServerOptions, TlsSession } from './server-types.ts'
import { Recorder } from './test-support/recorder.ts'
import { said } from './test-support/said.ts'

const recorder = new Recorder()

function clientWith(options: Partial<ClientOptions> = {}): Engine<ClientInput, ClientOutput> {
  return recorder.record(
    () => new ClientEngine({ ...defaultClientOptions, hostname: 'out.example', ...options }),
  )
}

function transaction(recipients: number, more: Partial<ClientTransaction> = {}): ClientTransaction {
  const reversePath = parseReversePath('<a@north.example>')
  assert.ok(reversePath.ok)
  const list = Array.from({ length: recipients }, (_, i) => {
    const forwardPath = parseForwardPath(`<r${i}@south.example>`)
    assert.ok(forwardPath.ok)
    return { forwardPath: forwardPath.value, notify: null, orcpt: null }
  })
  return {
    reversePath: reversePath.value,
    recipients: list,
    size: null,
    eightBit: false,
    smtpUtf8: false,
    utf8Header: false,
    ret: null,
    envid: null,
    ...more,
  }
}

interface Meeting {
  readonly outcomes: readonly (readonly RecipientOutcome[])[]
  readonly delivered: readonly string[]
  readonly record: readonly string[]
  readonly serverTls: boolean
}

/** Lets our client talk to our server: octets go over at once, TLS is a word. */
function meet(given: {
  readonly client?: Partial<ClientOptions>
  readonly server?: Partial<ServerOptions>
  readonly messages: readonly {
    readonly envelope: ClientTransaction
    readonly content: Uint8Array
  }[]
  readonly pieceSize: number
  readonly refused?: ReadonlySet<number>
}): Meeting {
  const client = clientWith(given.client)
  const server = recorder.record(
    () => new ServerEngine({ ...defaultServerOptions, hostname: 'mx.example', ...given.server }),
  )
  const outcomes: (readonly RecipientOutcome[])[] = []
  const delivered: string[] = []
  const record: string[] = []
  const secure = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
  let tls: TlsSession | null = null
  let arriving: Uint8Array[] = []
  let asked = 0
  const waiting = [...given.messages]
  let current: Uint8Array | undefined
  const work: (() => void)[] = []

  const toServer = (input: ServerInput): void => {
    for (const output of server.handle(input)) {
      switch (output.type) {
        case 'reply':
          work.push(() => toClient({ type: 'octets', octets: octetsOf(said([output])) }))
          break
        case 'ask': {
          const refuse =
            output.question.type === 'recipient' && given.refused?.has(asked++) === true
          const answer: Answer = refuse
            ? { type: 'reject', reply: reply(550, '5.1.1', 'No such user') }
            : { type: 'accept' }
          work.push(() => toServer({ type: 'answer', answer }))
          break
        }
        case 'message':
          arriving.push(output.octets)
          break
        case 'messageEnd':
          if (output.ending === 'complete') delivered.push(octetString(concat(arriving)))
          arriving = []
          break
        case 'heard':
          record.push(output.text)
          break
        case 'close':
          tls = output.session.tls
          break
        default:
          break
      }
    }
  }
  const toClient = (input: ClientInput): void => {
    for (const output of client.handle(input)) {
      switch (output.type) {
        case 'send':
          work.push(() => toServer({ type: 'octets', octets: output.octets }))
          break
        case 'startTls':
          work.push(() => {
            toServer({ type: 'tlsStarted', tls: secure })
            toClient({ type: 'tlsStarted' })
          })
          break
        case 'ready': {
          const next = waiting.shift()
          current = next?.content
          work.push(() =>
            toClient(
              next === undefined
                ? { type: 'quit' }
                : { type: 'transaction', transaction: next.envelope },
            ),
          )
          break
        }
        case 'wantMessage': {
          assert.ok(current !== undefined)
          const octets = current.subarray(0, given.pieceSize)
          current = current.subarray(given.pieceSize)
          const last = current.length === 0
          work.push(() => toClient({ type: 'message', octets, last }))
          break
        }
        case 'outcome':
          outcomes.push(output.recipients)
          break
        default:
          break
      }
    }
  }
  toServer({ type: 'connected', tls: null })
  toClient({ type: 'connected' })
  for (let next = work.shift(); next !== undefined; next = work.shift()) next()
  return { outcomes, delivered, record, serverTls: tls !== null }
}

function normalized(octets: Uint8Array): string {
  const lines = octetString(octets).replace(/\r\n|\r|\n/g, '\r\n')
  return lines === '' || lines.endsWith('\r\n') ? lines : `${lines}\r\n`
}

test('whatever the content and its pieces, it arrives, and the recipients know', () => {
  const lump = fc.constantFrom('\r\n', '.', '\r', '\n', 'a', 'text', '\r\n.\r\n', '\0', '\xff')
  const content = fc.array(lump, { maxLength: 40 }).map((parts) => octetsOf(parts.join('')))
  fc.assert(
    fc.property(
      fc.array(content, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 30 }),
      fc.uniqueArray(fc.nat(8)),
      fc.constantFrom('never', 'whenOffered'),
      fc.boolean(),
      (contents, pieceSize, refused, chunking, sized) => {
        const messages = contents.map((octets) => ({
          envelope: transaction(3, { eightBit: true, size: sized ? octets.length : null }),
          content: octets,
        }))
        const client = { chunking }
        const { outcomes, delivered } = meet({
          messages,
          pieceSize,
          refused: new Set(refused),
          client,
          server: { extensions: { ...defaultServerOptions.extensions, chunking: true } },
        })
        const results = outcomes.map((list) => list.map((outcome) => outcome.result))
        const wanted = contents.map((_, m) =>
          [0, 1, 2].map((r) => (refused.includes(m * 3 + r) ? 'failed' : 'accepted')),
        )
        assert.deepEqual(results, wanted)
        const arrived = contents.filter((_, m) => wanted[m]?.includes('accepted'))
        assert.deepEqual(delivered, arrived.map(normalized))
      },
    ),
    { numRuns: 300 },
  )
})

test('our client logs in at our server, over TLS, with either mechanism', () => {
  const auth = {
    username: 'jürgen',
    password: 'geheim',
    authorizationId: '',
    allowClearText: false,
  }
  const { outcomes, record, serverTls } = meet({
    client: { tls: 'required', auth },
    server: { auth: 'required' },
    messages: [{ envelope: transaction(1), content: octetsOf('x\r\n') }],
    pieceSize: 10,
  })
  assert.equal(serverTls, true)
  assert.equal(outcomes[0]?.[0]?.result, 'accepted')
  assert.ok(record.includes('AUTH PLAIN (hidden)'))
})

test('a thousand recipients go in one packet, and each has its outcome', () => {
  const { outcomes } = meet({
    messages: [{ envelope: transaction(1000), content: octetsOf('x\r\n') }],
    pieceSize: 10,
    server: { limits: { ...defaultServerOptions.limits, recipients: 600 } },
  })
  const results = outcomes[0]?.map((outcome) => outcome.result) ?? []
  assert.equal(results.filter((result) => result === 'accepted').length, 600)
  assert.equal(results.filter((result) => result === 'deferred').length, 400)
})

test('a transaction without recipients, or a second one at once, is a bug of the driver', () => {
  const client = clientWith()
  assert.throws(() => client.handle({ type: 'transaction', transaction: transaction(0) }), /nobody/)
  client.handle({ type: 'transaction', transaction: transaction(1) })
  assert.throws(
    () => client.handle({ type: 'transaction', transaction: transaction(1) }),
    /one transaction/,
  )
  assert.throws(() => client.handle({ type: 'tlsStarted' }), /unasked/)
})

test('quit before the connection is there closes at once', () => {
  assert.deepEqual(clientWith().handle({ type: 'quit' }), [{ type: 'close' }])
})

// A server that says anything at all.

const anyReply = fc.constantFrom(
  '220 mx.example\r\n',
  '250 ok\r\n',
  '250-mx.example\r\n250-PIPELINING\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 1000\r\n',
  '250-mx.example\r\n250 8BITMIME\r\n',
  '250-mx.example\r\n250 CHUNKING\r\n',
  '250-mx.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n',
  '354 go on\r\n',
  '334 VXNlcm5hbWU6\r\n',
  '334 ?\r\n',
  '235 2.7.0 welcome\r\n',
  '221 bye\r\n',
  '421 4.3.2 closing\r\n',
  '450 4.2.0 later\r\n',
  '500 what?\r\n',
  '550 5.1.1 no\r\n',
  '552 5.5.3 too many\r\n',
  '250-',
  '25',
  '\r\n',
  '\n',
  'junk\r\n',
  '999 x\r\n',
  '\0\xff\r\n',
)

test('whatever a server says, each transaction has one outcome for each recipient', () => {
  const step = fc.oneof(
    {
      weight: 8,
      arbitrary: anyReply.map((text) => ({ type: 'octets', octets: octetsOf(text) }) as const),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        { type: 'deadline' } as const,
        { type: 'peerClosed' } as const,
        { type: 'quit' } as const,
        { type: 'messageFailed' } as const,
      ),
    },
  )
  const tls = fc.constantFrom('never', 'whenOffered', 'required', 'active')
  const auth = fc.constantFrom(null, {
    username: 'u',
    password: 'secret',
    authorizationId: '',
    allowClearText: true,
  })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      tls,
      auth,
      fc.boolean(),
      (steps, mode, login, early) => {
        const client = clientWith({ tls: mode, auth: login })
        let given = 0
        let parts = 0
        const outcomes: (readonly RecipientOutcome[])[] = []
        let closed = false
        const handle = (input: ClientInput): void => {
          for (const output of client.handle(input)) react(output)
        }
        const react = (output: ClientOutput): void => {
          assert.equal(closed, false, 'nothing comes after close')
          switch (output.type) {
            case 'outcome':
              outcomes.push(output.recipients)
              break
            case 'ready':
              if (given > outcomes.length) break
              given++
              parts = 0
              handle({ type: 'transaction', transaction: transaction(2, { size: 500 }) })
              break
            case 'startTls':
              handle({ type: 'tlsStarted' })
              break
            case 'wantMessage':
              // Of every other message no more is read after some parts.
              if (++parts > 3 && given % 2 === 1) break
              handle({ type: 'message', octets: octetsOf('x\r\n'), last: given % 2 === 0 })
              break
            case 'close':
              closed = true
              break
            case 'line':
              if (output.from === 'client')
                assert.doesNotMatch(output.text, /AHUAc2VjcmV0|c2VjcmV0/)
              break
            default:
              break
          }
        }
        if (early) {
          given++
          handle({ type: 'transaction', transaction: transaction(2) })
        }
        handle({ type: 'connected' })
        for (const input of steps) handle(input)
        handle({ type: 'peerClosed' })
        assert.equal(closed, true)
        assert.equal(outcomes.length, given)
        for (const list of outcomes) {
          assert.equal(list.length, 2)
          for (const outcome of list) {
            if (outcome.result === 'accepted') continue
            assert.equal(outcome.status[0], outcome.result === 'deferred' ? '4' : '5')
          }
        }
      },
    ),
    { numRuns: 500 },
  )
})
