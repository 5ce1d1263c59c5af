import type { Clock } from '../base/clock.ts'
import type { Srs } from '../directory/address-table.ts'
import type { Directory } from '../directory/directory.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { JudgedLetter } from '../inspect/decide.ts'
import type { DecisionRules } from '../inspect/rules.ts'
import type { MailRecipient } from '../post/placing.ts'
import type { Post } from '../post/post.ts'
import type { RecipientAdmission } from './recipient.ts'

/** What the settings decide about letters from strangers. */
export interface InboundRules {
  readonly decision: DecisionRules
  /** A letter with more Received fields runs in a circle. */
  readonly receivedFields: number
  /** How reverse-paths of what is handed on are rewritten. Absent: nothing is handed on. */
  readonly forwarding?: Srs
  /** Whether what strangers send gets a Received-SPF field (RFC 7208 §9.1). */
  readonly receivedSpf: boolean
}

export interface InboundOptions {
  /** Our name, as in Received and Authentication-Results. */
  readonly hostname: string
  readonly directory: Pick<Directory, 'lead' | 'signingKeys'>
  readonly admission?: RecipientAdmission | undefined
  /** Asked anew for each letter, which keeps them to its end: they may change meanwhile. */
  readonly rules: () => InboundRules
  readonly post: Pick<Post, 'place'>
  readonly resolver: Resolver
  readonly clock: Clock
  /**
   * A letter was judged, and its end is in the store: told where the owner of its author's domain
   * asks for reports of failures. Absent: nobody wants to know.
   */
  readonly judged?: ((letter: JudgedLetter) => void) | undefined
  /**
   * Whether a letter for these is caught: taken in whatever its verdict, and its journey says what
   * would have become of it. Absent: none is.
   */
  readonly caught?: (recipients: readonly MailRecipient[]) => boolean
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, journeyId: string) => void
}
