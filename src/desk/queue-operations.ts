import type { Actor, Operation } from './act.ts'
import { member, notMeant } from './act.ts'
import type {
  Changed,
  Dropped,
  DroppedLetters,
  HeldLetters,
  QueueDesk,
  QueuePart,
  ReleasedLetters,
  WaitingLetters,
} from './queue.ts'

/** `waybill queue retry`. */
export const queueRetry: Operation<QueuePart, WaitingLetters, Changed> = change(
  'queue retry',
  (letters) => letters,
  (queue, letters, actor) => queue.retry(letters, actor),
)

/** `waybill queue hold`. */
export const queueHold: Operation<QueuePart, HeldLetters, Changed> = change(
  'queue hold',
  (letters, input) => {
    const until = member(input, 'until')
    const end = typeof until === 'number' && Number.isFinite(until) ? { until } : {}
    return { ...letters, ...end, ...ruleIn(input) }
  },
  (queue, letters, actor) => queue.hold(letters, actor),
)

/** `waybill queue release`. */
export const queueRelease: Operation<QueuePart, ReleasedLetters, Changed> = change(
  'queue release',
  (letters, input) => ({ ...letters, ...ruleIn(input) }),
  async (queue, letters, actor) => ({ letters: await queue.release(letters, actor), left: 0 }),
)

function ruleIn(input: unknown): { readonly rule?: string } {
  const rule = member(input, 'rule')
  return typeof rule === 'string' && rule !== '' ? { rule } : {}
}

function change<Letters extends WaitingLetters>(
  name: string,
  read: (letters: WaitingLetters, input: unknown) => Letters,
  run: (desk: QueueDesk, letters: Letters, actor: Actor) => Promise<Changed>,
): Operation<QueuePart, Letters, Changed> {
  return {
    name,
    read: (input) => read(lettersOf(name, input), input),
    run: ({ queue }, letters, actor) => run(queue, letters, actor),
    tell(input, changed) {
      const { chosen, before, more }: WaitingLetters = input
      const { until, rule }: Partial<HeldLetters> = input
      const letters = before + changed.letters
      if (more || letters === 0) return undefined
      return {
        chosen,
        letters,
        ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
        ...(rule === undefined ? {} : { rule }),
      }
    },
  }
}

/** `waybill queue drop`. */
export const queueDrop: Operation<QueuePart, DroppedLetters, Dropped> = givingUp(
  'queue drop',
  (input) => member(input, 'tellSender') !== false,
)

/** `waybill queue bounce`: the senders are told, whatever else is said. */
export const queueBounce: Operation<QueuePart, DroppedLetters, Dropped> = givingUp(
  'queue bounce',
  () => true,
)

function givingUp(
  name: string,
  tells: (input: unknown) => boolean,
): Operation<QueuePart, DroppedLetters, Dropped> {
  return {
    name,
    read: (input) => ({ ...lettersOf(name, input), tellSender: tells(input) }),
    run: ({ queue }, letters, actor) => queue.drop(letters, actor),
    tell({ chosen, before, more, tellSender }, dropped) {
      const letters = before + dropped.letters
      return more || letters === 0 ? undefined : { chosen, letters, told: tellSender }
    },
  }
}

function lettersOf(operation: string, input: unknown): WaitingLetters {
  const [items, chosen, before] = ['items', 'chosen', 'before'].map((name) => member(input, name))
  if (!Array.isArray(items)) throw notMeant(operation, '"items", a list of letters that wait')
  return {
    items: items.map((item: unknown) => {
      const [id, destination] = [member(item, 'id'), member(item, 'destination')]
      if (typeof id === 'string' && typeof destination === 'string') return { id, destination }
      throw notMeant(operation, 'an "id" and a "destination" of each letter')
    }),
    chosen: Array.isArray(chosen) ? chosen.map(String) : [],
    before: typeof before === 'number' ? before : 0,
    more: member(input, 'more') === true,
  }
}
