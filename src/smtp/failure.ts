/** What can go wrong at a client, as outcomes with their status codes. RFC 3463, RFC 5248. */
import type { AtCommand, FailureCause, Setback } from './client-types.ts'
import { isForNow } from './reply-effect.ts'
import type { Reply } from './reply.ts'

/** The peer said no: 4xx for now, 5xx for good. */
export function refusedBy(reply: Reply, atCommand: AtCommand): Setback {
  const deferred = isForNow(reply, atCommand)
  const status = reply.enhanced ?? `${deferred ? 4 : 5}.0.0`
  return {
    result: deferred ? 'deferred' : 'failed',
    because: 'reply',
    atCommand,
    status: deferred ? status.replace(/^5/, '4') : status,
    reply,
    text: `The server refused ${spoken(atCommand)} ${deferred ? 'for now' : 'for good'}`,
  }
}

/** The peer said no, but that says nothing about the mail: to be tried again whatever the code. */
export function refusedForNow(reply: Reply, atCommand: AtCommand): Setback {
  const { status, ...refusal } = refusedBy(reply, atCommand)
  return {
    ...refusal,
    result: 'deferred',
    status: status.replace(/^5/, '4'),
    text: `The server refused ${spoken(atCommand)}`,
  }
}

type OwnCause = Exclude<FailureCause, 'reply'>

/** Something went wrong without a word of the peer. `text` tells more than the cause does. */
export function setback(because: OwnCause, atCommand: AtCommand, text?: string): Setback {
  const { result, status, text: usual } = causes[because]
  return { result, because, atCommand, status, reply: null, text: text ?? usual }
}

const causes: Record<OwnCause, Pick<Setback, 'result' | 'status' | 'text'>> = {
  timeout: { result: 'deferred', status: '4.4.2', text: 'No answer came in time' },
  connectionLost: { result: 'deferred', status: '4.4.2', text: 'The connection was lost' },
  unknownAfterMessage: {
    result: 'deferred',
    status: '4.4.2',
    text: 'The whole message was sent, but no answer came; the server may have taken it',
  },
  malformedReply: { result: 'deferred', status: '4.5.0', text: 'The answer makes no sense' },
  tlsNotOffered: { result: 'deferred', status: '4.7.10', text: 'The server does not offer TLS' },
  tlsFailed: { result: 'deferred', status: '4.7.5', text: 'The TLS handshake failed' },
  authNotOffered: {
    result: 'deferred',
    status: '4.7.0',
    text: 'The server offers no log-in that we can use here',
  },
  chunkingFailed: {
    result: 'deferred',
    status: '4.5.0',
    text: 'The server offers CHUNKING and does not take BDAT',
  },
  smtpUtf8NotOffered: {
    result: 'failed',
    status: '5.6.7',
    text: 'The message needs SMTPUTF8, which the server does not offer',
  },
  eightBitNotOffered: {
    result: 'failed',
    status: '5.6.3',
    text: 'The message has octets over 127, and the server does not offer 8BITMIME',
  },
  messageTooBig: {
    result: 'failed',
    status: '5.3.4',
    text: 'The message is bigger than the server takes',
  },
  messageUnreadable: {
    result: 'deferred',
    status: '4.3.0',
    text: 'The message could not be read to its end',
  },
  brokenOff: {
    result: 'deferred',
    status: '4.4.2',
    text: 'The connection was ended on our side',
  },
}

function spoken(atCommand: AtCommand): string {
  switch (atCommand) {
    case 'CONNECT':
      return 'the connection'
    case 'AUTH':
      return 'the log-in'
    case 'MAIL':
      return 'the sender'
    case 'RCPT':
      return 'the recipient'
    case 'MESSAGE':
      return 'the message'
    default:
      return atCommand
  }
}
