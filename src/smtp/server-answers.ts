/** What an answer of policy means: pure functions from question, answer and session to what is new. */
import { ehloReply } from './ehlo.ts'
import * as replies from './reply.ts'
import type { Reply } from './reply.ts'
import { type AcceptedQuestion, type Chunk, hangUp, type Step } from './server-step.ts'
import type { Answer, Question, ServerOptions, Session, TlsSession } from './server-types.ts'

/**
 * What to do about an answer. `chunk` is the one that follows the question.
 *
 * @throws Error when its reply is not of its kind, which is a bug of who gave it
 */
export function stepForAnswer(
  answer: Answer,
  { question, chunk }: { readonly question: Question; readonly chunk: Chunk | null },
): Step {
  const { type, reply } = answer
  if (type === 'reject') {
    if (reply.code < 400) throw new Error(`ServerEngine: ${reply.code} is no reply to a reject`)
    return stepForRejection(question, reply, chunk)
  }
  if (reply !== undefined && (reply.code < 200 || reply.code > 299)) {
    throw new Error(`ServerEngine: ${reply.code} is no reply to an accept`)
  }
  if (question.type !== 'data') return { type: 'accepted', question, reply }
  return chunk === null ? { type: 'beginData' } : { type: 'beginChunks', chunk }
}

/** A session at its start, or anew after STARTTLS (RFC 3207 §4.2). */
export function freshSession(tls: TlsSession | null): Session {
  return { tls, greeting: null, user: null, transaction: null }
}

/** The session once `question` was accepted. */
export function sessionAfter(question: AcceptedQuestion, session: Session): Session {
  switch (question.type) {
    case 'connect':
      return session
    case 'helo': {
      const { verb, name, domain } = question
      return { ...session, greeting: { verb, name, domain }, transaction: null }
    }
    case 'auth':
      return { ...session, user: question.username }
    case 'sender': {
      const { reversePath, parameters } = question
      const transaction = { reversePath, parameters, recipients: [], content: 'none' } as const
      return { ...session, transaction }
    }
    case 'recipient': {
      const { transaction } = session
      if (transaction === null) throw new Error('ServerEngine: recipient without a transaction')
      const { forwardPath, parameters } = question
      const recipients = [...transaction.recipients, { forwardPath, parameters }]
      return { ...session, transaction: { ...transaction, recipients } }
    }
    case 'message':
      return { ...session, transaction: null }
  }
}

/** The session once the first chunk of a message was accepted. */
export function sessionWithChunks(session: Session): Session {
  const { transaction } = session
  if (transaction === null) throw new Error('ServerEngine: message without a transaction')
  return { ...session, transaction: { ...transaction, content: 'chunks' } }
}

/** Our reply to what was accepted: that of policy, or our own. `session` is the one after. */
export function replyToAccepted(
  question: AcceptedQuestion,
  given: Reply | undefined,
  { session, options }: { readonly session: Session; readonly options: ServerOptions },
): Reply {
  switch (question.type) {
    case 'connect':
      return given ?? replies.greeting(options.hostname, options.greetingText)
    case 'helo':
      // What EHLO offers is for the engine to say, so a reply of policy counts for HELO only.
      if (question.verb === 'EHLO') return ehloReply(session, options)
      return given ?? replies.heloAccepted(options.hostname)
    case 'auth':
      return given ?? replies.authenticated
    case 'sender':
      return given ?? replies.senderAccepted
    case 'recipient':
      return given ?? replies.recipientAccepted
    case 'message':
      return given ?? replies.messageAccepted
  }
}

function stepForRejection(question: Question, reply: Reply, chunk: Chunk | null): Step {
  if (reply.code === 421) return hangUp(reply, 'refused')
  switch (question.type) {
    case 'connect':
      return { type: 'refuseSession', reply }
    case 'auth':
      return { type: 'refuse', reply, counts: 'failedLogin' }
    case 'message':
      return { type: 'refuseMessage', reply }
    case 'data':
      // The octets of a refused chunk come all the same.
      if (chunk !== null) return { type: 'readChunk', chunk, refusal: reply }
      return { type: 'refuse', reply, counts: 'rejection' }
    case 'helo':
    case 'sender':
    case 'recipient':
      return { type: 'refuse', reply, counts: 'rejection' }
  }
}
