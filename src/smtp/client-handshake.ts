import { decodeBase64, encodeBase64 } from '../base/base64.ts'
import type { ClientMechanism, ScramProof } from '../sasl/mechanism.ts'
import { clientMechanism, formatInitialResponse } from '../sasl/sasl.ts'
import { abort, type Move, obstacleIn, say } from './client-move.ts'
import type { AtCommand, ClientOptions, RefusedLogin } from './client-types.ts'
import { type Extensions, noExtensions, parseExtensions } from './ehlo.ts'
import { refusedForNow, setback } from './failure.ts'
import type { Reply } from './reply.ts'
import { hidden } from './transcript.ts'

/** What the server says or does next. */
type State =
  | { readonly name: 'greeting' }
  | { readonly name: 'hello'; readonly verb: Hello }
  | { readonly name: 'startTls' }
  | { readonly name: 'tls' }
  /** `begun`: the server has gone into it, and asked for something. */
  | { readonly name: 'auth'; readonly mechanism: ClientMechanism; readonly begun: boolean }
  | { readonly name: 'deriving'; readonly mechanism: ClientMechanism }
  | { readonly name: 'done' }

/** How the client says who it is. */
type Hello = 'EHLO' | 'HELO' | 'LHLO'

const unknownCommand: readonly number[] = [500, 502, 504]

/**
 * All that comes before mail: the greeting, EHLO, HELO or LHLO, STARTTLS and EHLO again, AUTH. Ends with
 * the move `ready`, or with one that ends the session.
 */
export class Handshake {
  readonly #options: ClientOptions
  #state: State = { name: 'greeting' }
  #extensions: Extensions = noExtensions
  #tlsActive: boolean
  #tlsRefusal: Reply | undefined
  #ehloRefusal: Reply | undefined
  readonly #refusedLogins: RefusedLogin[] = []

  constructor(options: ClientOptions) {
    this.#options = options
    this.#tlsActive = options.tls === 'active'
  }

  /** What the server offers, as far as it has said so. */
  get extensions(): Extensions {
    return this.#extensions
  }

  /** How the server refused EHLO, where HELO was said after it. */
  get ehloRefusal(): Reply | undefined {
    return this.#ehloRefusal
  }

  /** How the server refused STARTTLS, which it had offered. */
  get tlsRefusal(): Reply | undefined {
    return this.#tlsRefusal
  }

  /** Mechanisms that it offers and refused. */
  get refusedLogins(): readonly RefusedLogin[] {
    return this.#refusedLogins
  }

  /** Octets from the server mean nothing now, until TLS is there or has failed. */
  get startingTls(): boolean {
    return this.#state.name === 'tls'
  }

  /** What we are doing, for a failure to name. */
  get doing(): AtCommand {
    const state = this.#state
    switch (state.name) {
      case 'greeting':
      case 'done':
        return 'CONNECT'
      case 'hello':
        return state.verb
      case 'startTls':
      case 'tls':
        return 'STARTTLS'
      case 'auth':
      case 'deriving':
        return 'AUTH'
    }
  }

  /** The connection is there: the server speaks first. */
  begin(): Move {
    return { type: 'say', lines: [], waitMs: this.#options.timeouts.greetingMs }
  }

  take(reply: Reply): Move {
    const state = this.#state
    switch (state.name) {
      case 'greeting':
        return obstacleIn(reply, 'CONNECT') ?? this.#greeted()
      case 'hello':
        return this.#helloReplied(reply, state.verb)
      case 'startTls':
        return this.#startTlsReplied(reply)
      case 'auth':
        return this.#authReplied(reply, state)
      case 'deriving':
        return abort(setback('malformedReply', 'AUTH', 'The server spoke without being asked'))
      case 'tls':
      case 'done':
        throw new Error(`Handshake: reply while ${state.name}`)
    }
  }

  tlsStarted(): Move {
    this.#tlsActive = true
    // RFC 3207 §4.2: what was offered before does not count.
    this.#extensions = noExtensions
    return this.#options.stopAfter === 'starttls' ? this.#done() : this.#hello(this.#firstHello)
  }

  #greeted(): Move {
    return this.#options.stopAfter === 'banner' ? this.#done() : this.#hello(this.#firstHello)
  }

  /** RFC 2033 §4.1: LMTP has LHLO, and neither EHLO nor HELO. */
  get #firstHello(): Hello {
    return this.#options.protocol === 'lmtp' ? 'LHLO' : 'EHLO'
  }

  #hello(verb: Hello): Move {
    return this.#command({ name: 'hello', verb }, `${verb} ${this.#options.hostname}`)
  }

  #helloReplied(reply: Reply, verb: Hello): Move {
    // RFC 5321 §3.2, §4.1.1.1: a server that does not know EHLO says so with one of these, and is
    // greeted with HELO. Any other refusal is about us, and its reason must not be lost.
    if (verb === 'EHLO' && unknownCommand.includes(reply.code)) {
      this.#ehloRefusal = reply
      return this.#hello('HELO')
    }
    // Who does not know LHLO speaks SMTP, and that is a fault of our settings and of no letter.
    if (verb === 'LHLO' && unknownCommand.includes(reply.code)) {
      return { type: 'fail', failure: refusedForNow(reply, verb) }
    }
    const obstacle = obstacleIn(reply, verb)
    if (obstacle !== undefined) return obstacle
    this.#extensions = verb === 'HELO' ? noExtensions : parseExtensions(reply)
    return this.#options.stopAfter === 'ehlo' ? this.#done() : this.#secure()
  }

  /** STARTTLS, when it is wanted and can be had. */
  #secure(): Move {
    const { tls } = this.#options
    const wanted = (tls === 'whenOffered' || tls === 'required') && !this.#tlsActive
    if (wanted && this.#extensions.starttls) return this.#command({ name: 'startTls' }, 'STARTTLS')
    if (wanted && tls === 'required') {
      return { type: 'fail', failure: setback('tlsNotOffered', 'STARTTLS') }
    }
    return this.#logIn()
  }

  #startTlsReplied(reply: Reply): Move {
    // RFC 5321 §4.3.2: the first digit decides, also where RFC 3207 §4 names 220 alone.
    if (reply.code < 300) {
      this.#state = { name: 'tls' }
      return { type: 'startTls', waitMs: this.#options.timeouts.tlsMs }
    }
    if (this.#options.tls === 'required') {
      // A server that cannot do TLS today may do it tomorrow.
      return { type: 'fail', failure: refusedForNow(reply, 'STARTTLS') }
    }
    this.#tlsRefusal = reply
    return this.#logIn()
  }

  #logIn(): Move {
    const { auth, stopAfter } = this.#options
    if (auth === null || stopAfter === 'starttls') return this.#done()
    const safe = this.#tlsActive || auth.allowClearText
    const refused = this.#refusedLogins.map((one) => one.mechanism)
    const mechanism = safe ? clientMechanism(this.#extensions.auth, auth, refused) : undefined
    if (mechanism === undefined) {
      const [last] = this.#refusedLogins.slice(-1)
      const failure =
        last === undefined ? setback('authNotOffered', 'AUTH') : refusedForNow(last.reply, 'AUTH')
      return { type: 'fail', failure }
    }
    const initial = mechanism.start()
    const command = `AUTH ${mechanism.name}`
    const state = { name: 'auth', mechanism, begun: false } as const
    return initial === null
      ? this.#command(state, command)
      : this.#command(state, `${command} ${formatInitialResponse(initial)}`, `${command} ${hidden}`)
  }

  #authReplied(reply: Reply, { mechanism, begun }: State & { readonly name: 'auth' }): Move {
    if (reply.code >= 300 && reply.code < 400) {
      return this.#challenged(challengeIn(reply, mechanism), mechanism)
    }
    if (!begun && this.#refusesItself(reply, mechanism)) {
      this.#refusedLogins.push({ mechanism: mechanism.name, reply })
      return this.#logIn()
    }
    // That we cannot log in says nothing about the mail.
    if (reply.code >= 400) return { type: 'fail', failure: refusedForNow(reply, 'AUTH') }
    // RFC 5802 §5: a server that has proved nothing may be anybody.
    if (!mechanism.proven) return logInFails('it has not proved that it knows the password')
    return obstacleIn(reply, 'AUTH') ?? this.#done()
  }

  /**
   * Whether a refusal of the first word is one of the mechanism: a server that keeps only hashes of
   * passwords cannot do SCRAM, and offers it all the same. RFC 4954 §4 and §6: 504 it is not known, 534
   * it is too weak, 535 it cannot be done with these credentials. Once the server has asked for the
   * proof, it knows what SCRAM needs, and a refusal is about the password.
   */
  #refusesItself({ code }: Reply, { name }: ClientMechanism): boolean {
    const { auth } = this.#options
    if (auth?.fallsBack !== true || !this.#tlsActive || !name.startsWith('SCRAM-')) return false
    return [504, 534, 535].includes(code)
  }

  #challenged(challenge: Uint8Array | undefined, mechanism: ClientMechanism): Move {
    const state = { name: 'auth', mechanism, begun: true } as const
    // RFC 4954 §4: `*` gives up.
    if (challenge === undefined) return this.#command(state, '*')
    const said = mechanism.respond(challenge)
    switch (said.type) {
      case 'response':
        return this.#command(state, encodeBase64(said.octets), hidden)
      case 'impossible':
        // What proves nothing gets no more of us; who only asks too much is told to stop.
        return mechanism.proven ? this.#command(state, '*') : logInFails(said.because)
      case 'wish':
        this.#state = { name: 'deriving', mechanism }
        return { type: 'derive', wish: said.wish, waitMs: this.#options.timeouts.commandMs }
    }
  }

  /** What the mechanism wished for is there. */
  derived(proof: ScramProof): Move {
    const state = this.#state
    if (state.name !== 'deriving') throw new Error(`Handshake: a proof while ${state.name}`)
    const { mechanism } = state
    const response = mechanism.derived?.(proof)
    if (response === undefined) throw new Error(`Handshake: ${mechanism.name} wishes for nothing`)
    return this.#command({ name: 'auth', mechanism, begun: true }, encodeBase64(response), hidden)
  }

  #done(): Move {
    this.#state = { name: 'done' }
    return { type: 'ready' }
  }

  #command(state: State, text: string, shown?: string): Move {
    this.#state = state
    return say(text, this.#options.timeouts.commandMs, shown)
  }
}

/** What the server asks for; `undefined` where it cannot be read and must be. RFC 4954 §4. */
function challengeIn({ lines }: Reply, mechanism: ClientMechanism): Uint8Array | undefined {
  const octets = decodeBase64(lines[0] ?? '')
  return octets === undefined && mechanism.promptedInWords === true ? new Uint8Array(0) : octets
}

/** The server may be another than it says: nothing more is said to it. */
function logInFails(why: string): Move {
  const text = `The log-in was given up at the server, because ${why}`
  return abort(setback('authNotOffered', 'AUTH', text))
}
