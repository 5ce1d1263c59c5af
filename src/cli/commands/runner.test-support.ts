/**
 * Runs command lines, one after the other, in one process: starting a process for each would take
 * most of a test's time. Started by `fork`; each message is a command line, each answer what it did.
 */
import { run } from '../run.ts'

/** What a command line did. */
export interface Ran {
  readonly out: string
  readonly messages: string
  readonly code: number
}

type Write = typeof process.stdout.write

function capture(stream: NodeJS.WriteStream): () => string {
  let text = ''
  const original = stream.write.bind(stream)
  // Only what the commands use: text or octets, and a callback.
  const write = (chunk: string | Uint8Array): boolean => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    return true
  }
  stream.write = write satisfies Write
  return () => {
    stream.write = original
    return text
  }
}

async function answer(args: readonly string[]): Promise<void> {
  const out = capture(process.stdout)
  const messages = capture(process.stderr)
  process.exitCode = undefined
  const code = await run(args)
  const ran: Ran = { out: out(), messages: messages(), code }
  process.exitCode = undefined
  process.send?.(ran)
}

process.on('message', (args: readonly string[]) => void answer(args))
