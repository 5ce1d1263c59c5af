/** Exit codes of sysexits.h, which programs that call sendmail know. */
export const sysexits = {
  ok: 0,
  usage: 64,
  data: 65,
  noUser: 67,
  unavailable: 69,
  software: 70,
  temporary: 75,
  notAllowed: 77,
  config: 78,
} as const

export type Sysexit = (typeof sysexits)[keyof typeof sysexits]

/** What became of a letter that was handed in. */
export type Outcome =
  /** The server has it, on its disk. */
  | { readonly type: 'taken'; readonly id: string | undefined; readonly by: string }
  | {
      readonly type: 'refused'
      readonly at: 'connect' | 'sender' | 'recipients' | 'message'
      /** Of the reply. */
      readonly code: number
      readonly text: string
      readonly recipients: readonly { readonly address: string; readonly text: string }[]
      readonly by: string
    }
  /** Nobody could be asked: what was tried, and why not. */
  | { readonly type: 'unreachable'; readonly tried: readonly string[] }

/** The exit code that says it. Whatever is not for good is to be tried again. */
export function exitOf(outcome: Outcome): Sysexit {
  switch (outcome.type) {
    case 'taken':
      return sysexits.ok
    case 'unreachable':
      return sysexits.temporary
    case 'refused':
      if (outcome.code < 500) return sysexits.temporary
      return refusedAt[outcome.at]
  }
}

const refusedAt = {
  connect: sysexits.unavailable,
  sender: sysexits.notAllowed,
  recipients: sysexits.noUser,
  message: sysexits.data,
} as const

/** In lines for standard error; empty when it was taken. */
export function tellOutcome(outcome: Outcome): readonly string[] {
  switch (outcome.type) {
    case 'taken':
      return []
    case 'unreachable':
      return [
        'no server could be asked, so nothing was sent; try again later',
        ...outcome.tried.map((one) => `  ${one}`),
      ]
    case 'refused': {
      const { code, text, recipients, by } = outcome
      const whom = recipients.map(({ address, text: why }) => `  ${address}: ${why}`)
      // A server of ours says so to a client that it does not know.
      const unknown = by !== 'the server' && /^5\d\d 5\.7\.[01] /.test(text)
      return [
        `nothing was sent: ${by} ${code < 500 ? 'does not take it now' : 'refuses it'}: ${text}`,
        ...whom,
        ...(unknown
          ? [
              '  Where the data folder cannot be asked, submission.trusted_networks must name 127.0.0.1.',
            ]
          : []),
      ]
    }
  }
}
