import type { ForwardPath } from '../address/path.ts'
import type { Mailbox } from '../address/mailbox.ts'
import type { Reply } from '../smtp/reply.ts'
import type { DecisionRules } from '../inspect/decide.ts'
import type { DkimSigningKey } from '../dkim/dkim.ts'

/**
 * What the receiving side needs to know of the house it works for. `policy` provides it; nothing
 * here knows of configuration. It may change while a letter is under way (see `CurrentHouse`): what
 * must be the same from its beginning to its end is read once.
 */
export interface House {
  /** Our name, as in the greeting, Received and Authentication-Results. */
  readonly hostname: string
  readonly mode: 'lab' | 'live'
  readonly rules: DecisionRules
  /** Whether addresses beyond RFC 5321 are taken where they can be meant in one way only. */
  readonly addresses: 'strict' | 'lenient'
  /** Whether what strangers send gets a Received-SPF field (RFC 7208 §9.1). */
  readonly receivedSpf: boolean
  readonly limits: {
    readonly receivedFields: number
    /** How long a message waits in the queue before it is given up. */
    readonly queueMs: number
    /** How much is kept of a letter that is refused, in octets; 262,144 when absent. */
    readonly refusedBytes?: number
  }

  /** Where a recipient leads, asked by a stranger (no relaying) or by a user. */
  recipient(input: {
    readonly path: ForwardPath
    readonly by: 'stranger' | 'user'
    readonly ip: string
    readonly mailFrom: string
  }): RecipientAnswer

  /** Whether this is an address in one of our domains, taken or not. */
  isOurs(address: string): boolean

  /** The account behind these credentials; `undefined` for a wrong name or password. */
  login(name: string, password: string): Promise<UserAccount | undefined>

  /** Whether the user may write this address into MAIL FROM or From. */
  maySendAs(user: UserAccount, mailbox: Mailbox): boolean

  /** The accounts that an address leads to; empty when it is none of ours. */
  accountsOf(address: string): readonly string[]

  /** The active DKIM keys of a domain of ours. */
  signingKeys(domain: string): readonly DkimSigningKey[]
}

export interface UserAccount {
  readonly address: string
}

export type RecipientAnswer =
  /** Filed here, in the mailbox of each of these accounts, which are all different. */
  | { readonly type: 'mailbox'; readonly accounts: readonly [string, ...string[]] }
  /** To be delivered to another server. */
  | { readonly type: 'remote'; readonly recipient: string; readonly destination: string }
  | { readonly type: 'refused'; readonly reply: Reply }
