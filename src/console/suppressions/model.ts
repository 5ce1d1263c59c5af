import type { Tone } from '../parts/verdict.tsx'

/** Why an address is on the list, in the API's word. */
export type Reason = 'hard-bounce' | 'complaint' | 'by-hand'

/** An address that nothing is sent to, as `/v1/suppressions` tells it. */
export interface Suppressed {
  readonly address: string
  readonly reason: Reason
  readonly since: string
  /** `null`: until it is removed. */
  readonly until: string | null
  /** What was said when it came onto the list. */
  readonly why: string
  /** The letter that shows it. */
  readonly journey: string | null
}

/** What is shown of the list; it is in the page's address. */
export interface Shown {
  /** Only addresses with this in them. */
  readonly part: string
  /** Only these; empty: all. */
  readonly reason: string
  /** Where the page before ended; empty: the first page. */
  readonly after: string
}

const rowsOfAPage = 50

/** The same, read from the page's address. */
export function shownBy(query: URLSearchParams): Shown {
  const of = (name: string): string => query.get(name) ?? ''
  return { part: of('q'), reason: of('reason'), after: of('after') }
}

/** Whether that is the list from its beginning, with nothing left out. */
export function isWhole({ part, reason, after }: Shown): boolean {
  return part === '' && reason === '' && after === ''
}

/** Where the server tells it. */
export function listPath({ part, reason, after }: Shown): string {
  const words = new URLSearchParams({ limit: String(rowsOfAPage) })
  if (part !== '') words.set('q', part)
  if (reason !== '') words.set('reason', reason)
  if (after !== '') words.set('after', after)
  return `/v1/suppressions?${words}`
}

/** Each reason with its word, in the order of the chips. */
export const reasons: Readonly<Record<Reason, { readonly word: string; readonly tone: Tone }>> = {
  'hard-bounce': { word: 'bounced', tone: 'fail' },
  complaint: { word: 'complaint', tone: 'warn' },
  'by-hand': { word: 'by hand', tone: 'none' },
}

/** Where the letters to an address are listed. */
export function lettersTo(address: string): string {
  return `/?${new URLSearchParams({ q: `to:${/[\s:]/.test(address) ? `"${address}"` : address}` })}`
}

/** What is asked before an address is sent to again: what follows depends on why it was not. */
export function removeQuestion({ address, reason }: Suppressed): string {
  const follows = {
    'hard-bounce': 'If its server still refuses it on two days, it comes back onto the list.',
    complaint: 'Its owner complained about mail from here: have they asked for mail since?',
    'by-hand': 'Letters to it go out from now on.',
  } as const
  return `Send to ${address} again? ${follows[reason]}`
}
