import type { AtCommand, FailureCause } from '../smtp/client-types.ts'
import { isForNow } from '../smtp/reply-effect.ts'
import type { Reply } from '../smtp/reply.ts'
import { enhancedCodes, replyCodes } from './codes.ts'
import type { AnswerAdvice, AnswerKind, AnswerReading, AnswerScope } from './kinds.ts'
import { ownCauses } from './own-causes.ts'
import type { CodeRule, RuleResult } from './rule.ts'
import { ruleByWords } from './word-rules.ts'

/** What was said or happened: a `Setback` of the client, or why there is no way (`route`). */
export interface Heard {
  readonly because: FailureCause | 'route'
  readonly atCommand: AtCommand
  /** RFC 3463 code: the peer's, or ours when the peer gave none. */
  readonly status: string
  readonly reply: Reply | null
}

/**
 * Says what a refusal means: by its enhanced code where that says enough, else by its words, else by
 * its code. Never throws and takes a bounded time, whatever the other side said.
 */
export function readAnswer(heard: Heard): AnswerReading {
  const { reply } = heard
  if (reply === null) return ofOurOwn(heard)
  const text = reply.lines.join(' ')
  const detail = (reply.enhanced ?? enhancedIn(text, reply.code))?.slice(2)
  const byCode = detail === undefined ? undefined : codeRule(detail, reply.code)
  const byWords = ruleByWords(text, reply.code >= 500)
  const codeId = `enhanced.${detail}`
  if (byCode !== undefined && byWords !== undefined && byCode.trusted === true) {
    if (byCode.kind === byWords.kind) return finish(byCode, codeId, heard)
    if (byWords.sure === true || deniesGone(byCode, byWords)) {
      const because = `The enhanced code says otherwise (${byCode.says}), but these words are plain.`
      const read = finish(doubted(byWords, byCode), byWords.id, heard)
      return { ...read, against: { rule: codeId, because } }
    }
    const because = `The words say otherwise (${byWords.says}), but the enhanced code is exact.`
    return {
      ...finish(doubted(byCode, byWords), codeId, heard),
      against: { rule: byWords.id, because },
    }
  }
  if (byCode?.trusted === true) return finish(byCode, codeId, heard)
  // Neither says enough alone; where both say the same, it is what the code says.
  if (byCode !== undefined && byWords?.advice === 'give-up' && byCode.kind === byWords.kind) {
    return finish(byCode, codeId, heard)
  }
  const heardEnough = byWords?.weak !== true || byCode?.kind !== 'policy'
  if (byWords !== undefined && heardEnough) return finish(byWords, byWords.id, heard)
  if (byCode !== undefined) return finish(byCode, codeId, heard)
  return byReplyCode(reply.code, heard)
}

/**
 * Whether words say that a mailbox is there, or that it is about the sender, which the code says is gone:
 * `5.1.1 Mailbox full`. Some servers send x.1.1 with every refusal to RCPT.
 */
function deniesGone(byCode: CodeRule, byWords: RuleResult): boolean {
  const denied = byWords.kind === 'mailbox-full' || byWords.kind === 'sender-refused'
  return denied && byCode.kind === 'no-such-mailbox'
}

/** What has been contradicted does not stop further letters to the address. */
function doubted(rule: RuleResult, against: RuleResult): RuleResult {
  return ofMailbox.has(rule.kind) && !ofMailbox.has(against.kind)
    ? { ...rule, advice: 'give-up' }
    : rule
}

function codeRule(detail: string, code: number): CodeRule | undefined {
  const rule = enhancedCodes[detail]
  return rule?.only === undefined || rule.only === Math.floor(code / 100) ? rule : undefined
}

/** The enhanced code that some servers put into the text: `#5.1.0 Address rejected`. */
function enhancedIn(text: string, code: number): string | undefined {
  const found = /(?:^|[\s#([])([245]\.\d{1,3}\.\d{1,3})(?=[\s)\]:;,]|$)/.exec(
    text.slice(0, 300),
  )?.[1]
  return found?.[0] === String(code)[0] ? found : undefined
}

function ofOurOwn(heard: Heard): AnswerReading {
  const { because, status } = heard
  if (because !== 'route') return finish(ownCauses[because], `own.${because}`, heard)
  // Why there is no way is said by the status alone; RFC 7505 §4.1 has null MX be 5.1.10.
  const detail = status.slice(2)
  if (detail === '1.10') return finish({ kind: 'relay-denied' }, 'own.null-mx', heard)
  const rule = enhancedCodes[detail]
  if (rule === undefined) return finish(ours, 'own.route', heard)
  return finish(rule, `enhanced.${detail}`, heard)
}

/** Something here, such as our store, kept the letter. */
const ours: RuleResult = { kind: 'unknown', scope: 'ourselves', advice: 'retry' }

function byReplyCode(code: number, heard: Heard): AnswerReading {
  const { atCommand } = heard
  // RFC 1870 §6.1: the size was said with MAIL; RFC 5321 §4.2.2: 553 is about the name just said.
  if (code === 552 && atCommand !== 'RCPT') return finish({ kind: 'too-big' }, 'code.552', heard)
  if (code === 553 && atCommand === 'MAIL') {
    return finish({ kind: 'sender-refused' }, 'code.553', heard)
  }
  const usual: RuleResult = code < 500 ? { kind: 'try-later' } : { kind: 'unknown' }
  const rule = replyCodes[code]
  return finish(
    rule ?? usual,
    rule === undefined ? `code.${code < 500 ? 4 : 5}xx` : `code.${code}`,
    heard,
  )
}

function finish(said: RuleResult, id: string, heard: Heard): AnswerReading {
  const rule = heard.reply === null ? said : beforeRecipient(said, heard.atCommand)
  const { kind } = rule
  const scope = rule.scope ?? scopeOf(kind, heard.atCommand)
  const permanent = isPermanent(heard)
  const wanted = rule.advice ?? adviceFor(kind, scope, { ...heard, permanent })
  // RFC 5321 §4.2.1: who was refused for now is tried again, whatever the words say.
  const advice = permanent || (wanted !== 'give-up' && wanted !== 'suppress') ? wanted : 'retry'
  return { kind, scope, advice, rule: id }
}

/** What is said before a recipient is named is about none: at MAIL about the sender, at AUTH about us. */
function beforeRecipient(rule: RuleResult, atCommand: AtCommand): RuleResult {
  if (!ofMailbox.has(rule.kind)) return rule
  switch (atCommand) {
    case 'RCPT':
    case 'DATA':
    case 'MESSAGE':
      return rule
    case 'MAIL':
      return { kind: 'sender-refused' }
    case 'AUTH':
      return { kind: 'login-wanted' }
    default:
      return { kind: 'unknown' }
  }
}

/** The kinds that stop further letters to the address, where the rule does not say otherwise. */
const ofMailbox: ReadonlySet<AnswerKind> = new Set(['no-such-mailbox', 'mailbox-disabled'])

/**
 * Whether it was said for good. A report of another server tells what that has made of its reply: a
 * 552 with a status of the class 5 is no "too many recipients".
 */
function isPermanent({ reply, atCommand, status }: Heard): boolean {
  if (reply === null) return status.startsWith('5')
  return reply.code >= 500 && !(status.startsWith('4') && isForNow(reply, atCommand))
}

/** What is said before a letter is named is about all letters; at RCPT about this recipient. */
function scopeOf(kind: AnswerKind, atCommand: AtCommand): AnswerScope {
  const usual = scopes[kind]
  if (usual !== 'by-stage') return usual
  switch (atCommand) {
    case 'CONNECT':
    case 'LHLO':
    case 'EHLO':
    case 'HELO':
      // It knows nothing but our address and our name: what it does not say is about these.
      return kind === 'unknown' || aboutClient.has(kind) ? 'ourselves' : 'destination'
    case 'STARTTLS':
    case 'AUTH':
    case 'QUIT':
      return aboutClient.has(kind) ? 'ourselves' : 'destination'
    case 'RCPT':
      return kind === 'reputation' ? 'ourselves' : 'recipient'
    case 'MAIL':
      return kind === 'reputation' ? 'ourselves' : 'message'
    case 'DATA':
    case 'MESSAGE':
    case 'RSET':
      return 'message'
  }
}

function adviceFor(
  kind: AnswerKind,
  scope: AnswerScope,
  { because, permanent }: Pick<Heard, 'because'> & { readonly permanent: boolean },
): AnswerAdvice {
  switch (kind) {
    case 'no-reverse-name':
    case 'unsupported':
      return permanent ? 'retry-elsewhere' : 'retry'
    case 'tls-wanted':
    case 'login-wanted':
      return 'pause-destination'
    case 'no-such-mailbox':
    case 'mailbox-disabled':
      return 'suppress'
    case 'network':
      return because === 'unknownAfterMessage' || permanent ? 'retry' : 'retry-elsewhere'
    default:
      if (scope === 'ourselves') return 'pause-source'
      if (permanent) return 'give-up'
      return scope === 'destination' && kind !== 'connection-limit' && kind !== 'dns'
        ? 'pause-destination'
        : 'retry'
  }
}

/** What is said of a client before it has named a letter. */
const aboutClient: ReadonlySet<AnswerKind> = new Set(['policy', 'spam', 'reputation'])

/** What each kind is about; `by-stage`: as far as the server knew the letter when it spoke. */
const scopes: Readonly<Record<AnswerKind, AnswerScope | 'by-stage'>> = {
  greylisted: 'recipient',
  'try-later': 'by-stage',
  'rate-limited': 'destination',
  'mailbox-full': 'recipient',
  'no-such-mailbox': 'recipient',
  'mailbox-disabled': 'recipient',
  'relay-denied': 'destination',
  'sender-refused': 'message',
  'authentication-failed': 'message',
  spam: 'by-stage',
  listed: 'ourselves',
  reputation: 'by-stage',
  policy: 'by-stage',
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
  unknown: 'by-stage',
}
