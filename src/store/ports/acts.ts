/** What somebody did to this server, for the audit. */
export interface NewAct {
  /** Unix milliseconds. */
  readonly at: number
  /** The person, as far as it is known: a user of the system, an account. */
  readonly who: string
  /** By which door: the command line, the control socket, … */
  readonly door: string
  /** `queue retry`, `account add`, … */
  readonly what: string
  /** The reason that was given; empty when none was. */
  readonly why: string
  /** What more there is to say, plain JSON: never a password. */
  readonly detail: Readonly<Record<string, unknown>>
}

export interface Act extends NewAct {
  /** Numbers ascend in the order of writing. */
  readonly number: number
}

export interface ActQuery {
  readonly limit: number
  /** Only acts of this kind. */
  readonly what?: string
  /** Only acts with smaller numbers: for paging. */
  readonly before?: number
}

/** What people did, kept for good. */
export interface ActPort {
  /** Writes it down and gives its number. */
  put(act: NewAct): Promise<number>
  /** The last ones first. */
  list(query: ActQuery): Promise<readonly Act[]>
}
