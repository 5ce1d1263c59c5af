import { parseForwardPath, parseReversePath } from '../address/path.ts'
import { isAscii } from '../base/octets.ts'
import type { Clock } from '../base/clock.ts'
import { Ending } from '../base/ending.ts'
import type { Resolver } from '../dns/resolver.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import { routeToNextHop } from '../route/next-hop.ts'
import type { ClientTransaction, RecipientOutcome } from '../smtp/client-types.ts'
import type { Reply } from '../smtp/reply.ts'
import type { Connector } from './connect.ts'
import type { NamedWay } from './way.ts'

/** What the server that keeps the mailboxes of a domain says of one address. */
export type RecipientWord =
  /** It would take a letter now. */
  | { readonly type: 'taken' }
  /** It would not: for good (5yz) or for now (4yz). */
  | { readonly type: 'refused'; readonly reply: Reply }
  /** It could not be asked. */
  | { readonly type: 'unknown'; readonly because: string }

export interface RecipientCheckOptions {
  readonly resolver: Resolver
  readonly connector: Connector
  readonly clock: Clock
}

/** How long a sender is kept waiting for the word of another server. */
const patienceMs = 20_000
/** How long a word counts: a new mailbox is found soon, and one that is full is asked again soon. */
const takenMs = 10 * 60_000
const refusedMs = 60_000
/** What could not be asked is not asked again by each of a thousand strangers. */
const unknownMs = 5000
/** Addresses that are remembered; strangers choose them, so there is an end to it. */
const mostRemembered = 10_000
/** Questions at once. */
const mostAsked = 10

/**
 * Asks the server that takes the mail of a domain of ours whether it knows an address, as far as RCPT
 * and with the null reverse-path, so that a letter for nobody is refused in the dialogue and never has
 * to be returned to somebody who may not have sent it. What was said is remembered for a while.
 */
export class RecipientCheck {
  readonly #options: RecipientCheckOptions
  readonly #known = new Map<string, { readonly word: RecipientWord; readonly until: number }>()
  readonly #asked = new Map<string, Promise<RecipientWord>>()

  constructor(options: RecipientCheckOptions) {
    this.#options = options
  }

  /** Never rejects, and has an answer within `patienceMs`. @param recipient without brackets */
  ask(recipient: string, named: NamedWay): Promise<RecipientWord> {
    const key = JSON.stringify([recipient, named.hop])
    const known = this.#known.get(key)
    if (known !== undefined && known.until > this.#options.clock.now()) {
      return Promise.resolve(known.word)
    }
    const under = this.#asked.get(key)
    if (under !== undefined) return under
    if (this.#asked.size >= mostAsked) {
      const because = 'too many addresses are being asked about'
      return Promise.resolve({ type: 'unknown', because })
    }
    const asking = this.#askNow(recipient, named).then((word) => {
      this.#asked.delete(key)
      this.#remember(key, word)
      return word
    })
    this.#asked.set(key, asking)
    return asking
  }

  #remember(key: string, word: RecipientWord): void {
    const forMs = { taken: takenMs, refused: refusedMs, unknown: unknownMs }[word.type]
    this.#known.delete(key)
    this.#known.set(key, { word, until: this.#options.clock.now() + forMs })
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= mostRemembered) return
      this.#known.delete(oldest)
    }
  }

  async #askNow(recipient: string, { hop, way }: NamedWay): Promise<RecipientWord> {
    const { resolver, connector, clock } = this.#options
    const transaction = askingFor(recipient)
    if (transaction === undefined) return { type: 'unknown', because: 'it is no address' }
    const ending = new Ending()
    const cancel = clock.setTimer(patienceMs, () => ending.ask('at-once', 'it took too long'))
    try {
      const route = await routeToNextHop(hop, resolver)
      if (route.type !== 'targets') return { type: 'unknown', because: route.because }
      let because = 'it took too long'
      for (const target of route.targets) {
        if (ending.stage !== 'go-on') break
        const log = new JourneyBuilder('', clock)
        const input = { log, ending, way, tls: { state: 'untried' } as const }
        const connected = await connector.connect(target, { ...input, tls: { ...input.tls } })
        if (connected.type === 'failed') {
          because = connected.because
          continue
        }
        const { session } = connected
        const unwatch = ending.watch(() => session.breakOff(ending.why))
        const [outcome] = await session.send(transaction, nothing())
        unwatch()
        session.quit()
        return wordOf(outcome)
      }
      return { type: 'unknown', because }
    } finally {
      cancel()
    }
  }
}

function wordOf(outcome: RecipientOutcome | undefined): RecipientWord {
  if (outcome === undefined) return { type: 'unknown', because: 'nothing was said' }
  if (outcome.result === 'accepted') return { type: 'taken' }
  // What is said of MAIL or of the connection is not said of the address.
  const { reply, atCommand, text } = outcome
  if (reply === null || atCommand !== 'RCPT') return { type: 'unknown', because: text }
  return { type: 'refused', reply }
}

/** RFC 5321 §4.5.5: from nobody, so that the question itself is never answered by mail. */
function askingFor(recipient: string): ClientTransaction | undefined {
  const reversePath = parseReversePath('<>')
  const forwardPath = parseForwardPath(`<${recipient}>`)
  if (!reversePath.ok || !forwardPath.ok) return undefined
  return {
    reversePath: reversePath.value,
    recipients: [{ forwardPath: forwardPath.value, notify: null, orcpt: null }],
    size: null,
    eightBit: false,
    smtpUtf8: !isAscii(recipient),
    utf8Header: false,
    ret: null,
    envid: null,
    stopAfter: 'RCPT',
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
