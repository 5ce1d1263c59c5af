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

/**
 * What is to be remembered of an attempt, in the commit that settles it. Only a refusal for good that
 * is about the address itself counts, in the other server's own words.
 */
export async function rememberedOf(
  { attempt, outcome }: Pick<Decided, 'attempt' | 'outcome'>,
  reading: AnswerReading | undefined,
  { memory, now }: { readonly memory: AddressMemory | undefined; readonly now: number },
): Promise<{ readonly register?: readonly RegisterEntry[] }> {
  const { item, result } = attempt
  const reply = result.outcome?.reply ?? null
  const register =
    memory === undefined || reply === null
      ? []
      : outcome.type === 'delivered'
        ? memory.delivered(item.recipient)
        : outcome.type === 'failed' && reading?.advice === 'suppress' && reply.code >= 500
          ? await memory.refused({
              address: item.recipient,
              at: now,
              journey: item.journeyId,
              said: describeReply(reply).slice(0, 500),
            })
          : []
  return register.length === 0 ? {} : { register }
}
