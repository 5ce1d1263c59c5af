import type { AtCommand, FailureCause } from '../smtp/client-types.ts'
import type { Reply } from '../smtp/reply.ts'
import type { AnswerAdvice, AnswerKind, AnswerReading, AnswerScope } from './kinds.ts'

/** What was said or happened: a `Setback` of the client, or why there is no way (`route`). */
export interface Heard {
  readonly because: FailureCause | 'route'
  readonly atCommand: AtCommand
  /** RFC 3463 code: the peer's, or ours when the peer gave none. */
  readonly status: string
  readonly reply: Reply | null
}

/** Says what a refusal means. Never throws, whatever the other side said. */
export function readAnswer(heard: Heard): AnswerReading {
  const { reply, because, status } = heard
  if (reply === null) return finish(ownKind(because, status), `own.${because}`, heard)
  const enhanced = reply.enhanced ?? ''
  const kind = enhancedKinds[enhanced.slice(2)]
  if (kind !== undefined) return finish(kind, `enhanced.${enhanced.slice(2)}`, heard)
  const plain = codeKinds[reply.code]
  return finish(plain ?? (reply.code < 500 ? 'try-later' : 'unknown'), `code.${reply.code}`, heard)
}

function ownKind(because: Heard['because'], status: string): AnswerKind {
  switch (because) {
    case 'timeout':
    case 'connectionLost':
    case 'unknownAfterMessage':
    case 'brokenOff':
      return 'network'
    case 'malformedReply':
      return 'protocol'
    case 'tlsNotOffered':
    case 'tlsFailed':
      return 'tls-wanted'
    case 'authNotOffered':
      return 'login-wanted'
    case 'smtpUtf8NotOffered':
    case 'eightBitNotOffered':
      return 'unsupported'
    case 'messageTooBig':
      return 'too-big'
    case 'messageUnreadable':
      return 'system-full'
    case 'route':
      return enhancedKinds[status.slice(2)] ?? 'unknown'
    case 'reply':
      return 'unknown'
  }
}

/** Subject and detail of enhanced codes. RFC 3463, RFC 5248 and its registry. */
const enhancedKinds: Readonly<Record<string, AnswerKind>> = {
  '1.1': 'no-such-mailbox',
  '1.10': 'no-such-mailbox',
  '2.1': 'mailbox-disabled',
  '2.2': 'mailbox-full',
  '2.3': 'too-big',
  '3.1': 'system-full',
  '3.4': 'too-big',
  '4.1': 'network',
  '4.2': 'network',
  '4.3': 'dns',
  '4.6': 'loop',
  '7.10': 'tls-wanted',
  '7.25': 'no-reverse-name',
  '7.26': 'authentication-failed',
}

const codeKinds: Readonly<Record<number, AnswerKind>> = {
  452: 'system-full',
  530: 'login-wanted',
  552: 'mailbox-full',
}

function finish(kind: AnswerKind, rule: string, heard: Heard): AnswerReading {
  const permanent = heard.reply !== null && heard.reply.code >= 500
  return { kind, scope: scopes[kind], advice: adviceFor(kind, permanent), rule }
}

function adviceFor(kind: AnswerKind, permanent: boolean): AnswerAdvice {
  if (kind === 'listed' || kind === 'reputation') return 'pause-source'
  if (kind === 'no-reverse-name' || kind === 'unsupported') return 'retry-elsewhere'
  if (!permanent) return kind === 'rate-limited' ? 'pause-destination' : 'retry'
  return kind === 'no-such-mailbox' || kind === 'mailbox-disabled' ? 'suppress' : 'give-up'
}

const scopes: Readonly<Record<AnswerKind, AnswerScope>> = {
  greylisted: 'recipient',
  'try-later': 'message',
  'rate-limited': 'destination',
  'mailbox-full': 'recipient',
  'no-such-mailbox': 'recipient',
  'mailbox-disabled': 'recipient',
  'relay-denied': 'destination',
  'sender-refused': 'message',
  'authentication-failed': 'message',
  spam: 'message',
  listed: 'ourselves',
  reputation: 'ourselves',
  policy: 'message',
  content: 'message',
  'too-big': 'message',
  'tls-wanted': 'destination',
  'login-wanted': 'destination',
  'no-reverse-name': 'ourselves',
  'system-full': 'destination',
  'connection-limit': 'destination',
  network: 'connection',
  dns: 'destination',
  loop: 'message',
  protocol: 'connection',
  unsupported: 'connection',
  unknown: 'message',
}
