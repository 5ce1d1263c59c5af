import type { Zone } from '../dns/zone.ts'
import type { Place } from './places.ts'

/** A letter as somebody writes it: header and text, lines ended by LF or CRLF. */
export interface Letter {
  readonly mailFrom: string
  readonly rcptTo: string
  readonly message: string
}

/** What a server said to a letter. */
export interface SendResult {
  readonly accepted: boolean
  readonly code: number
  readonly text: string
}

/** What a situation can do in the lab; `app` provides it over the running servers. */
export interface LabTools {
  /** Changes what DNS says: these names are replaced, the others stay. */
  changeZone(changes: Zone): void
  /** Strangers must come twice at south from now on. */
  greylist(): void
  /** Logs in at north as its sender and submits a letter. Gives the id of its journey. */
  submit(letter: Letter): Promise<string>
  /** Hands a letter to south's port 25 from another place. */
  send(from: Place, letter: Letter): Promise<SendResult>
  /** The message as south's receiver, or another server, would hold it: with north's signature. */
  signedByNorth(message: string): Promise<string>
  signedByLists(message: string): Promise<string>
  /**
   * Waits until the letter of this journey has arrived, failed, or waits for a later attempt; then
   * the clock is set ahead to that attempt, until all is over.
   */
  untilOver(journeyId: string): Promise<void>
}
