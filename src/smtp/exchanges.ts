import type { Reply } from './reply.ts'
import type { ServerOutput } from './server-types.ts'

/** A command that has no reply yet. */
interface OpenExchange {
  /** As the record names it. */
  readonly command: string
  /** Nobody but the engine has had a say in it. */
  readonly own: boolean
}

type ReplyOutput = ServerOutput & { readonly type: 'reply' }
type HeardOutput = ServerOutput & { readonly type: 'heard' }

/**
 * Numbers what is said and answered: a command, the lines that are asked for within it, and its
 * replies are one exchange. What is said without being asked is an exchange of its own.
 */
export class Exchanges {
  #number = 0
  #open: OpenExchange | undefined

  /** A command is heard. `text`: the line as it may be shown. */
  begin(text: string): HeardOutput {
    const command = commandIn(text)
    this.#number++
    this.#open = { command, own: true }
    return { type: 'heard', exchange: this.#number, command, text }
  }

  /** A line is heard that was asked for: it belongs to its command. */
  goOn(text: string): HeardOutput {
    const command = this.#open?.command ?? ''
    return { type: 'heard', exchange: this.#number, command, text }
  }

  /** Policy is asked about the command, or knows already what becomes of it. */
  asked(): void {
    if (this.#open !== undefined) this.#open = { ...this.#open, own: false }
  }

  /** A reply behind which the exchange goes on. */
  askForMore(reply: Reply): ReplyOutput {
    return { type: 'reply', exchange: this.#number, reply, refuses: null }
  }

  /** The reply that ends the exchange, or that nobody has asked for. */
  end(reply: Reply): ReplyOutput {
    const refuses = this.#open?.own === true && reply.code >= 400 ? this.#open.command : null
    return this.#said(reply, refuses)
  }

  /** The same where the reply is about the connection and not about the command. */
  breakOff(reply: Reply): ReplyOutput {
    return this.#said(reply, null)
  }

  #said(reply: Reply, refuses: string | null): ReplyOutput {
    if (this.#open === undefined) this.#number++
    this.#open = undefined
    return { type: 'reply', exchange: this.#number, reply, refuses }
  }
}

/** The command in a line that may be shown, as records name it; empty when there is none. */
function commandIn(text: string): string {
  const verb = /^[a-z]{1,20}(?![a-z])/i.exec(text)?.[0].toUpperCase() ?? ''
  if (verb === 'MAIL') return 'MAIL FROM'
  if (verb === 'RCPT') return 'RCPT TO'
  return verb
}
