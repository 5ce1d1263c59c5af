/**
 * Runs the dialogues in `dialogs/`: as they are written, whole, cut in two at every place, and octet
 * by octet. `UPDATE=1` writes what came out into the files. The format is told in
 * `docs/smtp-dialogue.md`.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { formatPath, parseForwardPath, parseReversePath } from '../address/path.ts'
import { concat, displayUtf8, encodeUtf8, octetString } from '../base/octets.ts'
import type { Engine } from '../wire/engine.ts'
import { ClientEngine } from './client-engine.ts'
import {
  type ClientInput,
  type ClientOutput,
  type ClientTransaction,
  defaultClientOptions,
} from './client-types.ts'
import { type RcptParameters, formatMailParameters, formatRcptParameters } from './parameters.ts'
import { describeReply, formatReply } from './reply.ts'
import { ServerEngine, defaultServerOptions } from './server-engine.ts'
import type {
  Answer,
  Question,
  ServerInput,
  ServerOptions,
  ServerOutput,
  TlsSession,
} from './server-types.ts'
import { Recording } from './test-support/recorder.ts'

const folder = new URL('./dialogs/', import.meta.url)
const updating = process.env['UPDATE'] === '1'

/** One line of a dialogue that goes into the engine, with the comments above it. */
type Entry =
  | { readonly type: 'octets'; readonly octets: Uint8Array; readonly written: string }
  | { readonly type: 'input'; readonly input: string; readonly written: string }

interface Script {
  /** The lines up to and with `engine …`. */
  readonly head: string
  readonly side: 'server' | 'client'
  readonly options: object
  readonly entries: readonly Entry[]
  readonly answers: readonly string[]
}

/** Something that came out, as a line of the dialogue. */
type Event =
  | { readonly type: 'shown'; readonly text: string }
  | { readonly type: 'heard'; readonly text: string }

for (const name of readdirSync(folder).filter((file) => file.endsWith('.dialog'))) {
  const text = readFileSync(new URL(name, folder), 'utf8')
  const script = readScript(name, text)

  test(`dialogue ${name} goes as written`, () => {
    const got = golden(script)
    if (updating && got !== text) writeFileSync(new URL(name, folder), got)
    else assert.equal(got, text)
  })

  test(`dialogue ${name} is the same when its recorded inputs are given again`, () => {
    const runner = runnerOf(script)
    run(script, runner)
    runner.recording.check(40)
  })

  test(`dialogue ${name} is the same however it is cut`, () => {
    const whole = transcript(script, (octets) => [octets])
    const single = transcript(script, (octets) =>
      Array.from(octets, (octet) => Uint8Array.of(octet)),
    )
    assert.deepEqual(single, whole)
    const longest = Math.max(...segments(script).map((octets) => octets.length), 0)
    // A dialogue with huge lines is cut in 500 places instead of everywhere.
    for (let at = 1; at < longest; at += Math.max(1, Math.floor(longest / 500))) {
      const cut = transcript(script, (octets) => [octets.subarray(0, at), octets.subarray(at)])
      if (cut.join('\n') !== whole.join('\n')) assert.deepEqual(cut, whole, `cut at ${at}`)
    }
  })
}

/** What the example of RFC 7677 §3 comes to. */
const exampleProof = {
  clientProof: Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64'),
  serverSignature: Buffer.from('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', 'base64'),
}

// Reading a dialogue.

function readScript(name: string, text: string): Script {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith('engine '))
  const [, side, options] = /^engine (server|client) (\{.*\})$/.exec(lines[start] ?? '') ?? []
  if (side !== 'server' && side !== 'client') throw new Error(`${name}: no line "engine …"`)
  const entries: Entry[] = []
  const answers: string[] = []
  const arrow = side === 'server' ? '>' : '<'
  let comments = ''
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith('#') || line === '') {
      comments += `${line}\n`
    } else if (line.startsWith(arrow)) {
      const raw = line.startsWith(`${arrow}|`)
      const content = expand(line.slice(raw ? 3 : 2))
      const octets = raw ? content : concat([content, encodeUtf8('\r\n')])
      entries.push({ type: 'octets', octets, written: `${comments}${line}` })
      comments = ''
    } else if (line.startsWith('! ')) {
      entries.push({ type: 'input', input: line.slice(2), written: `${comments}${line}` })
      comments = ''
    } else if (line.startsWith('= ')) {
      answers.push(line.slice(2))
      comments = ''
    } else {
      comments = ''
    }
  }
  const head = lines.slice(0, start + 1).join('\n')
  return { head, side, options: JSON.parse(options ?? '{}'), entries, answers }
}

/** `\r \n \t \0 \\ \xNN`, and `{text*count}` for a repetition. */
function expand(text: string): Uint8Array {
  const repeated = text.replace(/\{(.+?)\*(\d+)\}/g, (_, part: string, count: string) =>
    part.repeat(Number(count)),
  )
  const parts = repeated.split(/(\\x[0-9a-f]{2}|\\.)/).map((part) => {
    if (part.startsWith('\\x')) return Uint8Array.of(Number.parseInt(part.slice(2), 16))
    switch (part) {
      case '\\r':
        return Uint8Array.of(13)
      case '\\n':
        return Uint8Array.of(10)
      case '\\t':
        return Uint8Array.of(9)
      case '\\0':
        return Uint8Array.of(0)
      case '\\\\':
        return Uint8Array.of(92)
      default:
        return encodeUtf8(part)
    }
  })
  return Uint8Array.from(concat(parts))
}

// Running it.

/** An engine of either side behind one face: inputs as text, outputs as lines. */
interface Runner {
  readonly recording: { check(places: number): void }
  octets(octets: Uint8Array): readonly Event[]
  input(text: string): readonly Event[]
}

/** Lets everything go in, line by line. */
function run(script: Script, runner: Runner): void {
  for (const entry of script.entries) {
    if (entry.type === 'octets') runner.octets(entry.octets)
    else runner.input(entry.input)
  }
}

/** The dialogue as a file, with what really came out. */
function golden(script: Script): string {
  const runner = runnerOf(script)
  const lines = [script.head]
  for (const entry of script.entries) {
    lines.push(entry.written)
    const events = entry.type === 'octets' ? runner.octets(entry.octets) : runner.input(entry.input)
    for (const event of merged(events)) {
      if (event.type === 'shown') lines.push(event.text)
      // What was heard is on the line above, unless it was masked or made readable.
      else if (!sameLine(entry, event.text)) lines.push(`~ ${event.text}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function sameLine(entry: Entry, heard: string): boolean {
  return (
    entry.type === 'octets' && octetString(entry.octets) === `${octetString(encodeUtf8(heard))}\r\n`
  )
}

/** All that came out, when the octets between two other inputs come in these pieces. */
function transcript(script: Script, cut: (octets: Uint8Array) => readonly Uint8Array[]): string[] {
  const runner = runnerOf(script)
  const events: Event[] = []
  let waiting: Uint8Array[] = []
  const flush = (): void => {
    for (const piece of cut(concat(waiting))) events.push(...runner.octets(piece))
    waiting = []
  }
  for (const entry of script.entries) {
    if (entry.type === 'octets') {
      waiting.push(entry.octets)
    } else {
      flush()
      events.push(...runner.input(entry.input))
    }
  }
  flush()
  // How often time is asked for depends on how often the engine is called.
  const timeless = events.filter((event) => !event.text.startsWith('* wake'))
  return merged(timeless).map((event) => `${event.type} ${event.text}`)
}

function segments(script: Script): Uint8Array[] {
  const found: Uint8Array[] = []
  let waiting: Uint8Array[] = []
  for (const entry of script.entries) {
    if (entry.type === 'octets') {
      waiting.push(entry.octets)
    } else {
      found.push(concat(waiting))
      waiting = []
    }
  }
  return [...found, concat(waiting)]
}

const contentMark = '* message '

/** Content comes in as many pieces as the octets did; here it is one. */
function merged(events: readonly Event[]): Event[] {
  const out: Event[] = []
  for (const event of events) {
    const last = out.at(-1)
    if (last?.text.startsWith(contentMark) && event.text.startsWith(contentMark)) {
      const text = last.text + event.text.slice(contentMark.length)
      out[out.length - 1] = { type: 'shown', text }
    } else {
      out.push(event)
    }
  }
  return out
}

function runnerOf(script: Script): Runner {
  return script.side === 'server' ? new ServerRunner(script) : new ClientRunner(script)
}

function shown(text: string): Event {
  return { type: 'shown', text }
}

const someTls: TlsSession = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }

class ServerRunner implements Runner {
  readonly recording: Recording<ServerInput, ServerOutput>
  readonly #engine: Engine<ServerInput, ServerOutput>
  readonly #answers: string[]
  readonly #showWake: boolean
  readonly #tls: TlsSession | null

  constructor(script: Script) {
    const given = script.options as Partial<ServerOptions> & { showWake?: boolean }
    this.#tls = given.tls === 'implicit' ? someTls : null
    const defaults = defaultServerOptions
    this.#showWake = given.showWake === true
    this.#answers = [...script.answers]
    const options = {
      ...defaults,
      hostname: 'mx.south.example',
      ...given,
      limits: { ...defaults.limits, ...given.limits },
      extensions: { ...defaults.extensions, ...given.extensions },
      timeouts: { ...defaults.timeouts, ...given.timeouts },
    }
    this.recording = new Recording<ServerInput, ServerOutput>(() => new ServerEngine(options))
    this.#engine = this.recording
  }

  octets(octets: Uint8Array): readonly Event[] {
    return this.#feed({ type: 'octets', octets })
  }

  input(text: string): readonly Event[] {
    switch (text) {
      case 'connected':
        return this.#feed({ type: text, tls: this.#tls })
      case 'tlsStarted':
        return this.#feed({ type: text, tls: someTls })
      case 'tlsFailed':
      case 'deadline':
      case 'peerClosed':
      case 'shutdown':
      case 'graceOver':
        return this.#feed({ type: text })
      default:
        throw new Error(`unknown input ${text}`)
    }
  }

  #feed(input: ServerInput): Event[] {
    return this.#engine.handle(input).flatMap((output) => this.#event(output))
  }

  #event(output: ServerOutput): Event[] {
    switch (output.type) {
      case 'send':
      case 'read':
        return []
      case 'heard':
        return [{ type: 'heard', text: output.text }]
      case 'reply':
        return formatReply(output.reply).map((line) => shown(`< ${line}`))
      case 'ask': {
        const answer = this.#answers.shift() ?? 'accept'
        const asked = [shown(`? ${describeQuestion(output.question)}`), shown(`= ${answer}`)]
        return [...asked, ...this.#feed({ type: 'answer', answer: readAnswer(answer) })]
      }
      case 'message':
        return [shown(contentMark + escaped(output.octets))]
      case 'messageEnd': {
        const { octets, ...findings } = output.facts
        const found = Object.entries(findings).flatMap(([key, value]) => (value ? [key] : []))
        return [shown(['* messageEnd', output.ending, octets, ...found].join(' '))]
      }
      case 'transactionDropped':
      case 'startTls':
        return [shown(`* ${output.type}`)]
      case 'close':
        return [shown(`* close ${output.reason}`)]
      case 'wake':
        return this.#showWake ? [shown(`* wake ${output.afterMs}`)] : []
    }
  }
}

/** What is shown beside the rest where a dialogue asks for it. */
interface Shown {
  readonly showWake?: boolean
  readonly showDoing?: boolean
}

class ClientRunner implements Runner {
  readonly recording: Recording<ClientInput, ClientOutput>
  readonly #engine: Engine<ClientInput, ClientOutput>
  readonly #showDoing: boolean
  readonly #showWake: boolean
  /** Lines recorded since the last send. */
  #lines = 0

  constructor(script: Script) {
    const { showWake, showDoing, ...given } = script.options as Shown
    this.#showWake = showWake === true
    this.#showDoing = showDoing === true
    const hostname = 'out.north.example'
    const options = { ...defaultClientOptions, hostname, ...given }
    this.recording = new Recording<ClientInput, ClientOutput>(() => new ClientEngine(options))
    this.#engine = this.recording
  }

  octets(octets: Uint8Array): readonly Event[] {
    return this.#feed({ type: 'octets', octets })
  }

  input(text: string): readonly Event[] {
    const [word = '', rest = ''] = text.split(/ (.*)/s)
    switch (word) {
      case 'connected':
      case 'tlsStarted':
      case 'tlsFailed':
      case 'deadline':
      case 'peerClosed':
      case 'messageFailed':
      case 'quit':
        return this.#feed({ type: word })
      case 'derived':
        return this.#feed({ type: 'derived', proof: exampleProof })
      case 'breakOff':
        return this.#feed({ type: 'breakOff', why: rest })
      case 'transaction':
        return this.#feed({ type: 'transaction', transaction: readTransaction(rest) })
      case 'message':
      case 'lastMessage':
        return this.#feed({ type: 'message', octets: expand(rest), last: word === 'lastMessage' })
      default:
        throw new Error(`unknown input ${text}`)
    }
  }

  #feed(input: ClientInput): Event[] {
    const outputs = this.#engine.handle(input)
    return outputs.flatMap((output) => this.#event(output))
  }

  #event(output: ClientOutput): Event[] {
    switch (output.type) {
      case 'send': {
        // Commands are shown by their lines; what has no line is content.
        const command = this.#lines > 0
        this.#lines = 0
        return command ? [] : [shown(contentMark + escaped(output.octets))]
      }
      case 'read':
      case 'allSent':
        return []
      case 'doing':
        return this.#showDoing ? [shown(`* doing ${output.atCommand}`)] : []
      case 'line':
        if (output.from === 'server') return [{ type: 'heard', text: output.text }]
        this.#lines++
        return [shown(`> ${output.text}`)]
      case 'ready':
      case 'startTls':
      case 'wantMessage':
      case 'close':
        return [shown(`* ${output.type}`)]
      case 'derive':
        return [shown(`* derive ${output.wish.hash} ${output.wish.iterations}`)]
      case 'outcome':
        return output.recipients.map((recipient) => {
          if (recipient.result === 'accepted') {
            const dsn = recipient.dsn ? ' dsn' : ''
            return shown(`* accepted${dsn} ${describeReply(recipient.reply)}`)
          }
          return shown(`* ${recipient.result} ${describeFailure(recipient)}`)
        })
      case 'sessionFailed':
        return [shown(`* sessionFailed ${describeFailure(output.failure)}`)]
      case 'wake':
        return this.#showWake ? [shown(`* wake ${output.afterMs}`)] : []
    }
  }
}

// Words of a dialogue.

function describeQuestion(question: Question): string {
  switch (question.type) {
    case 'connect':
    case 'data':
      return question.type
    case 'helo': {
      const domain = question.domain === null ? '(no domain)' : question.domain
      return `helo ${question.verb} ${question.name} ${domain}`
    }
    case 'auth': {
      const { mechanism, authorizationId, username, password } = question
      return `auth ${mechanism} ${JSON.stringify([authorizationId, username, password])}`
    }
    case 'sender': {
      const { reversePath, parameters, remarks } = question
      return `sender ${formatPath(reversePath)}${formatMailParameters(parameters)}${describeRemarks(remarks)}`
    }
    case 'recipient': {
      const { forwardPath, parameters, remarks } = question
      return `recipient ${formatPath(forwardPath)}${formatRcptParameters(parameters)}${describeRemarks(remarks)}`
    }
    case 'message':
      return `message ${question.facts.octets}`
  }
}

function describeRemarks(remarks: readonly string[]): string {
  return remarks.length === 0 ? '' : ` (${remarks.join(', ')})`
}

function readAnswer(text: string): Answer {
  const [, type, code, enhanced, words] =
    /^(accept|reject)(?: (\d{3}) (\d\.\d+\.\d+|-) (.*))?$/.exec(text) ?? []
  if (code === undefined && type === 'accept') return { type: 'accept' }
  const reply = {
    code: Number(code),
    enhanced: enhanced === '-' ? null : (enhanced ?? null),
    lines: displayUtf8(expand(words ?? '')).split('|'),
  }
  if (type === 'accept') return { type: 'accept', reply }
  if (type === 'reject') return { type: 'reject', reply }
  throw new Error(`unknown answer ${text}`)
}

/** `{"from":"<a@b>","to":["<c@d>"],…}`: paths as text, the rest as the engine takes it. */
function readTransaction(json: string): ClientTransaction {
  const { from, to, ...given } = JSON.parse(json) as {
    readonly from: string
    readonly to: readonly string[]
    readonly dsn?: Partial<RcptParameters>
  } & Partial<ClientTransaction>
  const reversePath = parseReversePath(from)
  assert.ok(reversePath.ok)
  const recipients = to.map((text) => {
    const forwardPath = parseForwardPath(text)
    assert.ok(forwardPath.ok)
    return { forwardPath: forwardPath.value, notify: null, orcpt: null, ...given.dsn }
  })
  const defaults = { size: null, eightBit: false, smtpUtf8: false, utf8Header: false }
  const none = { ret: null, envid: null }
  return { ...defaults, ...none, ...given, reversePath: reversePath.value, recipients }
}

function describeFailure(failure: {
  readonly because: string
  readonly atCommand: string
  readonly status: string
  readonly text: string
}): string {
  return `${failure.because} at ${failure.atCommand}: ${failure.status} ${failure.text}`
}

/** Content on one line. */
function escaped(octets: Uint8Array): string {
  return octetString(octets).replace(/[^\x20-\x5b\x5d-\x7e]/g, (char) => {
    if (char === '\r') return '\\r'
    if (char === '\n') return '\\n'
    if (char === '\\') return '\\\\'
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
