/** An event of a stream of server-sent events. */
export interface StreamEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** Cuts a stream of server-sent events, which comes in pieces of any size, into its events. */
export class EventText {
  #rest = ''
  #id = ''
  #event = ''
  #data: string[] = []

  /** The events that are whole with this piece. */
  read(piece: string): readonly StreamEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    return lines.flatMap((line) => this.#line(line))
  }

  #line(line: string): readonly StreamEvent[] {
    if (line === '') return this.#end()
    const [, field = '', value = ''] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? []
    if (field === 'id') this.#id = value
    if (field === 'event') this.#event = value
    if (field === 'data') this.#data.push(value)
    return []
  }

  #end(): readonly StreamEvent[] {
    const whole = { id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') }
    const has = this.#data.length > 0
    this.#event = ''
    this.#data = []
    return has ? [whole] : []
  }
}
