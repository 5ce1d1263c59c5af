/**
 * One transaction from the client's side: MAIL, each RCPT, DATA where the content goes by it, the
 * replies to them, and what becomes of each recipient. With PIPELINING all commands go at once and the replies come in their
 * order (RFC 2920 §3.1); without it each command waits for the reply before.
 */
import { formatPath } from '../address/path.ts'
import type { ClientTransaction, RecipientOutcome, Setback } from './client-types.ts'
import type { Extensions } from './ehlo.ts'
import { refusedBy, setback } from './failure.ts'
import { formatMailParameters, formatRcptParameters, noMailParameters } from './parameters.ts'
import type { Reply } from './reply.ts'

/** A command and whom it is about. */
type Command =
  | { readonly verb: 'MAIL' | 'DATA' }
  | { readonly verb: 'RCPT'; readonly recipient: number }

const data: Command = { verb: 'DATA' }

/** What is known of a recipient. */
type Standing =
  | { readonly type: 'open' }
  | { readonly type: 'taken' }
  | { readonly type: 'settled'; readonly outcome: RecipientOutcome }

/** What comes next. */
export type EnvelopeState =
  | 'waiting' // for replies
  | 'content' // 354 came, or for BDAT the last reply to RCPT: send the content
  | 'nothing' // 354 came, but no recipient is left: send only the dot (RFC 2920 §3.1)
  | 'over' // every recipient has an outcome
  | 'stopped' // 354 came, and no content will: only closing ends it
  | 'broken' // a reply made no sense: the peer and we are out of step

export class Envelope {
  readonly #transaction: ClientTransaction
  readonly #extensions: Extensions
  readonly #standings: Standing[]
  readonly #commands: readonly Command[]
  #sent = 0
  #answered = 0
  #state: EnvelopeState = 'waiting'
  #begun = false

  constructor(transaction: ClientTransaction, extensions: Extensions, by: 'DATA' | 'BDAT') {
    this.#transaction = transaction
    this.#extensions = extensions
    this.#standings = transaction.recipients.map(() => ({ type: 'open' }))
    const { recipients, stopAfter } = transaction
    const rcpt = recipients.map((_, recipient) => ({ verb: 'RCPT', recipient }) as const)
    this.#commands = [
      { verb: 'MAIL' },
      ...(stopAfter === 'MAIL' ? [] : rcpt),
      ...(stopAfter === 'MAIL' || stopAfter === 'RCPT' || by === 'BDAT' ? [] : [data]),
    ]
  }

  get state(): EnvelopeState {
    return this.#state
  }

  /** Whether the peer has taken our MAIL, so that it has to be told when we give up. */
  get begun(): boolean {
    return this.#begun
  }

  /** Every command has been answered: what comes now is about the content. */
  get answered(): boolean {
    return this.#answered === this.#commands.length
  }

  /** What the next reply will be about. */
  get awaited(): 'MAIL' | 'RCPT' | 'DATA' {
    return this.#commands[this.#answered]?.verb ?? 'DATA'
  }

  /** The command lines that may go now, without CRLF. */
  nextCommands(): readonly string[] {
    if (this.#state !== 'waiting') return []
    const { pipelining } = this.#extensions
    if (!pipelining && this.#sent > this.#answered) return []
    const end = pipelining ? this.#commands.length : this.#sent + 1
    const now = this.#commands.slice(this.#sent, end)
    this.#sent = end
    return now.map((command) => this.#line(command))
  }

  /** Takes the reply to the oldest command without one. */
  take(reply: Reply): void {
    const command = this.#commands[this.#answered]
    if (command === undefined || this.#answered >= this.#sent) {
      throw new Error('Envelope: reply without a command')
    }
    this.#answered++
    const kind = Math.floor(reply.code / 100)
    if (kind < 4 && kind !== (command.verb === 'DATA' ? 3 : 2)) {
      const text = `${reply.code} is no answer to ${command.verb}`
      this.settle(setback('malformedReply', command.verb, text))
      this.#state = 'broken'
      return
    }
    switch (command.verb) {
      case 'MAIL':
        if (reply.code < 400) this.#begun = true
        else this.#settleWhere('open', refusedBy(reply, 'MAIL'))
        if (this.#transaction.stopAfter === 'MAIL') this.#settleWhere('open', reachedWith(reply))
        break
      case 'RCPT':
        this.#takeRcpt(command.recipient, reply)
        break
      case 'DATA':
        this.#takeData(reply)
        break
    }
    this.#stopWhenUseless()
  }

  /** Gives this outcome to every recipient that has none. */
  settle(outcome: Setback): void {
    this.#settleWhere('open', outcome)
    this.#settleWhere('taken', outcome)
    this.#state = 'over'
  }

  /** The reply to the content is here: it is for every recipient that was taken. */
  finish(reply: Reply): void {
    this.#settleWhere('taken', this.#verdict(reply))
    this.#state = 'over'
  }

  /**
   * The next reply to the content is here: for the first recipient that was taken and has none. The
   * state is `over` when it was the last. RFC 2033 §4.2.
   */
  finishNext(reply: Reply): void {
    const next = this.#standings.findIndex(({ type }) => type === 'taken')
    if (next >= 0) {
      const verdict = this.#verdict(reply)
      const outcome = verdict.result === 'accepted' ? { ...verdict, filed: true as const } : verdict
      this.#standings[next] = { type: 'settled', outcome }
    }
    if (!this.#has('taken')) this.#state = 'over'
  }

  /** As `outcomes`; what has none gets this one. */
  giveUp(failure: Setback): readonly RecipientOutcome[] {
    const state = this.#state
    if (state !== 'over' && state !== 'stopped' && state !== 'broken') this.settle(failure)
    return this.outcomes()
  }

  /** In the order of the recipients. Only when the state is `over`, `stopped` or `broken`. */
  outcomes(): readonly RecipientOutcome[] {
    return this.#standings.map((standing) => {
      if (standing.type !== 'settled') throw new Error('Envelope: a recipient has no outcome')
      return standing.outcome
    })
  }

  #verdict(reply: Reply): RecipientOutcome {
    const { dsn } = this.#extensions
    const kind = Math.floor(reply.code / 100)
    if (kind === 2) return { result: 'accepted', reply, dsn }
    if (kind > 3) return refusedBy(reply, 'MESSAGE')
    const text = `${reply.code} is no answer to a message; the server may have taken it`
    return setback('unknownAfterMessage', 'MESSAGE', text)
  }

  #takeRcpt(recipient: number, reply: Reply): void {
    // When MAIL was refused, the replies to what was pipelined behind it say nothing.
    if (this.#standings[recipient]?.type !== 'open') return
    const taken = reply.code < 400
    const stops = this.#transaction.stopAfter === 'RCPT'
    this.#standings[recipient] =
      taken && !stops
        ? { type: 'taken' }
        : { type: 'settled', outcome: taken ? reachedWith(reply) : refusedBy(reply, 'RCPT') }
  }

  #takeData(reply: Reply): void {
    if (reply.code >= 400) {
      this.#settleWhere('taken', refusedBy(reply, 'DATA'))
      this.#state = 'over'
    } else if (this.#transaction.stopAfter === 'DATA' && this.#has('taken')) {
      this.#settleWhere('taken', reachedWith(reply))
      this.#state = 'stopped'
    } else {
      this.#state = this.#has('taken') ? 'content' : 'nothing'
    }
  }

  /** Without PIPELINING nothing more is sent once no recipient can get the message. */
  #stopWhenUseless(): void {
    if (this.#state !== 'waiting' || this.#answered < this.#sent) return
    if (!this.#has('open') && !this.#has('taken')) this.#state = 'over'
    // Behind the last RCPT and without DATA nothing is open, and what was taken wants its content.
    else if (this.answered) this.#state = 'content'
  }

  #has(type: Standing['type']): boolean {
    return this.#standings.some((standing) => standing.type === type)
  }

  #settleWhere(type: 'open' | 'taken', outcome: RecipientOutcome): void {
    for (const [i, standing] of this.#standings.entries()) {
      if (standing.type === type) this.#standings[i] = { type: 'settled', outcome }
    }
  }

  #line(command: Command): string {
    switch (command.verb) {
      case 'MAIL':
        return `MAIL FROM:${formatPath(this.#transaction.reversePath)}${this.#mailParameters()}`
      case 'RCPT':
        return this.#rcptLine(command.recipient)
      case 'DATA':
        return 'DATA'
    }
  }

  #mailParameters(): string {
    const { size, eightBit, utf8Header, ret, envid, requireTls = false } = this.#transaction
    const offered = this.#extensions
    const smtpUtf8 = this.#transaction.smtpUtf8 || (utf8Header && offered.smtpUtf8)
    return formatMailParameters({
      ...noMailParameters,
      size: offered.size === null ? null : size,
      // RFC 6531 §3.6: a message that needs SMTPUTF8 may well have octets over 127.
      body: (eightBit || smtpUtf8) && offered.eightBitMime ? '8BITMIME' : null,
      smtpUtf8,
      ret: offered.dsn ? ret : null,
      envid: offered.dsn ? envid : null,
      requireTls: requireTls && offered.requireTls,
    })
  }

  #rcptLine(index: number): string {
    const recipient = this.#transaction.recipients[index]
    if (recipient === undefined) throw new Error(`Envelope: no recipient ${index}`)
    const { forwardPath, notify, orcpt } = recipient
    const parameters = this.#extensions.dsn ? formatRcptParameters({ notify, orcpt }) : ''
    return `RCPT TO:${formatPath(forwardPath)}${parameters}`
  }
}

/** The server said yes as far as it was asked. */
function reachedWith(reply: Reply): RecipientOutcome {
  return { result: 'accepted', reply, dsn: false }
}
