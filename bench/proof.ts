/** Whether a server does what it is measured for: one letter that it must take, one that it must not. */
import { shortFolder } from '../test/interop/processes.ts'
import { join } from 'node:path'
import type { Lifetime } from '../test/interop/clean-up.ts'
import { forgedLetterOf, signedLetterOf } from './letters.ts'
import type { LoadResult } from './load.ts'
import { type Acceptor, load, writeLetters } from './measured.ts'

/**
 * Sends a good letter, which must be taken, and a forged one, which must be refused for good.
 *
 * @throws Error when the server does not tell them apart
 */
export async function proveChecks(bench: Lifetime, server: Acceptor): Promise<void> {
  const now = Math.floor(Date.now() / 1000)
  const good = await sendOne(bench, server, signedLetterOf(6000, 0, now))
  if (good.accepted !== 1) throw new Error(`${server.name} refuses a good letter: ${told(good)}`)
  const forged = await sendOne(bench, server, forgedLetterOf(6000))
  const [word = ''] = Object.keys(forged.refusals)
  if (forged.accepted !== 0 || !word.startsWith('5')) {
    throw new Error(`${server.name} does not refuse a forged letter: ${told(forged)}`)
  }
}

async function sendOne(bench: Lifetime, server: Acceptor, letter: Buffer): Promise<LoadResult> {
  const letters = join(await shortFolder(bench), 'one')
  writeLetters(letters, [letter])
  const { host, port } = server
  const envelope = { from: 'sender@sender.example', to: ['receiver@perf.example'] }
  return load({ host, port, connections: 1, messages: 1, letters, ...envelope })
}

function told({ accepted, refusals }: LoadResult): string {
  return JSON.stringify({ accepted, refusals })
}
