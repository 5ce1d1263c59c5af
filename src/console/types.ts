/** What the page reads from `/v1`: as far as it shows it. `docs/http.md` has all of it. */
import type { JourneyView, StepView } from '../journey/view.ts'

export type { EvidenceView, JourneyView, LineView, StepView } from '../journey/view.ts'

/** How a message ended, or how far it is. */
export interface Outcome {
  readonly word: string
  readonly code?: number | null
  readonly enhanced?: string | null
  readonly mailbox?: string | null
  readonly next_try?: string | null
}

export type Check = 'spf' | 'dkim' | 'dmarc' | 'arc' | 'tls'

/** A message as lists have it. */
export interface Row {
  readonly id: string
  readonly site: string
  readonly direction: 'in' | 'out'
  readonly status: string
  readonly summary: string
  readonly subject: string
  readonly mail_from: string
  readonly rcpt_to: readonly string[]
  readonly author: string | null
  readonly started_at: string
  readonly size?: number | null
  readonly took_ms?: number | null
  readonly message_id_header: string
  /** Each in the protocol's own word. */
  readonly checks: Readonly<Partial<Record<Check, string | null>>>
  readonly outcome: Outcome
}

/** A page of a list, and the cursor of the next one. */
export interface Page<Item> {
  readonly data: readonly Item[]
  readonly has_more: boolean
  readonly next?: string | null
  /** `false`: older ones were not looked at. */
  readonly searched_all?: boolean
  /** When the last of them began that was looked at, where not all were. */
  readonly searched_until?: string | null
}

/** What the server says instead of an answer. */
export interface Problem {
  readonly type?: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly hint?: string
  readonly near_misses?: readonly unknown[]
  readonly errors?: readonly { readonly pointer?: string; readonly detail?: string }[]
  readonly request_id?: string
  /** Of the letter that was refused. */
  readonly journey?: string
}

/** Who is here, and with what server they speak. */
export interface Session {
  readonly mode: 'lab' | 'catch' | 'live'
  readonly who: string | null
  /** Sees only what is its own; `null`: all. */
  readonly account?: string | null
  readonly scopes: readonly string[]
  readonly version: string
}

/** Something that happened: it tells where to look. */
export interface ServerEvent {
  readonly type: string
  readonly id?: string
  readonly site?: string
  readonly at?: string
  readonly [detail: string]: unknown
}

export type Journey = JourneyView
export type Step = StepView
