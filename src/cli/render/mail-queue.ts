import type { QueueItem } from '../../store/ports/queue.ts'

/** A letter that waits, with those of its recipients that wait. */
export interface ListedLetter {
  /** Of its journey. */
  readonly id: string
  /** `*` under way or due, `!` held, empty for one that waits. */
  readonly mark: '*' | '!' | ''
  readonly size: number
  /** ISO 8601. */
  readonly arrived_at: string
  /** Empty for the null one. */
  readonly sender: string
  /** Recipients by why they still wait. */
  readonly recipients: readonly { readonly address: string; readonly because: string }[]
}

/** One letter of each journey, in the order of arrival. */
export function lettersIn(
  items: readonly QueueItem[],
  sizes: ReadonlyMap<string, number>,
  now: number,
): readonly ListedLetter[] {
  const byJourney = new Map<string, QueueItem[]>()
  for (const item of items) {
    const same = byJourney.get(item.journeyId)
    if (same === undefined) byJourney.set(item.journeyId, [item])
    else same.push(item)
  }
  return Array.from(byJourney.values())
    .flatMap((same): readonly ListedLetter[] => {
      const [first] = same
      if (first === undefined) return []
      const due = same.some(({ held, nextAttemptAt }) => !held && nextAttemptAt <= now)
      return [
        {
          id: first.journeyId,
          mark: same.every(({ held }) => held) ? '!' : due ? '*' : '',
          size: sizes.get(first.messageId) ?? 0,
          arrived_at: new Date(first.createdAt).toISOString(),
          sender: first.reversePath,
          recipients: same.map(({ recipient, lastProblem, held, holdReason }) => {
            return { address: recipient, because: held ? `held: ${holdReason}` : lastProblem }
          }),
        },
      ]
    })
    .sort((one, other) => Date.parse(one.arrived_at) - Date.parse(other.arrived_at))
}

const idWidth = 18
const addressColumn = 53

/** The list as `postqueue -p` has it, in UTC. */
export function renderMailQueue(letters: readonly ListedLetter[]): string {
  if (letters.length === 0) return 'Mail queue is empty'
  const head = `${'-Queue ID-'.padEnd(idWidth)} --Size-- ----Arrival Time---- -Sender/Recipient-------`
  const blocks = letters.map((letter) => {
    const { id, mark, size, sender, recipients } = letter
    const first = `${(id + mark).padEnd(idWidth)} ${String(size).padStart(8)} ${arrival(letter)}  ${sender || 'MAILER-DAEMON'}`
    const reasons = new Map<string, string[]>()
    for (const { address, because } of recipients) {
      reasons.set(because, [...(reasons.get(because) ?? []), address])
    }
    const rest = Array.from(reasons, ([because, addresses]) => [
      ...(because === '' ? [] : [`(${because})`.padStart(addressColumn)]),
      ...addresses.map((address) => ' '.repeat(addressColumn - 3) + address),
    ])
    return [first, ...rest.flat()].join('\n')
  })
  const octets = letters.reduce((sum, { size }) => sum + size, 0)
  const requests = `${letters.length} Request${letters.length === 1 ? '' : 's'}`
  return `${head}\n${blocks.join('\n\n')}\n\n-- ${Math.ceil(octets / 1024)} Kbytes in ${requests}.`
}

/** `Thu Nov 27 23:00:00`. */
function arrival({ arrived_at: text }: ListedLetter): string {
  const [day = '', date = '', month = '', , time = ''] = new Date(text).toUTCString().split(/,? /)
  return `${day} ${month} ${date} ${time}`
}
