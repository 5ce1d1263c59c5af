import type { Resolver } from '../dns/resolver.ts'
import type { StsPolicy } from './policy.ts'

/** Why a policy is not there, or not as new as it could be. Plain data, harmless to show. */
export interface StsTrouble {
  /**
   * Where it went wrong: the question to DNS for the record, what the record says, the HTTPS request,
   * the certificate of the policy host, what the policy says.
   */
  readonly stage: 'dns' | 'record' | 'fetch' | 'certificate' | 'policy'
  /** One sentence. */
  readonly text: string
  /** As TLS reports name it: RFC 8460 §4.3.2.2. */
  readonly resultType: 'sts-policy-fetch-error' | 'sts-policy-invalid' | 'sts-webpki-invalid'
}

/**
 * What is known of the MTA-STS policy of a domain when a letter is to go there. Plain data: it stands
 * in the record, and a replay takes it from there.
 */
export type StsFinding =
  /** The domain announces none, and none is kept. */
  | { readonly type: 'none' }
  /** This policy is in force. Its mode may be `none`, which asks for nothing. */
  | {
      readonly type: 'policy'
      /** That of the record when it was fetched. */
      readonly id: string
      readonly policy: StsPolicy
      /** Unix milliseconds. */
      readonly fetchedAt: number
      /** `kept`: from an earlier fetch whose time is not over. */
      readonly from: 'fetched' | 'kept'
      /** Why a newer one could not be had; the kept one stays in force (RFC 8461 §5.1). */
      readonly problem?: StsTrouble
    }
  /** One is announced, it cannot be had, and none is kept: as if there were none (RFC 8461 §5.1). */
  | { readonly type: 'failed'; readonly trouble: StsTrouble }

/** Who knows the MTA-STS policies of domains. */
export interface StsPolicies {
  /**
   * Asks for the record of `domain` each time, and fetches the policy when it is new. Never rejects
   * for anything that DNS or the policy host does, and always ends.
   *
   * @param domain   the domain of the recipients' addresses, lower case, A-labels
   * @param resolver all questions of the look-up go through it, so that they can be recorded
   */
  of(domain: string, resolver: Resolver): Promise<StsFinding>
}
