import type { FailureCause } from '../smtp/client-types.ts'
import type { CodeRule } from './rule.ts'

const noTls = { kind: 'tls-wanted', scope: 'connection', advice: 'retry-elsewhere' } as const

/** What went wrong without a word of the other server, or by our own doing. */
export const ownCauses: Readonly<Record<FailureCause, CodeRule>> = {
  timeout: { kind: 'network', says: 'No answer came in time.' },
  connectionLost: { kind: 'network', says: 'The connection was lost.' },
  unknownAfterMessage: {
    kind: 'network',
    says: 'The whole letter was sent, and its answer did not come or could not be read.',
  },
  malformedReply: { kind: 'protocol', scope: 'connection', says: 'The answer makes no sense.' },
  tlsNotOffered: { ...noTls, says: 'We want TLS, and it has none.' },
  tlsFailed: { ...noTls, says: 'TLS had to be, and it failed.' },
  authNotOffered: { kind: 'login-wanted', says: 'It offers no log-in that we can use.' },
  chunkingFailed: {
    kind: 'protocol',
    scope: 'connection',
    says: 'It takes no BDAT, which it offers.',
  },
  smtpUtf8NotOffered: { kind: 'unsupported', says: 'It does not offer SMTPUTF8.' },
  eightBitNotOffered: { kind: 'unsupported', says: 'It does not offer 8BITMIME.' },
  messageTooBig: { kind: 'too-big', says: 'The letter is bigger than the limit that it offers.' },
  messageUnreadable: {
    kind: 'system-full',
    scope: 'ourselves',
    advice: 'retry',
    says: 'Our own store could not read the letter.',
  },
  brokenOff: { kind: 'network', says: 'We ended the connection ourselves.' },
  reply: { kind: 'unknown', says: 'The reply is missing.' },
}
