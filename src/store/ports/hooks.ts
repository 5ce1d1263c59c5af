/** Who wants to be told of events by HTTP. */
export interface HookEndpoint {
  readonly id: string
  readonly url: string
  /** In the words of whoever made it; may be empty. */
  readonly description: string
  /** Types of events such as `message.delivered`, or their beginnings: `message.`; none: all. */
  readonly events: readonly string[]
  /** What is signed with, the newest first: two while one takes the place of another. */
  readonly secrets: readonly string[]
  /** Until when the second secret signs too; absent: there is none. */
  readonly oldSecretUntil?: number
  /** Unix milliseconds. */
  readonly createdAt: number
  /** What happened before this is not told. */
  readonly since: number
  /** Why nothing is sent there any more; empty while it is. */
  readonly off: string
  /** Since when nothing has arrived there; absent while it does. */
  readonly failingSince?: number
}

/** An event on its way to one endpoint. */
export interface HookDelivery {
  readonly id: string
  readonly endpointId: string
  /** The same for every endpoint and every attempt: by it a receiver knows what it has. */
  readonly eventId: string
  readonly type: string
  /** JSON, as it is sent. */
  readonly body: string
  readonly createdAt: number
  /** How often it was tried. */
  readonly attempts: number
  /** When it is tried next; absent when it has arrived or was given up. */
  readonly nextAt?: number
  readonly state: 'waiting' | 'arrived' | 'given up'
}

/** What became of one try. */
export interface HookAttempt {
  readonly deliveryId: string
  /** Unix milliseconds. */
  readonly at: number
  readonly tookMs: number
  /** The status of HTTP; 0: there was no answer. */
  readonly status: number
  /** What the answer began with, or why there was none. */
  readonly text: string
}

/** A try that is written down, and how it stands with its event now. */
export interface HookAttemptRow extends HookAttempt {
  /** Ascends in the order of writing. */
  readonly number: number
  readonly eventId: string
  readonly type: string
  readonly state: HookDelivery['state']
  readonly nextAt?: number
}

/** What follows from a try. */
export interface HookVerdict {
  readonly attempt: HookAttempt
  readonly state: HookDelivery['state']
  readonly nextAt?: number
}

/** Events that are to be told, and how far a feed of changes was read for them. */
export interface HookProgress {
  /** The name of the store whose changes they are. */
  readonly feed: string
  /** The number of the last change that was read. */
  readonly through: number
  readonly deliveries: readonly HookDelivery[]
}

/** Endpoints of webhooks, what is on its way to them, and what became of each try. */
export interface HookPort {
  /** In the order of their making. */
  endpoints(): Promise<readonly HookEndpoint[]>
  /** A new one, or another state of one that is there. */
  putEndpoint(endpoint: HookEndpoint): Promise<void>
  /** With all that is on its way to it. `false`: there is none. */
  removeEndpoint(id: string): Promise<boolean>
  /** How far a feed was read; `undefined`: never. */
  cursor(feed: string): Promise<number | undefined>
  /** One commit: after a crash no event is missing. One that is there already stays as it is. */
  advance(progress: HookProgress): Promise<void>
  /** Those of one endpoint that are due, the oldest first. */
  due(query: {
    readonly endpointId: string
    readonly now: number
    readonly limit: number
  }): Promise<readonly HookDelivery[]>
  /** When the next one is due after this time, of endpoints that are not off. */
  nextDueAt(after: number): Promise<number | undefined>
  /** How many are on their way to an endpoint. */
  waiting(endpointId: string): Promise<number>
  /** What became of a try. One whose endpoint has gone meanwhile is passed over. */
  settle(verdict: HookVerdict): Promise<void>
  /** Tries to one endpoint, the last ones first. */
  attempts(query: {
    readonly endpointId: string
    readonly limit: number
    /** Only those with smaller numbers: for paging. */
    readonly before?: number
  }): Promise<readonly HookAttemptRow[]>
  /** Lets the event of a try be told again, now. `false`: there is no such try. */
  replay(query: {
    readonly endpointId: string
    readonly number: number
    readonly now: number
  }): Promise<boolean>
  /** Forgets what has arrived or was given up, and was made before this time. */
  prune(before: number): Promise<number>
}
