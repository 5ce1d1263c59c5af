import type { Journey, Row } from '../types.ts'

/** A message as `/v1/messages/{id}` has it, as far as the page shows it. */
export interface Message extends Row {
  readonly recipients?: readonly {
    readonly address: string
    readonly status: string
    readonly code?: number | null
    readonly text?: string | null
  }[]
}

/** What every tab gets. */
export interface TabProps {
  readonly message: Message
  readonly journey: Journey
}
