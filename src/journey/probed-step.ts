import type { Line, SmtpAnswer } from './spoken.ts'

/** How far a probe goes, in the order of a session. `message`: to the end, and the letter is sent. */
export const probeStages = [
  'connect',
  'banner',
  'ehlo',
  'starttls',
  'auth',
  'mail',
  'rcpt',
  'data',
  'message',
] as const

export type ProbeStage = (typeof probeStages)[number]

/** What a server made of a probe: somebody asked how far it says yes (`waybill probe`). */
export interface ProbedStep {
  readonly type: 'probed'
  readonly host: string
  readonly ip: string
  readonly port: number
  readonly asked: ProbeStage
  /** `accepted`: everything that was asked. `deferred`: not now, or it could not be found out. */
  readonly result: 'accepted' | 'deferred' | 'failed'
  /** What the server said last of what was asked; absent when it never spoke, or of several. */
  readonly answer: SmtpAnswer | undefined
  /** Why not, in a sentence; empty when it was accepted. */
  readonly problem: string
  /** What EHLO offered, `SIZE 26214400`; empty before EHLO. */
  readonly offered: readonly string[]
  /** What was said of each recipient, where it came to that. */
  readonly recipients: readonly ProbedRecipient[]
  readonly conversation: readonly Line[]
}

export interface ProbedRecipient {
  readonly recipient: string
  readonly result: ProbedStep['result']
  readonly answer: SmtpAnswer | undefined
  readonly problem: string
}
