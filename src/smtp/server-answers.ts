/** What an accepted question means: pure functions from question and session to what is new. */
import { ehloReply } from './ehlo.ts'
import * as replies from './reply.ts'
import type { Reply } from './reply.ts'
import type { Question, ServerOptions, Session } from './server-types.ts'

/** A session at its start, or anew after STARTTLS (RFC 3207 §4.2). */
export function freshSession(tlsActive: 'tlsActive' | 'clearText'): Session {
  return { tlsActive: tlsActive === 'tlsActive', greeting: null, user: null, transaction: null }
}

/** The session once `question` was accepted. */
export function sessionAfter(question: Question, session: Session): Session {
  switch (question.type) {
    case 'connect':
    case 'data':
      return session
    case 'helo': {
      const { verb, name, domain } = question
      // RFC 5321 §4.1.4: EHLO or HELO in the middle clears everything as RSET does.
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
  question: Exclude<Question, { readonly type: 'data' }>,
  given: Reply | undefined,
  context: { readonly session: Session; readonly options: ServerOptions },
): Reply {
  const { session, options } = context
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
