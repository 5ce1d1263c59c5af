import { andThen, type Soon } from '../base/result.ts'
import type { Writer, Writers } from '../directory/directory.ts'
import type { Reply } from '../smtp/reply.ts'
import type { Guard } from './guard.ts'
import type { Envelope, Letter, Port, Refusal } from './port.ts'
import { replies } from './replies.ts'
import { submittedLetter, type SubmittedOptions } from './submitted-letter.ts'

export interface HandedPortOptions extends SubmittedOptions {
  readonly directory: SubmittedOptions['directory'] & Writers
  readonly guard: Pick<Guard, 'enterAccount'>
}

/** Who hands a letter in. Another door has asked for their key. */
export interface HandsIn {
  /** As refusals and journeys name them. */
  readonly who: string
  readonly ip: string
  /** In whose names they may write. */
  readonly as: Writer
  /** What the queue counts the letter under where no account is behind it. Absent: nobody. */
  readonly countsAs?: string | undefined
}

/**
 * A letter that is handed in whole by somebody who is known already: the rules of ports 587 and 465
 * hold for it, and only the login is another.
 */
export class HandedPort implements Port {
  readonly direction = 'out'
  readonly keepsRefused = false
  readonly #options: HandedPortOptions
  readonly #by: HandsIn
  #leave: (() => void) | undefined

  constructor(options: HandedPortOptions, by: HandsIn) {
    this.#options = options
    this.#by = by
  }

  /** An account has as many places here as it has at the other ports. */
  greet(): Soon<Refusal | undefined> {
    const { ip, as } = this.#by
    if (as.account === undefined) return undefined
    return andThen(this.#options.guard.enterAccount(ip, as.account), (entrance) => {
      if (entrance.type === 'turnedAway') return { reply: replies.accountBusy, met: entrance }
      this.#leave = () => entrance.leave()
      return undefined
    })
  }

  login(): Promise<Refusal> {
    return Promise.resolve({ reply: replies.noLoginHere })
  }

  closed(): void {
    this.#leave?.()
    this.#leave = undefined
  }

  sender(envelope: Envelope): Soon<Letter | { readonly refusal: Reply }> {
    const { who, as, countsAs } = this.#by
    return andThen(this.#options.directory.identitiesFor(as), (identities) => {
      const { account = countsAs } = as
      return submittedLetter(this.#options, envelope, { name: who, account, identities })
    })
  }
}
