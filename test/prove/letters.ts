import { randomBytes, randomInt } from 'node:crypto'

import { SmtpTalk } from '../../src/app/test-support/smtp-talk.ts'
import { house } from './namespaces.ts'
import { password, receiver } from './server.ts'

/** A letter that was answered with 250: a word that stands in it alone, and where it was to go. */
export interface Acknowledged {
  readonly word: string
  readonly to: string
}

export interface SenderPlan {
  readonly ip: string
  /** A stranger writes to us on port 25; a user writes to others over TLS with a login. */
  readonly kind: 'stranger' | 'user'
  readonly to: string
  readonly taken: (letter: Acknowledged) => void
  /** Asked before each letter: whether to go on. */
  readonly more: () => boolean
}

/** Sends letter after letter over one connection until it breaks or nobody wants more. */
export async function sendLetters({ ip, kind, to, taken, more }: SenderPlan): Promise<void> {
  const user = kind === 'user'
  try {
    const talk = await SmtpTalk.greeted(user ? 465 : 25, {
      tls: user,
      host: house.ip,
      localAddress: ip,
      helo: 'client.stranger.example',
    })
    if (user) await talk.login(receiver, password, 235)
    const from = user ? receiver : 'x@stranger.example'
    while (more()) {
      const word = randomBytes(12).toString('hex')
      const said = await talk.letter({ from, to, message: letter(from, word) })
      if (said.code === 250) taken({ word, to })
    }
    await talk.quit()
  } catch {
    // The end of the server, at whatever moment it came.
  }
}

/** Some are long enough for a file of their own. */
function letter(from: string, word: string): string {
  const length = randomInt(40) === 0 ? 300_000 : randomInt(6000)
  const filler = `${'x'.repeat(70)}\n`.repeat(Math.ceil(length / 71))
  return `From: ${from}\nSubject: ${word}\n\n${filler}${word}\n`
}
