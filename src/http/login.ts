import type { Whose } from './sessions.ts'

/** With what somebody wants to log in on the page. */
export type LoginAsked = {
  /** Of the client. */
  readonly ip: string
  /** Of the second factor; absent: none was given. */
  readonly code?: string
} & ({ readonly token: string } | { readonly account: string; readonly password: string })

/** What becomes of it. */
export type LoginOutcome =
  | { readonly type: 'right'; readonly whose: Whose }
  | { readonly type: 'wrong' }
  /** All right but for the code of the second factor: it was not given, or is not the one. */
  | { readonly type: 'second-factor'; readonly given: boolean }
  /** Nobody looked: too many wrong ones came from there. */
  | { readonly type: 'closed' }
  /** Nobody looked: too many wait. */
  | { readonly type: 'full' }

/** Who looks whether somebody may log in, and counts those who may not. */
export interface LoginPort {
  login(asked: LoginAsked): Promise<LoginOutcome>
}
