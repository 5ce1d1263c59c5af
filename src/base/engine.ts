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
