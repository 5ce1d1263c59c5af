/** What a refusal means. `meaningOf` says each in words. */
export type AnswerKind =
  | 'greylisted'
  | 'try-later'
  | 'rate-limited'
  | 'mailbox-full'
  | 'no-such-mailbox'
  | 'mailbox-disabled'
  | 'relay-denied'
  | 'sender-refused'
  | 'authentication-failed'
  | 'spam'
  | 'listed'
  | 'reputation'
  | 'policy'
  | 'content'
  | 'too-big'
  | 'tls-wanted'
  | 'login-wanted'
  | 'no-reverse-name'
  | 'system-full'
  | 'connection-limit'
  | 'network'
  | 'dns'
  | 'loop'
  | 'protocol'
  | 'unsupported'
  | 'unknown'

/**
 * What a refusal is about: this recipient, this letter, this connection, everything that goes to the
 * destination, or us: our address, our names, our way of sending.
 */
export type AnswerScope = 'recipient' | 'message' | 'connection' | 'destination' | 'ourselves'

/**
 * What is best done. It never turns a refusal for good into one for now or the other way round (RFC
 * 5321 §4.2.1): `pause-…` and `suppress` are about letters that come after this one.
 */
export type AnswerAdvice =
  | 'retry'
  | 'give-up'
  | 'retry-elsewhere'
  | 'pause-destination'
  | 'pause-source'
  | 'suppress'

/** How an answer was read. Plain JSON: it stands in records. */
export interface AnswerReading {
  readonly kind: AnswerKind
  readonly scope: AnswerScope
  readonly advice: AnswerAdvice
  /** The rule that decided: a stable id, for example `enhanced.5.1.1`. */
  readonly rule: string
  /** The wait that a refusal for now has named; see `namedWaitSeconds`. */
  readonly waitSeconds?: number
  /** The rule that said otherwise and lost, and why in a sentence. */
  readonly against?: { readonly rule: string; readonly because: string }
}

/** What each kind means, in a sentence that stands for itself. */
export const kindSentences: Readonly<Record<AnswerKind, string>> = {
  greylisted: 'It asks to come back later (greylisting).',
  'try-later': 'It cannot take it now and asks to try later.',
  'rate-limited': 'It wants fewer letters in the same time.',
  'mailbox-full': 'The mailbox is full.',
  'no-such-mailbox': 'There is no such mailbox.',
  'mailbox-disabled': 'The mailbox is there but takes no mail.',
  'relay-denied': 'It takes no mail for this domain.',
  'sender-refused': 'It does not accept the address of the sender.',
  'authentication-failed':
    'It finds no proof that the letter is from its domain (SPF, DKIM or DMARC).',
  spam: 'It takes the letter for spam.',
  listed: 'Our address, or a name in the letter, is on a block list.',
  reputation: 'It does not trust the address that we send from.',
  policy: 'A rule of its owner forbids the letter.',
  content: 'It does not take what is in the letter.',
  'too-big': 'The letter is too big for it.',
  'tls-wanted': 'It takes mail over TLS only.',
  'login-wanted': 'It takes mail only from who logs in.',
  'no-reverse-name': 'Our address has no name that leads back to it.',
  'system-full': 'Its disk is full, or it lacks something else that it needs.',
  'connection-limit': 'It has too many connections, all in all or of ours.',
  network: 'It could not be reached, or the connection did not hold.',
  dns: 'DNS gave no usable answer.',
  loop: 'The letter runs in a circle.',
  protocol: 'One of the two servers did not understand the other.',
  unsupported: 'It lacks an extension that the letter needs.',
  unknown: 'It does not say why.',
}

/** Where our own side knows more than the kind of a reading says. */
const ruleSentences: Readonly<Record<string, string>> = {
  'own.unknownAfterMessage':
    'The letter was sent whole, and the server may have it, so that copies are possible.',
  'own.tlsNotOffered': 'Mail may go there over TLS only.',
  'own.tlsFailed': 'Mail may go there over TLS only.',
}

/**
 * What a reading means, in a sentence: that of its kind, or a plainer one where the scope, or a rule
 * about our own side, tells more.
 */
export function meaningOf({
  kind,
  scope,
  rule = '',
}: Pick<AnswerReading, 'kind' | 'scope'> & Partial<Pick<AnswerReading, 'rule'>>): string {
  const own = ruleSentences[rule]
  if (own !== undefined) return own
  if (kind === 'listed') {
    return scope === 'ourselves'
      ? 'The address that we send from is on a block list.'
      : 'A name in the letter is on a block list.'
  }
  if (kind === 'rate-limited' && scope === 'recipient') {
    return 'It takes fewer letters, or recipients, at a time for this mailbox.'
  }
  return kindSentences[kind]
}
