/**
 * Whether a destination answers at all: a state machine for each, so that a thousand messages for a
 * server that is down cost one connection a while and not a thousand.
 *
 *     up ───unreachable───▶ down ───its time is over: one batch goes───▶ probing
 *      ▲                    │ ▲                                            │ │
 *      ├──────reachable─────┘ └────────────────unreachable─────────────────┘ │
 *      └───────────────────────────────────────reachable─────────────────────┘
 *
 * Pure: time and chance are parameters. It lives in memory only; after a restart all are up, and the
 * first attempt finds out.
 */
export type DestinationHealth =
  | { readonly state: 'up' }
  | {
      readonly state: 'down'
      readonly failures: number
      /** Until when nothing is sent there, in milliseconds of the clock that is used throughout. */
      readonly until: number
      readonly because: string
    }
  | { readonly state: 'probing'; readonly failures: number; readonly because: string }

/** Where every destination begins, and where it is again as soon as one of its servers answers. */
export const healthy: DestinationHealth = { state: 'up' }

export interface BackOffPolicy {
  readonly firstDelayMs: number
  readonly growth: number
  readonly maxDelayMs: number
  /** As in `RetryPolicy`. */
  readonly jitter: number
}

/** 1, 2, 4 … minutes, 30 at most: shorter than the waits of the messages themselves. */
export const defaultBackOff: BackOffPolicy = {
  firstDelayMs: 60_000,
  growth: 2,
  maxDelayMs: 30 * 60_000,
  jitter: 0.1,
}

/**
 * The back-off beside a schedule of retries: where messages are tried again sooner than usual, a
 * destination must not stay closed for longer than they wait.
 */
export function backOffWithin(
  retry: { readonly firstDelayMs: number; readonly maxDelayMs: number },
  usual: BackOffPolicy = defaultBackOff,
): BackOffPolicy {
  return {
    ...usual,
    firstDelayMs: Math.min(usual.firstDelayMs, retry.firstDelayMs),
    maxDelayMs: Math.min(usual.maxDelayMs, retry.maxDelayMs),
  }
}

/** What may be sent to a destination now. */
export type Permission =
  | { readonly type: 'all' }
  /** One batch, to find out; say `probing` when it starts. */
  | { readonly type: 'one' }
  /**
   * Nothing before `until`; `undefined`: until the batch that is under way has ended; `Infinity`: until
   * somebody ends the pause. `because` is a sentence, but for `back-off`: there it is what happened.
   */
  | {
      readonly type: 'none'
      readonly by: 'back-off' | 'pause' | 'quiet-hours'
      readonly until: number | undefined
      readonly because: string
    }

export function permission(health: DestinationHealth, now: number): Permission {
  switch (health.state) {
    case 'up':
      return { type: 'all' }
    case 'down':
      if (now >= health.until) return { type: 'one' }
      return { type: 'none', by: 'back-off', until: health.until, because: health.because }
    case 'probing':
      return { type: 'none', by: 'back-off', until: undefined, because: health.because }
  }
}

/** The one batch starts. */
export function probing(health: DestinationHealth): DestinationHealth {
  if (health.state !== 'down') throw new Error(`probing: the destination is ${health.state}`)
  return { state: 'probing', failures: health.failures, because: health.because }
}

/** No server of the destination could be reached. */
export function unreachable(
  health: DestinationHealth,
  input: {
    readonly policy: BackOffPolicy
    readonly now: number
    readonly because: string
    readonly random: () => number
  },
): DestinationHealth {
  const { policy, now, because } = input
  // Batches that were under way when the first one failed tell nothing new.
  if (health.state === 'down' && now < health.until) return health
  const failures = (health.state === 'up' ? 0 : health.failures) + 1
  const steps = Math.min(failures - 1, 64)
  const wait = Math.min(policy.maxDelayMs, policy.firstDelayMs * policy.growth ** steps)
  const moved = wait * (1 + policy.jitter * (2 * input.random() - 1))
  return { state: 'down', failures, until: now + Math.round(moved), because }
}
