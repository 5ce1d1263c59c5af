import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { formatMailbox } from '../address/mailbox.ts'
import type { Engine } from '../wire/engine.ts'
import { encodeUtf8, octetsOf } from '../base/octets.ts'
import { reply } from './reply.ts'
import { ServerEngine, defaultServerOptions } from './server-engine.ts'
import type { Answer, Question, ServerInput, ServerOptions, ServerOutput } from './server-types.ts'
import { Recorder } from './test-support/recorder.ts'
import { linesSaid, said } from './test-support/said.ts'

const folder = new URL('../../../shared/conformance/smtp/', import.meta.url)
const skip = existsSync(folder) ? false : 'the conformance data is not beside the repository'
const recorder = new Recorder(skip)

interface Step {
  readonly connect?: 'plain' | 'tls'
  readonly send?: string
  readonly sendRepeated?: readonly { readonly text: string; readonly times: number }[]
  readonly reply?: string
  readonly replyMatches?: string
  readonly replyUntil?: string
  readonly close?: boolean
}

/**
 * Where chasquid's choice of code differs from ours, and why ours is right. Its first digit must
 * agree all the same.
 */
const ours: Readonly<Record<string, string>> = {
  'AUTH SOMETHINGELSE': '504', // RFC 4954 §4: unknown mechanism
  'MAIL LALA: <>': '501', // RFC 5321 §4.2.3: a known command with wrong arguments
  'MAIL FROM:': '501',
  'RCPT LALA: <>': '501',
  'RCPT TO:': '501',
  'RCPT TO:<henry\u2163@testserver>': '553', // RFC 6531 §3.5: no SMTPUTF8 was said
}

/** One connection: lines come out as they are asked for. */
class Peer {
  readonly #engine: Engine<ServerInput, ServerOutput>
  #lines: string[] = []
  #last = ''

  constructor(mode: 'plain' | 'tls') {
    const options: ServerOptions = {
      ...defaultServerOptions,
      hostname: 'testserver',
      tls: mode === 'tls' ? 'implicit' : 'starttls',
      auth: 'optional',
      maxMessageBytes: 1_000_000,
      limits: { ...defaultServerOptions.limits, errors: 3 },
    }
    this.#engine = recorder.record(() => new ServerEngine(options))
    const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
    this.#feed({ type: 'connected', tls: mode === 'tls' ? tls : null })
  }

  send(text: string): void {
    this.#last = text.replace(/\r?\n$/, '')
    this.#feed({ type: 'octets', octets: encodeUtf8(text) })
  }

  /** The next line: the last one of a reply, so that several lines count as one. */
  line(): string {
    for (;;) {
      const line = this.#lines.shift()
      assert.ok(line !== undefined, `no reply to ${this.#last.slice(0, 60)}`)
      if (line[3] === ' ') return line
    }
  }

  expect(wanted: string): void {
    const code = ours[this.#last] ?? wanted.slice(0, 3)
    const line = this.line()
    // A wrong order or form has several codes to choose from; the class is what a client acts on.
    const same = code === '250' || code === '354' ? line.startsWith(code) : line[0] === wanted[0]
    assert.ok(
      same && (ours[this.#last] === undefined || line.startsWith(code)),
      `${line}, not ${wanted}`,
    )
  }

  #feed(input: ServerInput): void {
    for (const output of this.#engine.handle(input)) this.#take(output)
  }

  #take(output: ServerOutput): void {
    this.#lines.push(...linesSaid([output]))
    if (output.type === 'ask') this.#feed({ type: 'answer', answer: policy(output.question) })
  }
}

/** The users and rules of chasquid's test server, as far as the dialogues need them. */
function policy(question: Question): Answer {
  switch (question.type) {
    case 'auth': {
      const right = question.password === 'secretpassword'
      const wrong = reply(535, '5.7.8', 'Incorrect user or password')
      return right ? { type: 'accept' } : { type: 'reject', reply: wrong }
    }
    case 'recipient': {
      const path = question.forwardPath
      const known = path.type === 'mailbox' && formatMailbox(path.mailbox) === 'user@testserver'
      return known ? { type: 'accept' } : { type: 'reject', reply: reply(550, '5.1.1', 'Unknown') }
    }
    default:
      return { type: 'accept' }
  }
}

/** Dialogues whose last step is chasquid's own look at the header, which is no matter of SMTP. */
const headerChecks = new Set(['t-12-minor_dialogs/bad_data'])

test('the dialogues of chasquid go as its tests say', { skip }, () => {
  const file = readFileSync(new URL('sessions-chasquid.json', folder), 'utf8')
  const sessions = JSON.parse(file) as readonly {
    readonly id: string
    readonly steps: readonly Step[]
  }[]
  assert.ok(sessions.length >= 15)
  let compared = 0
  for (const { id, steps } of sessions) {
    let peer: Peer | undefined
    for (const step of steps) {
      if (step.connect !== undefined) peer = new Peer(step.connect)
      if (peer === undefined) continue
      if (step.send !== undefined) peer.send(step.send)
      for (const { text, times } of step.sendRepeated ?? []) peer.send(text.repeat(times))
      const wanted = step.reply ?? step.replyMatches
      if (wanted?.startsWith('554 5.6.0') === true && headerChecks.has(id)) {
        peer.line()
      } else if (wanted !== undefined) {
        peer.expect(wanted)
        compared++
      }
      if (step.replyUntil !== undefined) assert.match(peer.line(), /^250 /, id)
      if (step.close === true) peer = undefined
    }
  }
  assert.ok(compared >= 89, `${compared} replies compared`)
})

interface Seeds {
  readonly connections: readonly { readonly mode: string; readonly input: string }[]
  readonly addresses: readonly string[]
  readonly dictionary: readonly string[]
}

test('the fuzz seeds and every pair of tokens are answered, whole and octet by octet', {
  skip,
}, () => {
  const seeds = JSON.parse(readFileSync(new URL('fuzz-seeds.json', folder), 'utf8')) as Seeds
  const { connections, addresses, dictionary } = seeds
  assert.ok(connections.length >= 11 && addresses.length >= 7 && dictionary.length >= 54)
  const inputs = seeds.connections.map(({ input }) => input.replaceAll('\n', '\r\n'))
  for (const address of seeds.addresses) {
    inputs.push(`EHLO x\r\nMAIL FROM:<${address}> SMTPUTF8\r\nRCPT TO:<${address}>\r\n`)
  }
  for (const a of seeds.dictionary) {
    for (const b of seeds.dictionary) inputs.push(`EHLO x\r\n${a}${b}\r\nNOOP\r\n`)
  }
  for (const input of inputs) {
    const octets = encodeUtf8(input)
    const whole = run([octets])
    const single = run(Array.from(octets, (octet) => Uint8Array.of(octet)))
    if (single !== whole) assert.equal(single, whole, JSON.stringify(input))
  }
})

function run(pieces: readonly Uint8Array[]): string {
  const options = { ...defaultServerOptions, hostname: 'mx.example', auth: 'optional' } as const
  const engine = recorder.record(() => new ServerEngine(options))
  const outputs: ServerOutput[] = []
  const feed = (input: ServerInput): void => {
    for (const output of engine.handle(input)) {
      outputs.push(output)
      if (output.type === 'ask') feed({ type: 'answer', answer: { type: 'accept' } })
    }
  }
  feed({ type: 'connected', tls: null })
  for (const octets of pieces) feed({ type: 'octets', octets })
  feed({ type: 'octets', octets: octetsOf('\r\n') })
  feed({ type: 'peerClosed' })
  return said(outputs)
}
