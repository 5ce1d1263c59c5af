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
