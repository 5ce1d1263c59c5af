/** A message as lists have it. Times are RFC 3339 in UTC. */
export interface MessageRow {
  readonly id: string
  /** `north` or `south` in the lab. */
  readonly site: string
  readonly direction: 'in' | 'out'
  /** `delivered`, `refused`, `queued`, … */
  readonly status: string
  readonly summary: string
  readonly subject: string
  readonly mail_from: string
  readonly rcpt_to: readonly string[]
  /** The addresses in From, with commas between. */
  readonly author: string
  readonly started_at: string
  readonly message_id_header: string
  /** `spf`, `dkim`, `dmarc`, …: the protocol's own word. */
  readonly checks: Readonly<Record<string, string | null | undefined>>
}

/** One page of a list. */
export interface MessagePage {
  readonly data: readonly MessageRow[]
  readonly has_more: boolean
  /** The cursor of the next page. */
  readonly next: string | null
}

/** A link in a message. */
export interface MessageLink {
  readonly href: string
  /** The words that lead there, of a link in HTML. */
  readonly text?: string
}

/** A part of a message. */
export interface MessagePart {
  readonly n: number
  readonly parent: number | null
  readonly depth: number
  readonly type: string
  readonly charset: string | null
  readonly encoding: string
  readonly disposition: string | null
  readonly name: string | null
  readonly content_id: string | null
  readonly offset: number
  readonly size: number
}

/** One step of a journey: a question, its answer, the verdict. */
export interface JourneyStep {
  readonly id: string
  readonly question: string
  readonly answer: string
  readonly verdict: string
  readonly result: string | null
}

/** The account of a message's way: `waybill.journey/1`, of which docs/journey.md has all. */
export interface Journey {
  readonly schema: string
  readonly id: string
  readonly direction: 'in' | 'out'
  readonly summary: string
  readonly outcome: {
    /** `delivered`, `refused`, … */
    readonly status: string
    readonly smtp: {
      readonly code: number
      readonly enhanced: string
      readonly text: string
    } | null
  }
  readonly steps: readonly JourneyStep[]
}

/** Where a letter for an address would go: `waybill.route/1`. */
export interface FoundRoute {
  readonly schema: string
  readonly address: string
  readonly destination: string
  /** The names of its mail servers together; connections and rates are counted for it. */
  readonly site: string
  /** The servers in the order in which they are tried; empty: there is no way. */
  readonly targets: readonly { readonly host: string; readonly address: string }[]
  /** What each server must prove, and why; `null` where there is none. */
  readonly transport: Readonly<Record<string, unknown>> | null
  readonly steps: readonly Omit<JourneyStep, 'result'>[]
  /** What holds for letters that go there now; what stops them comes first. */
  readonly limits: readonly {
    /** `pause`, `back-off`, `rate`, `suppression`, … */
    readonly by: string
    readonly says: string
    /** It keeps a letter from going now. */
    readonly stops: boolean
    /** When it ends by itself; `null`: that is not known. */
    readonly until: string | null
  }[]
  /** What keeps the mail of the destination now; `null`: nothing. */
  readonly standing: Readonly<Record<string, unknown>> | null
}

/** A letter to be sent. */
export interface Letter {
  readonly from: string
  readonly to: string | readonly string[]
  readonly cc?: string | readonly string[]
  readonly bcc?: string | readonly string[]
  readonly reply_to?: string | readonly string[]
  readonly subject?: string
  readonly text?: string
  readonly html?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly attachments?: readonly {
    readonly filename: string
    /** In base64. */
    readonly content: string
    readonly content_type?: string
    /** Shown in the HTML: `cid:…`. */
    readonly content_id?: string
  }[]
  /** Words of your own; they stand in the field X-Waybill-Tags. */
  readonly tags?: Readonly<Record<string, string>>
  /** Who gets reports; `from` when absent. */
  readonly envelope_from?: string
  /** It goes on its way then and not before: `2026-12-24T18:00:00+01:00`, within 90 days. */
  readonly send_at?: string
}

/** A letter that was taken. */
export interface SentLetter {
  readonly id: string
  readonly message_id_header: string
  readonly recipients: readonly {
    readonly address: string
    /** `delivered`: filed here; `queued`: for another server; `refused` and `deferred`: see `problem`. */
    readonly status: string
    readonly problem?: {
      readonly title: string
      readonly detail: string
      readonly code: number
      readonly enhanced: string
    }
  }[]
  /** It was sent before under the same key, and not again. Absent: it was not. */
  readonly replayed?: true
}
