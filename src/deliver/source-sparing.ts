import type { JourneyBuilder, Mark } from '../journey/builder.ts'
import type { Attempt } from './attempt.ts'
import type { TakenSource } from './batch-sources.ts'
import { pauseIn, type PauseStep, pauseStep } from './pauses.ts'
import type { SettlingInTurn } from './settling.ts'
import type { ByWish, Part } from './wishes.ts'

/**
 * Keeps the letters of one part from the fate that our address has: who is told that it is refused has
 * heard nothing about the letter, and goes from another source of the pool at once. Where none may have
 * it, the refusal is the answer, as it is to who has one address.
 */
export class SourceSparing implements Pick<SettlingInTurn, 'settle'> {
  readonly #settling: Pick<SettlingInTurn, 'settle'>
  readonly #source: Pick<TakenSource, 'refused' | 'elsewhere'>
  readonly #spared: Attempt[] = []

  constructor(
    settling: Pick<SettlingInTurn, 'settle'>,
    source: Pick<TakenSource, 'refused' | 'elsewhere'>,
  ) {
    this.#settling = settling
    this.#source = source
  }

  /** Settles those that are not spared. */
  settle(attempts: readonly Attempt[]): Promise<void> {
    return this.#settling.settle(this.told(attempts))
  }

  /** Those whose fate this is. The others are spared. */
  told(attempts: readonly Attempt[]): readonly Attempt[] {
    const refused = attempts.filter(refusesSource)
    const pause = pauseIn(refused)
    if (pause === undefined) return attempts
    this.#source.refused(pause)
    if (!this.#source.elsewhere(refused.length)) return attempts
    this.#spared.push(...refused)
    return attempts.filter((one) => !refused.includes(one))
  }

  get spared(): readonly Attempt[] {
    return this.#spared
  }

  /**
   * Gives the spared ones their next turn, with what was written down since `mark` and what was said
   * to them: letters that heard the same together. Gives the steps that tell it.
   */
  goOn(
    { parts, part }: { readonly parts: ByWish; readonly part: Part },
    { log, mark, now }: { readonly log: JourneyBuilder; readonly mark: Mark; readonly now: number },
  ): readonly PauseStep[] {
    const end = log.mark()
    const alike = Map.groupBy(this.#spared, ({ lines }) => lines.map(({ text }) => text).join('\n'))
    return Array.from(alike.values()).flatMap((attempts) => {
      const [first] = attempts
      const paused = pauseStep(attempts, now)
      if (first === undefined || paused === undefined) return []
      const { host, ip, lines: conversation } = first
      log.step({ ...paused, spared: { host, ip, conversation } })
      parts.again(
        part,
        attempts.map(({ item }) => item),
        log.since(mark),
      )
      log.backTo(end)
      return [paused]
    })
  }
}

/**
 * What is said before the content is about us and about the envelope, and nothing was taken. An answer
 * to the content may be about it, whatever its words: who sent that from address after address would
 * do what senders of spam do.
 */
function refusesSource(attempt: Attempt): boolean {
  const { result } = attempt
  if (result.result === 'delivered' || result.outcome === undefined) return false
  if (result.outcome.result === 'accepted' || result.outcome.atCommand === 'MESSAGE') return false
  return pauseIn([attempt])?.of === 'source'
}
