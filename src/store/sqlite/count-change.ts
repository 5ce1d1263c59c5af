/** What came and what went, for the counts that are kept. */
export interface CountChange {
  readonly messages: number
  readonly queued: number
  readonly held: number
  readonly journeys: number
}

export const noChange: CountChange = { messages: 0, queued: 0, held: 0, journeys: 0 }
