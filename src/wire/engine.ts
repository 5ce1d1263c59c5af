import { encodeUtf8 } from '../base/octets.ts'

/**
 * A protocol engine without I/O: inputs in, outputs out, no clock, no randomness, no promise.
 *
 * Time comes in as `{ type: 'deadline' }`, a wish for it goes out as `{ type: 'wake' }`. A question
 * for policy is an output and its answer an input; until the answer comes, octets wait. The same
 * octets, cut anywhere, give the same outputs.
 */
export interface Engine<In, Out> {
  handle(input: In): readonly Out[]
}

/** What every engine wants of its driver, whatever it speaks. */
export type CommonOutput =
  /** Send these octets. */
  | { readonly type: 'send'; readonly octets: Uint8Array }
  /** Read from the peer, or let it wait, until this is said anew. It begins with reading. */
  | { readonly type: 'read'; readonly wanted: boolean }
  /** Say `deadline` after this time. Replaces every earlier wish. */
  | { readonly type: 'wake'; readonly afterMs: number }

/**
 * Gathers the outputs of one `handle` in order. Lines to send become one `send` as long as nothing
 * stands between them that was pushed. Of several wishes only the last is given: for time behind all
 * else, and to read before it, because nothing may come behind the end.
 */
export class Outbox<Out> {
  #outputs: (Out | CommonOutput)[] = []
  #unsent = ''
  #wakeMs: number | undefined
  #reads = true
  #told = true

  /** Sends a line; its CRLF is added. */
  sendLine(text: string): void {
    this.#unsent += `${text}\r\n`
  }

  push(output: Out): void {
    this.#flush()
    this.#outputs.push(output)
  }

  /** The same for what may as well be told a little before what is being sent. */
  note(output: Out): void {
    this.#outputs.push(output)
  }

  sendOctets(octets: Uint8Array): void {
    if (octets.length === 0) return
    this.#flush()
    this.#outputs.push({ type: 'send', octets })
  }

  wake(afterMs: number): void {
    this.#wakeMs = afterMs
  }

  /** No more time is wanted. */
  forgetWake(): void {
    this.#wakeMs = undefined
  }

  /** Whether octets of the peer are of use now. Told when it is something else than before. */
  read(wanted: boolean): void {
    this.#reads = wanted
  }

  take(): readonly (Out | CommonOutput)[] {
    this.#flush()
    const outputs = this.#outputs
    if (this.#reads !== this.#told) outputs.unshift({ type: 'read', wanted: this.#reads })
    if (this.#wakeMs !== undefined) outputs.push({ type: 'wake', afterMs: this.#wakeMs })
    this.#told = this.#reads
    this.#wakeMs = undefined
    this.#outputs = []
    return outputs
  }

  #flush(): void {
    if (this.#unsent === '') return
    this.#outputs.push({ type: 'send', octets: encodeUtf8(this.#unsent) })
    this.#unsent = ''
  }
}
