import type { Domain } from '../address/domain.ts'

/** One mailbox of a From, To, Cc or like field. */
export interface ListedMailbox {
  /** The phrase before the angle, quotes resolved, encoded words as they stand; may be empty. */
  readonly displayName: string
  /** The meaning, without quotes and backslashes, case kept; empty when there is none. */
  readonly localPart: string
  /** As written, without comments and white space; a literal keeps its brackets; may be empty. */
  readonly domain: string
  /** The domain as a name to ask DNS for; `null` for a literal or what cannot be a name. */
  readonly host: Domain | null
  /** The first comment beside it, raw: where old mail put the name (`a@b (Name)`). */
  readonly comment: string
  /** Which of the list's groups it stands in. */
  readonly group: number | null
}

/** What an address list says. Plain data. */
export interface AddressList {
  /** In their order, those in groups included. */
  readonly mailboxes: readonly ListedMailbox[]
  /** The names of the groups, RFC 5322 §3.4: `name: mailbox, mailbox;`. */
  readonly groups: readonly string[]
  /** The first problems, fifty at most. `at` counts in the text as it was read. */
  readonly problems: readonly AddressProblem[]
}

/** Why an address list is not what RFC 5322 §3.4 asks for, or is so only by its obsolete syntax. */
export type AddressProblem =
  | { readonly type: 'obsolete'; readonly what: ObsoleteSyntax; readonly at: number }
  | { readonly type: 'error'; readonly what: AddressError; readonly at: number }

/** Syntax of RFC 5322 §4 that must be understood and never made; `space-around-at` is §3.4.1's. */
export type ObsoleteSyntax =
  | 'character'
  | 'domain'
  | 'empty-element'
  | 'local-part'
  | 'phrase'
  | 'route'
  | 'space-around-at'
  | 'white-space'

export type AddressError =
  | 'bare-newline'
  | 'empty-address'
  | 'empty-list'
  | 'misplaced-dot'
  | 'misplaced-text'
  | 'missing-domain'
  | 'missing-local-part'
  | 'nested-group'
  | 'not-utf8'
  | 'too-many-mailboxes'
  | 'unexpected-character'
  | 'unterminated-angle'
  | 'unterminated-comment'
  | 'unterminated-group'
  | 'unterminated-literal'
  | 'unterminated-quoted-string'
  | 'unusable-domain'

/** No more problems than this are kept: who needs them reads a handful. */
export const maxAddressProblems = 50
