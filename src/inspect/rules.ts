import { createHash } from 'node:crypto'
import { isWithin, parseDomain } from '../address/domain.ts'
import type { DmarcOutcome } from '../dmarc/dmarc.ts'
import type { Evaluation } from './inspection.ts'

/** What the operator knows of senders; part of every record, so that a replay decides alike. */
export interface DecisionRules {
  /**
   * Domains of forwarders. One counts when SPF passes for it, when it signed the message, or when it
   * sealed the message last and says that DMARC passed when it came (RFC 8617).
   */
  readonly trustedForwarders: readonly string[]
  /** Domains of mailing lists whose own signature must pass. */
  readonly mailingLists: readonly string[]
  /** Author domains that are taken in whatever DMARC says. */
  readonly allow: readonly string[]
  /** When a domain's DNS did not answer. What we could not ask at all is always deferred. */
  readonly onTemperror: 'deliver' | 'defer'
  /** The domains that we receive for; absent in records of before there was a rule about them. */
  readonly ownDomains?: readonly string[]
  /** What becomes of mail in the name of our own domains that nothing of theirs vouches for. */
  readonly onOwnDomain?: 'junk' | 'deliver'
  /** What becomes of mail whose author's domain does not exist, or takes no mail. */
  readonly onMissingDomain?: 'junk' | 'deliver'
  /** What becomes of mail that SPF forbids (`-all`) where no DMARC policy says what to do. */
  readonly onSpfFail?: 'junk' | 'deliver'
}

/** The rules' fingerprint: another one at replay means that the configuration has changed. */
export function configHash(rules: DecisionRules): string {
  const known = hashes.get(rules)
  if (known !== undefined) return known
  const hash = createHash('sha256').update(JSON.stringify(rules)).digest('base64url').slice(0, 22)
  hashes.set(rules, hash)
  return hash
}

const hashes = new WeakMap<DecisionRules, string>()

/** Something beside DMARC that bears on a message, and what the settings make of it. Plain data. */
export interface Notice {
  readonly finding: /** It names our own domain as its author, and nothing of that domain vouches for it. */
    | 'own-domain'
    /** The author's domain does not exist, or takes no mail. */
    | 'missing-domain'
    /** SPF forbids it, and no DMARC policy says what to do. */
    | 'spf-fail'
    /** We could not ask DNS. */
    | 'dns-outage'
  readonly action: 'deliver' | 'mark-as-spam' | 'defer'
  /** Part of a sentence. */
  readonly because: string
}

/**
 * What is to be noticed where DMARC asks for nothing: its owner has published no policy, or one that
 * only watches. The gravest first.
 */
export function notice(evaluation: Evaluation, rules: DecisionRules): readonly Notice[] {
  const found = [ownDomain, missingDomain, spfFail].map((look) => look(evaluation, rules))
  return found.filter((one) => one !== undefined)
}

/** The first of these domains that is ours. */
export function ofOurs(domains: readonly string[], rules: DecisionRules): string | undefined {
  if (rules.onOwnDomain === undefined) return undefined
  return domains.find((domain) => rules.ownDomains?.some((own) => parseDomain(own) === domain))
}

function ownDomain(evaluation: Evaluation, rules: DecisionRules): Notice | undefined {
  const { dmarc } = evaluation
  const unvouched = [dmarc, ...dmarc.others].filter((one) => isUnvouched(one, evaluation, rules))
  const domains = unvouched.flatMap(({ authorDomain }) => authorDomain ?? [])
  const own = ofOurs(domains, rules)
  if (own === undefined) return undefined
  const because = `${own} is our own domain, and nothing of it vouches for this message`
  return { finding: 'own-domain', action: actionOf(rules.onOwnDomain), because }
}

/** Whether an outcome leaves it to us, and nothing aligned has passed. */
function isUnvouched(outcome: DmarcOutcome, evaluation: Evaluation, rules: DecisionRules): boolean {
  if (outcome.result === 'fail') return outcome.disposition === 'none'
  if (outcome.result !== 'none' || outcome.authorDomain === null) return false
  // Without a policy DMARC has weighed nothing: who vouches is seen here, as in relaxed mode.
  const author = outcome.authorDomain
  const { spf, dkim } = evaluation
  const vouching = [
    ...(spf.result === 'pass' ? [spf.domain] : []),
    ...dkim.flatMap((one) => (one.result === 'pass' ? [one.domain] : [])),
  ]
  return !vouching.some((name) => {
    if (isWithin(name, author)) return true
    return isWithin(author, name) && ofOurs([name], rules) !== undefined
  })
}

function missingDomain(
  { author }: Evaluation,
  { onMissingDomain }: DecisionRules,
): Notice | undefined {
  if (author === undefined || onMissingDomain === undefined) return undefined
  if (author.answer === 'exists' || author.answer === 'failed') return undefined
  const because = `${author.domain} ${missing[author.answer]}`
  return { finding: 'missing-domain', action: actionOf(onMissingDomain), because }
}

const missing = {
  'does-not-exist': 'does not exist',
  'takes-no-mail': 'has neither a mail exchange nor an address',
} as const

function spfFail({ spf, dmarc }: Evaluation, { onSpfFail }: DecisionRules): Notice | undefined {
  if (onSpfFail === undefined || spf.result !== 'fail' || dmarc.result !== 'none') return undefined
  const because = `${spf.domain} says that ${spf.ip} may not send its mail (SPF)`
  return { finding: 'spf-fail', action: actionOf(onSpfFail), because }
}

function actionOf(setting: 'junk' | 'deliver' | undefined): 'mark-as-spam' | 'deliver' {
  return setting === 'junk' ? 'mark-as-spam' : 'deliver'
}
