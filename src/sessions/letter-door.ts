import { parseDomain } from '../address/domain.ts'
import { silent } from '../base/log.ts'
import { concat } from '../base/octets.ts'
import type { NamedWays } from '../deliver/way.ts'
import type { Writer } from '../directory/directory.ts'
import type { Guard } from '../receive/guard.ts'
import { type Handed, type HandedLetter, type HandedOver, handIn } from '../receive/hand-in.ts'
import { HandedPort, type HandsIn } from '../receive/handed-port.ts'
import { InboundPort } from '../receive/inbound.ts'
import { MailHandler } from '../receive/mail-handler.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { Self } from '../route/self.ts'
import { foreseenRoutes } from './foreseen-routes.ts'
import type { Port } from '../receive/port.ts'
import { type ContentIntake, contentOf } from '../store/ports/contents.ts'
import type { Acceptance } from '../store/ports/post.ts'
import type { NewReceipt } from '../store/ports/receipts.ts'
import { handlerOptions, inboundOptions, type SessionNeeds } from './session-needs.ts'
import type { Manner, SessionLimits, SessionSettings } from './sessions.ts'

/** Who hands a letter in at this door. */
export interface AtDoor {
  /** As refusals and journeys name them. */
  readonly who: string
  readonly ip: string
  /** In whose names they may write. A stranger, who is judged as at a port 25: by its manner. */
  readonly as: Writer | { readonly stranger: Manner }
  /** See `HandsIn.countsAs`. */
  readonly countsAs?: string
  /** By the command of this machine, which takes a letter for all of its recipients or for none. */
  readonly command?: 'sendmail'
  /** Put down in one with the letter. */
  readonly receipt?: ((over: HandedOver) => NewReceipt) | undefined
}

/** What would become of a letter, and what would be put down. */
export interface Foreseen {
  readonly handed: Handed
  readonly acceptances: readonly Acceptance[]
  /** Which way what would be queued would go. */
  readonly routes: Pick<JourneyBuilder, 'steps' | 'shared'>
}

/** What the door needs: as sessions do, and whoever writes without a login. */
export type DoorNeeds = SessionNeeds & {
  readonly self: Self
  readonly ways: NamedWays | undefined
}

/** Takes whole letters in, by the same rules and records as the ports do. */
export class LetterDoor {
  readonly #needs: DoorNeeds
  readonly #settings: () => SessionSettings

  constructor(needs: DoorNeeds, settings: () => SessionSettings) {
    this.#needs = needs
    this.#settings = settings
  }

  /** How much one letter may be. */
  get limits(): SessionLimits {
    return this.#settings().limits
  }

  /** Whether mail for this domain is ours. */
  async isLocal(domain: string): Promise<boolean> {
    const name = parseDomain(domain)
    return name !== undefined && (await this.#needs.directory.isLocal(name))
  }

  /** Takes a letter, or says why not. What is taken is on disk. */
  hand(letter: HandedLetter, by: AtDoor): Promise<Handed> {
    return this.#handTo(this.#needs, letter, by)
  }

  /** Says what would become of a letter: it is judged and signed, and nothing is kept or counted. */
  async foresee(letter: HandedLetter, by: AtDoor): Promise<Foreseen> {
    const acceptances: Acceptance[] = []
    const { post } = this.#needs
    const dry: DoorNeeds = {
      ...this.#needs,
      guard: uncounted,
      contents: inMemory,
      post: {
        newId: () => post.newId(),
        place: (mail) => post.place(mail),
        own: (mail) => post.own(mail),
        accept(...parts) {
          acceptances.push(...parts)
          return Promise.resolve()
        },
      },
      judged: undefined,
      log: silent,
    }
    const handed = await this.#handTo(dry, letter, by)
    const { resolver, clock, self, random, ways } = this.#needs
    const destinations = acceptances.flatMap(({ queue }) => queue).map((one) => one.destination)
    const { id } = handed
    const routes = await foreseenRoutes(destinations, { id, resolver, clock, self, random, ways })
    return { handed, acceptances, routes }
  }

  #handTo(needs: DoorNeeds, letter: HandedLetter, by: AtDoor): Promise<Handed> {
    const { who, ip, as, countsAs, receipt, command } = by
    const stranger = 'stranger' in as
    const login = stranger ? undefined : (as.account ?? who)
    const facts = {
      remote: { ip, port: 0 },
      listener: command ?? 'http',
      tls: undefined,
      met: undefined,
    } as const
    const door =
      command === undefined ? {} : { by: { mechanism: command, heard: command }, allOrNone: true }
    const about = { login, who: stranger ? undefined : who, receipt, ...door }
    return handIn(letter, about, (around, drop) => {
      const port = around(
        stranger
          ? this.#strangers(needs, as.stranger, drop)
          : this.#users(needs, { who, ip, as, countsAs }),
      )
      return new MailHandler(handlerOptions(needs, this.#settings), facts, port)
    })
  }

  #users(needs: DoorNeeds, by: HandsIn): Port {
    const { host: hostname } = this.#settings().origin
    return new HandedPort({ ...needs, hostname }, by)
  }

  #strangers(needs: DoorNeeds, manner: Manner, drop: () => void): Port {
    const inbound = inboundOptions(needs, this.#settings)
    return manner.port({ inbound, usual: () => new InboundPort(inbound), drop })
  }
}

/** For letters that are not kept. */
const inMemory: ContentIntake = {
  newContent() {
    const chunks: Uint8Array[] = []
    return {
      push: (chunk) => void chunks.push(chunk.slice()),
      finish: () => Promise.resolve(contentOf(concat(chunks))),
      shorten: (content) => Promise.resolve(content),
      abort: () => {},
    }
  },
}

/** For letters that count for nobody. */
const uncounted: Guard = {
  closedForLogins: () => undefined,
  closedForMail: () => undefined,
  enterAccount: () => ({ type: 'admitted', leave: () => {} }),
  turnedAway: () => {},
  holdMemory: () => ({ grow: () => undefined, release: () => {} }),
  refusedRecipient: () => {},
  login: () => Promise.resolve({ type: 'wrong' }),
}
