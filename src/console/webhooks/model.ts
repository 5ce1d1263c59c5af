/** An endpoint as `/v1/webhooks` tells it. */
export interface Hook {
  readonly id: string
  readonly url: string
  readonly description: string
  readonly events: readonly string[]
  readonly enabled: boolean
  /** Why it is off. */
  readonly off: string
  readonly failing_since: string | null
  readonly waiting: number
}

/** One just made, with the secret of its signatures. */
export interface MadeHook extends Hook {
  readonly secret: string
}

/** What became of one try. */
export interface Attempt {
  readonly n: number
  readonly event_id: string
  readonly type: string
  readonly at: string
  readonly took_ms: number
  /** 0: there was no answer. */
  readonly status: number
  readonly text: string
  readonly state: string
  readonly next_try: string | null
}

/** Whether a receiver took it: nothing but 2xx is that. */
export function isTaken({ status }: { readonly status: number }): boolean {
  return status >= 200 && status < 300
}

/** What a test came to, in a sentence. */
export function toldOfTest(answer: { readonly status: number; readonly text: string }): string {
  if (answer.status === 0) return `The test did not arrive: ${answer.text}`
  const said = answer.text === '' ? '' : `: ${answer.text}`
  return `The test was ${isTaken(answer) ? 'taken' : 'not taken'}, ${answer.status}${said}`
}
