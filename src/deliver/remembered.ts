import { describeReply } from '../smtp/reply.ts'
import type { AnswerReading } from '../answers/kinds.ts'
import type { RegisterEntry } from '../store/ports/register.ts'
import type { Decided } from './decided.ts'

/** Remembers how servers answered for an address; `suppression` has this shape. */
export interface AddressMemory {
  /** A server has refused an address for good. Gives what is to be remembered of it. */
  refused(refused: {
    readonly address: string
    readonly at: number
    readonly journey: string
    readonly said: string
  }): Promise<readonly RegisterEntry[]>
  /** A server has taken a letter for it. */
  delivered(address: string): readonly RegisterEntry[]
}

type Concluded = Pick<Decided, 'attempt' | 'outcome'>

/**
 * What is to be remembered of an attempt, in the commit that settles it. Only a refusal for good that
 * is about the address itself counts, in the other server's own words.
 *
 * @param same what came of all recipients of the message: a reply to the whole content says of none
 *   of several that it is the one
 */
export async function rememberedOf(
  one: Concluded,
  reading: AnswerReading | undefined,
  {
    memory,
    now,
    same,
  }: {
    readonly memory: AddressMemory | undefined
    readonly now: number
    readonly same: readonly Concluded[]
  },
): Promise<{ readonly register?: readonly RegisterEntry[] }> {
  const { attempt, outcome } = one
  const { item, result } = attempt
  const reply = result.outcome?.reply ?? null
  const register =
    memory === undefined || reply === null
      ? []
      : outcome.type === 'delivered'
        ? memory.delivered(item.recipient)
        : outcome.type === 'failed' &&
            reading?.advice === 'suppress' &&
            reply.code >= 500 &&
            !saidToSeveral(one, same)
          ? await memory.refused({
              address: item.recipient,
              at: now,
              journey: item.journeyId,
              said: describeReply(reply).slice(0, 500),
            })
          : []
  return register.length === 0 ? {} : { register }
}

/** Whether it was said of the content, and others of the same letter heard the same. */
function saidToSeveral(one: Concluded, same: readonly Concluded[]): boolean {
  const said = saidOfContent(one)
  return said !== undefined && same.some((other) => other !== one && saidOfContent(other) === said)
}

function saidOfContent({ attempt }: Concluded): string | undefined {
  const { outcome } = attempt.result
  if (outcome === undefined || outcome.result === 'accepted' || outcome.reply === null)
    return undefined
  const { atCommand, reply } = outcome
  return atCommand === 'DATA' || atCommand === 'MESSAGE' ? describeReply(reply) : undefined
}
