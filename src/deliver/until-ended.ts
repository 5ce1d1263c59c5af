import type { Ending } from '../base/ending.ts'
import type { Peer, TlsStart } from '../io/peer.ts'
import type { ClientSession, Greeted } from './client-session.ts'

/** The handshake before anything is said, which ends at once when somebody asks to break off. */
export async function securedOrEnded(
  ending: Ending,
  peer: Peer,
  handshake: Promise<TlsStart>,
): Promise<TlsStart> {
  const heed = (): void => {
    if (ending.stage === 'wait-for-answer' || ending.stage === 'at-once') peer.destroy()
  }
  const unwatch = ending.watch(heed)
  heed()
  const begun = await handshake
  unwatch()
  return begun
}

/** Greets, unless somebody has asked to break off or asks meanwhile: a greeting may take minutes. */
export async function greetedOrEnded(ending: Ending, session: ClientSession): Promise<Greeted> {
  const heed = (): void => {
    const { stage, why } = ending
    if (stage === 'wait-for-answer' || stage === 'at-once') session.breakOff(why)
  }
  const unwatch = ending.watch(heed)
  const greeting = session.greet()
  heed()
  const greeted = await greeting
  unwatch()
  return greeted
}
