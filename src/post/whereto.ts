/** Where the mail of a recipient goes; `directory` says so in the same shape. */
export type Whereto =
  | {
      readonly type: 'mailbox'
      /** `handedOn`: its mailbox is on the server that the settings name for its domain. */
      readonly accounts: readonly { readonly address: string; readonly handedOn?: true }[]
    }
  | {
      readonly type: 'forward'
      readonly accounts: readonly { readonly address: string; readonly handedOn?: true }[]
      readonly to: readonly string[]
      readonly of: 'alias' | 'bounce'
      /** Those of `to` that get a copy by the `forward` of an account, which has its own, and its address. */
      readonly owners?: Readonly<Record<string, string>>
    }
  | { readonly type: 'remote'; readonly recipient: string; readonly destination: string }
