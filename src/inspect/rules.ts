import { createHash } from 'node:crypto'

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
