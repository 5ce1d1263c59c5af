import { domainOf, type Mailbox, parseMailbox } from '../address/mailbox.ts'
import type { ForwardPath } from '../address/path.ts'
import type { Soon } from '../base/result.ts'
import type { DkimSigningKey } from '../dkim/dkim.ts'
import type { ReturnMarks } from '../forwarding/return-marks.ts'

/**
 * Who lives here: which domains are ours, where an address leads, who may log in and write in whose
 * name, and what is signed with which keys.
 *
 * To look is not to act: nobody is counted, kept waiting or refused here. Answers come at once where
 * they are in memory, else by a promise, which rejects when the place that they are kept in fails. All
 * of it may change while the server runs; never is half of the old and half of the new in one answer.
 */
export interface Directory {
  /** Whether mail for this domain is ours. @param domain as `parseDomain` gives it */
  isLocal(domain: string): Soon<boolean>
  /** Where mail for an address leads. */
  lead(path: ForwardPath): Soon<Lead>
  /** The account behind these credentials; `undefined` for a wrong name or password. */
  login(name: string, password: string): Promise<Login | undefined>
  /**
   * In whose names who has logged in may write, as it is now: one letter keeps it to its end.
   * `undefined` when the login holds no more: the account is gone, its address is somebody else's, or
   * it has another password.
   */
  identities(login: Login): Soon<Identities | undefined>
  /** What letters of ours leave with now, and what comes back is read by; `undefined`: nothing. */
  readonly marks: ReturnMarks | undefined
  /** The active DKIM keys of a domain: its own, else those of the nearest domain above it. */
  signingKeys(domain: string): Soon<readonly DkimSigningKey[]>
}

/** Who writes by another door than a login: one account, or whoever may for domains of ours. */
export type Writer =
  | { readonly account: string }
  /** Absent: for all of our domains. */
  | { readonly account?: undefined; readonly domains?: readonly string[] | undefined }

/** Knows those who write without a login of their own. */
export interface Writers {
  /** In whose names they may write, as it is now; `undefined` when the account is gone. */
  identitiesFor(writer: Writer): Soon<Identities | undefined>
}

/** A mailbox here. */
export interface Account {
  /** Tells it from an account that has the same address later. Mail is filed under the address. */
  readonly id: string
  /** The main address, which is also the login. */
  readonly address: string
  /** Its mailbox is on a server that the settings name for its domain. */
  readonly handedOn?: true
}

/** An account that was logged in to, with the password that it had then. */
export interface Login extends Account {
  /** Another one for each password; it tells nothing of it. */
  readonly passwordMark: string
}

/** Where an address leads. */
export type Lead =
  /** To accounts of ours, which are all different. */
  | { readonly type: 'mailbox'; readonly accounts: readonly [Account, ...Account[]] }
  /** On to other servers, and to accounts here where the address says both. */
  | {
      readonly type: 'forward'
      readonly accounts: readonly Account[]
      readonly to: readonly [string, ...string[]]
      /** `bounce`: back to the sender of a letter that we handed on, for reports alone. */
      readonly of: 'alias' | 'bounce'
      /** Those of `to` that get a copy by the `forward` of an account alone, and its address. */
      readonly owners?: Readonly<Record<string, string>>
    }
  /** To another server. `unknown`: its domain is ours, and only that server knows whose it is. */
  | {
      readonly type: 'remote'
      readonly recipient: string
      readonly destination: string
      readonly unknown?: true
    }
  /** Its domain is ours, and nobody has it. */
  | { readonly type: 'nobody' }

/** What may stand as sender in the letters of one account, and what they are signed with. */
export interface Identities {
  /** Whether the account may write this address into MAIL FROM or From. */
  covers(mailbox: Mailbox): boolean
  /** As `Directory.signingKeys`. */
  signingKeys(domain: string): readonly DkimSigningKey[]
}

/** Where an address as text leads; one that cannot be read is no address of ours. */
export function leadOf(directory: Pick<Directory, 'lead'>, address: string): Soon<Lead> {
  const read = parseMailbox(address)
  if (read.ok) return directory.lead({ type: 'mailbox', mailbox: read.value })
  return { type: 'remote', recipient: address, destination: domainOf(address) }
}

/** Whether an address as text is in one of our domains, taken or not. */
export function isOurs(directory: Pick<Directory, 'isLocal'>, address: string): Soon<boolean> {
  const read = parseMailbox(address)
  return read.ok && directory.isLocal(read.value.domain)
}
