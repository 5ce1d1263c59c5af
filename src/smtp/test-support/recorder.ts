import assert from 'node:assert/strict'
import { after } from 'node:test'
import type { Engine } from '../../wire/engine.ts'
import { concat } from '../../base/octets.ts'

/** What inputs and outputs of both engines have in common. */
interface Said {
  readonly type: string
  readonly octets?: Uint8Array
}

/** Longer dialogues are not given octet by octet. */
const mostSingle = 20_000

/**
 * Writes down what goes into an engine and what comes out, so that it can be given again: an engine
 * that is fed the recorded inputs must give the recorded outputs, and the same however octets are cut.
 */
export class Recording<In extends Said, Out extends Said> implements Engine<In, Out> {
  readonly #open: () => Engine<In, Out>
  readonly #engine: Engine<In, Out>
  readonly #inputs: In[] = []
  readonly #outputs: (readonly Out[])[] = []

  constructor(open: () => Engine<In, Out>) {
    this.#open = open
    this.#engine = open()
  }

  handle(input: In): readonly Out[] {
    // What throws is a bug of who gave it, and no part of a dialogue.
    const outputs = this.#engine.handle(input)
    this.#inputs.push(input)
    this.#outputs.push(outputs)
    return outputs
  }

  /** Gives the inputs again: as they were, cut at about so many places, and octet by octet. */
  check(places: number): void {
    const again = this.#open()
    for (const [i, input] of this.#inputs.entries()) {
      assert.deepEqual(again.handle(input), this.#outputs[i], `input ${i}, ${input.type}`)
    }
    const wanted = gist(this.#outputs.flat())
    const lengths = this.#inputs.map(({ octets, type }) => (type === 'octets' ? octets?.length : 0))
    const longest = Math.max(0, ...lengths.map((length) => length ?? 0))
    const step = Math.max(1, Math.floor(longest / places))
    for (let at = 1; at < longest; at += step) {
      this.#checkCut(wanted, (octets) => [octets.subarray(0, at), octets.subarray(at)])
    }
    const all = lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0)
    if (all > mostSingle) return
    this.#checkCut(wanted, (octets) => Array.from(octets, (octet) => Uint8Array.of(octet)))
  }

  #checkCut(wanted: unknown, cut: (octets: Uint8Array) => readonly Uint8Array[]): void {
    const engine = this.#open()
    const outputs: Out[] = []
    for (const input of this.#inputs) {
      const { octets } = input
      // Content that a client is given is not cut: its pieces are what it was asked for.
      const pieces = input.type === 'octets' && octets !== undefined ? cut(octets) : undefined
      if (pieces === undefined) outputs.push(...engine.handle(input))
      else for (const piece of pieces) outputs.push(...engine.handle({ ...input, octets: piece }))
    }
    assert.deepEqual(gist(outputs), wanted)
  }
}

/**
 * What does not hang on how octets came: all that was sent as one, content in one piece, and no
 * wishes, of which there are as many as calls.
 */
function gist(outputs: readonly Said[]): unknown {
  const sent: Uint8Array[] = []
  const rest: Said[] = []
  for (const output of outputs) {
    const last = rest.at(-1)
    if (output.type === 'wake' || output.type === 'read') continue
    if (output.type === 'send') sent.push(output.octets ?? new Uint8Array(0))
    else if (output.type === 'message' && last?.type === 'message') {
      const octets = concat([last, output].flatMap((one) => one.octets ?? []))
      rest[rest.length - 1] = { ...output, octets }
    } else rest.push(output)
  }
  return { sent: concat(sent), rest }
}

/** Records every dialogue of a test file, and gives each again when its tests are over. */
export class Recorder {
  readonly #recordings: { check(places: number): void }[] = []

  /** @param skipped why none of the file's tests run: then there are no dialogues */
  constructor(skipped: string | false = false) {
    after(() => {
      assert.equal(this.#recordings.length > 0, skipped === false, 'there were dialogues')
      for (const recording of this.#recordings) recording.check(3)
    })
  }

  /** An engine whose dialogue is recorded. */
  record<In extends Said, Out extends Said>(open: () => Engine<In, Out>): Engine<In, Out> {
    const recording = new Recording(open)
    this.#recordings.push(recording)
    return recording
  }
}
