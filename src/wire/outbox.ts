import { encodeUtf8 } from '../base/utf8.ts'

/** What both engines say of lines and time. */
export type LineOutput =
  | { readonly type: 'send'; readonly octets: Uint8Array }
  | { readonly type: 'line'; readonly from: 'client' | 'server'; readonly text: string }
  | { readonly type: 'wake'; readonly afterMs: number }

/**
 * Gathers the outputs of one `handle` in order. Lines to send become one `send` as long as nothing
 * else stands between them, and of several wishes for time only the last is given.
 */
export class Outbox<Out> {
  #outputs: (Out | LineOutput)[] = []
  #unsent = ''
  #wakeMs: number | undefined

  /** Sends a line (its CRLF is added) and puts it, or `shown` instead, into the record. */
  sendLine(from: 'client' | 'server', text: string, shown: string = text): void {
    this.#unsent += `${text}\r\n`
    this.#outputs.push({ type: 'line', from, text: shown })
  }

  /** Puts a line that was received into the record. */
  received(from: 'client' | 'server', text: string): void {
    this.#outputs.push({ type: 'line', from, text })
  }

  push(output: Out): void {
    this.#flush()
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

  take(): readonly (Out | LineOutput)[] {
    this.#flush()
    const outputs = this.#outputs
    if (this.#wakeMs !== undefined) outputs.push({ type: 'wake', afterMs: this.#wakeMs })
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
