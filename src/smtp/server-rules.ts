/**
 * What the server makes of a command: pure functions from session and command to the next step.
 * All rules about order live here; `server-auth.ts` has those of AUTH.
 */
import * as replies from './reply.ts'
import { parseMailDomain } from '../address/mailbox.ts'
import type { Command, CommandRules } from './command.ts'
import { offeredCommands } from './ehlo.ts'
import type { Reply } from './reply.ts'
import { stepForAuth } from './server-auth.ts'
import { type Ending, error, hangUp, type Step, type Strike } from './server-step.ts'
import type { Greeting, Question, ServerLimits, ServerOptions, Session } from './server-types.ts'

/** How commands are to be read at this point of a session. */
export function commandRules(session: Session, options: ServerOptions): CommandRules {
  // RFC 5321 §4.1.1.11: after HELO there are no extensions. Before any greeting all are read, so
  // that the reply is about the order and not about the parameter.
  const extended = session.greeting?.verb !== 'HELO'
  return {
    offered: {
      size: extended,
      eightBitMime: extended,
      smtpUtf8: extended && options.extensions.smtpUtf8,
      dsn: extended && options.extensions.dsn,
      auth: extended && options.auth !== 'off',
      // RFC 8689 §2: it may be said over TLS alone.
      requireTls: extended && options.extensions.requireTls && session.tls !== null,
    },
    addresses: options.addresses,
  }
}

/** What to do about a command that was read. */
export function stepFor(command: Command, session: Session, options: ServerOptions): Step {
  switch (command.verb) {
    case 'EHLO':
    case 'HELO':
      return ask({ type: 'helo', ...greetingOf(command) })
    case 'MAIL':
      return mail(command, session, options)
    case 'RCPT':
      return rcpt(command, session, options)
    case 'DATA':
      return data(session)
    case 'BDAT':
      return bdat(command, session, options)
    case 'RSET':
      return { type: 'reset' }
    case 'NOOP':
      return { type: 'reply', reply: replies.done }
    case 'QUIT':
      return hangUp(replies.goodbye, 'quit')
    case 'HELP':
      return { type: 'reply', reply: replies.help(offeredCommands(session, options)) }
    case 'VRFY':
      // RFC 5321 §7.3: who is here is not told to strangers.
      return { type: 'reply', reply: replies.cannotVerify }
    case 'EXPN':
      return error(replies.notImplemented)
    case 'STARTTLS':
      return startTls(session, options)
    case 'AUTH':
      return stepForAuth(command, session, options)
  }
}

/** The verbs of HTTP. A browser can be made to send a body that looks like SMTP behind them. */
const httpVerbs = new Set('GET POST PUT HEAD OPTIONS CONNECT DELETE PATCH TRACE'.split(' '))

/** What to do about a line that could not be read as a command. */
export function stepForUnreadable(verb: string, reply: Reply): Step {
  return httpVerbs.has(verb) ? hangUp(replies.notWeb, 'notSmtp') : error(reply)
}

function ask(question: Question): Step {
  return { type: 'ask', question }
}

function greetingOf(command: Command & { readonly verb: 'EHLO' | 'HELO' }): Greeting {
  const domain = parseMailDomain(command.name)
  return { verb: command.verb, name: command.name, domain: domain.ok ? domain.value : null }
}

function mail(
  command: Command & { readonly verb: 'MAIL' },
  session: Session,
  options: ServerOptions,
): Step {
  const { reversePath, parameters, utf8, remarks } = command
  // RFC 5321 §4.1.4: a session is begun with EHLO or HELO before mail.
  if (session.greeting === null) return error(replies.ehloFirst)
  if (session.transaction !== null) return error(replies.nestedMail)
  if (options.auth === 'required' && session.user === null) {
    const clear = options.tls === 'starttls' && session.tls === null
    return error(clear ? replies.startTlsFirst : replies.authRequired)
  }
  // RFC 6531 §3.5
  if (utf8 && !parameters.smtpUtf8) {
    return error(options.extensions.smtpUtf8 ? replies.utf8NotAnnounced : replies.utf8NotOffered)
  }
  // RFC 1870 §6.1: better now than after megabytes.
  if (parameters.size !== null && parameters.size > options.maxMessageBytes) {
    return { type: 'reply', reply: replies.messageTooBig(options.maxMessageBytes) }
  }
  return ask({ type: 'sender', reversePath, remarks, parameters })
}

function rcpt(
  command: Command & { readonly verb: 'RCPT' },
  session: Session,
  options: ServerOptions,
): Step {
  const { transaction } = session
  if (transaction === null) return error(outOfOrder(session))
  if (transaction.content === 'chunks') return error(replies.chunksBegun)
  if (command.utf8 && !transaction.parameters.smtpUtf8) {
    return error(options.extensions.smtpUtf8 ? replies.utf8NotAnnounced : replies.utf8NotOffered)
  }
  // RFC 5321 §4.5.3.1.10: the ones taken so far stay.
  if (transaction.recipients.length >= options.limits.recipients) {
    return { type: 'reply', reply: replies.tooManyRecipients }
  }
  const { forwardPath, parameters, remarks } = command
  return ask({ type: 'recipient', forwardPath, remarks, parameters })
}

function data(session: Session): Step {
  if (session.transaction === null) return error(outOfOrder(session))
  if (session.transaction.content === 'chunks') return error(replies.chunksBegun)
  // A client that pipelines sends DATA before it knows that no recipient is left: not its fault.
  const refusal = contentRefusal(session)
  return refusal === null ? ask({ type: 'data' }) : { type: 'reply', reply: refusal }
}

/** RFC 3030 §2: the octets follow in any case, so they are read even when the chunk is refused. */
function bdat(
  command: Command & { readonly verb: 'BDAT' },
  session: Session,
  options: ServerOptions,
): Step {
  if (!options.extensions.chunking) return error(replies.notImplemented)
  const { octets, last } = command
  if (octets === null) {
    // Where the next command starts cannot be known any more.
    return hangUp(replies.unreadableChunk, 'notSmtp')
  }
  const chunk = { octets, last }
  const refusal = contentRefusal(session)
  const first = refusal === null && session.transaction?.content === 'none'
  return first ? { type: 'askForChunk', chunk } : { type: 'readChunk', chunk, refusal }
}

/** Why no content may come now; `null` when it may. */
function contentRefusal(session: Session): Reply | null {
  if (session.transaction === null) return outOfOrder(session)
  // RFC 5321 §3.3: 503 or 554.
  if (session.transaction.recipients.length === 0) return replies.noRecipients
  return null
}

function outOfOrder(session: Session): Reply {
  return session.greeting === null ? replies.ehloFirst : replies.mailFirst
}

function startTls(session: Session, options: ServerOptions): Step {
  if (session.tls !== null) return error(replies.tlsAlready)
  if (options.tls === 'none') return error(replies.tlsNotOffered)
  if (session.greeting === null) return error(replies.ehloFirst)
  return { type: 'startTls' }
}

/** Counts what a client does too often. Each call gives the ending once a limit is reached. */
export class Strikes {
  readonly #limits: ServerLimits
  #errors = 0
  #rejections = 0
  #failedLogins = 0
  #idleCommands = 0

  constructor(limits: ServerLimits) {
    this.#limits = limits
  }

  /** Something was refused with `reply`. */
  refused(strike: Strike, reply: Reply): Ending | undefined {
    switch (strike) {
      case 'error':
        if (++this.#errors < this.#limits.errors) return undefined
        return hangUp(replies.tooManyErrors, 'tooManyErrors')
      case 'rejection':
        if (++this.#rejections < this.#limits.rejections) return undefined
        return hangUp(replies.tooManyRejections, 'tooMuch')
      case 'failedLogin':
        // With a 4xx policy could not tell, and that is not the client's doing.
        if (reply.code >= 500) this.#failedLogins++
        if (this.#failedLogins < this.#limits.authFailures) return undefined
        return hangUp(replies.tooManyLogins, 'tooMuch')
    }
  }

  /** A command; those that move no mail are counted from one message to the next. */
  command(verb: string): Ending | undefined {
    if (verb === 'MAIL' || verb === 'RCPT' || verb === 'DATA' || verb === 'BDAT') return undefined
    if (++this.#idleCommands <= this.#limits.idleCommands) return undefined
    return hangUp(replies.tooManyCommands, 'tooMuch')
  }

  /** A message has come. */
  message(): void {
    this.#idleCommands = 0
  }
}
