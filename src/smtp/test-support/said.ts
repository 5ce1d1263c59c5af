import { formatReply } from '../reply.ts'
import type { ServerOutput } from '../server-types.ts'

/** All that a server says in these outputs, as its lines. */
export function linesSaid(outputs: readonly ServerOutput[]): readonly string[] {
  return outputs.flatMap((output) => (output.type === 'reply' ? formatReply(output.reply) : []))
}

/** The same as it goes over the wire. */
export function said(outputs: readonly ServerOutput[]): string {
  return linesSaid(outputs)
    .map((line) => `${line}\r\n`)
    .join('')
}
