/** What a server said to a command. */
export interface SmtpAnswer {
  readonly code: number
  readonly enhanced: string
  readonly text: string
  /** The command it answered: `DATA`, `RCPT TO`. */
  readonly atCommand: string
}

/** One line of a dialogue. */
export interface Line {
  readonly from: 'client' | 'server' | 'note'
  readonly text: string
  readonly at: number
}
