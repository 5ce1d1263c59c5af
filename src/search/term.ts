import type { JourneyFilter } from '../journey/filter.ts'

/** A check that a query can ask for. */
export type CheckName = 'spf' | 'dkim' | 'dmarc' | 'arc' | 'tls'

/** What one term of a query looks at. */
export type Test =
  | { readonly type: 'filter'; readonly filter: JourneyFilter }
  | {
      readonly type: 'words'
      readonly words: readonly string[]
      /** The last word is no beginning of one. */
      readonly whole: boolean
      readonly in: 'any' | 'body' | 'cc'
    }
  | { readonly type: 'check'; readonly check: CheckName; readonly result: string }
  | { readonly type: 'direction'; readonly direction: 'in' | 'out' }
  | { readonly type: 'attachment' }
  | { readonly type: 'code'; readonly code: string }
  | { readonly type: 'helo'; readonly part: string }
  | { readonly type: 'id'; readonly part: string }
  /** `size` in octets, `took` in milliseconds. */
  | {
      readonly type: 'amount'
      readonly of: 'size' | 'took'
      readonly over: boolean
      readonly amount: number
    }
