import { tell } from '../journey/catalogue.ts'
import { type JourneyRecord, readRecord } from '../journey/record.ts'
import { recipientsOf } from '../journey/recipients.ts'
import type { Step } from '../journey/steps.ts'
import type { StoredJourney } from '../store/ports/journeys.ts'

/** How the id of a message begins that is somebody's copy: the octets that were sent are the sender's. */
const copyStart = 'copy-of '

/** The message behind the id of a copy; `undefined` when it is no copy. */
export function copiedMessage(id: string): string | undefined {
  return id.startsWith(copyStart) ? id.slice(copyStart.length) : undefined
}

/**
 * A journey as an account may see it; `undefined` when it is none of its own.
 *
 * It is whole for whoever sent the letter. Who has got it learns how it came, what was checked, and
 * what became of it there: of other recipients nothing, as some of them may be blind copies.
 */
export function ownJourney(stored: StoredJourney, account: string): StoredJourney | undefined {
  const record = readRecord(stored.json, stored.appended)
  if (isSentIn(record, account)) return stored
  const mine = recipientsOf(record).filter(({ accounts }) => {
    return accounts.some((one) => isSame(one, account))
  })
  return mine.length === 0 ? undefined : received(stored, record, { account, mine })
}

/** Whether an account sent it. */
export function isSentBy({ json }: Pick<StoredJourney, 'json'>, account: string): boolean {
  return isSentIn(readRecord(json, []), account)
}

/** Who only tried to log in has no login in the envelope. */
function isSentIn({ direction, envelope }: JourneyRecord, account: string): boolean {
  return direction === 'out' && isSame(envelope.login, account)
}

/** What an account is told of a letter that was filed for it. */
function received(
  stored: StoredJourney,
  record: JourneyRecord,
  whose: {
    readonly account: string
    readonly mine: ReturnType<typeof recipientsOf>
  },
): StoredJourney {
  const { account, mine } = whose
  const addresses = mine.map(({ address }) => address)
  const local = record.direction === 'out'
  const alone = !local && record.envelope.rcptTo.every((address) => addresses.includes(address))
  const steps = record.steps.flatMap((step) => stepFor(step, { account, addresses, local }))
  const status = mine.some((one) => one.status === 'delivered') ? 'delivered' : 'quarantined'
  const { outcome, replay: _, ...rest } = record
  const seen: JourneyRecord = {
    ...rest,
    envelope: {
      // Where the people here write from is theirs.
      ip: local ? '' : record.envelope.ip,
      helo: local ? '' : record.envelope.helo,
      mailFrom: record.envelope.mailFrom,
      rcptTo: addresses,
    },
    outcome: 'smtp' in outcome ? { ...outcome, status } : outcome,
    steps,
    conversation: alone ? record.conversation : [],
    replay: local ? undefined : record.replay,
  }
  const filed = steps.findLast(({ type }) => type === 'filed')
  const { messageId } = stored
  return {
    ...stored,
    status,
    rcptTo: addresses,
    summary: (filed === undefined ? undefined : tell(filed)[0]?.answer) ?? '',
    json: JSON.stringify(seen),
    appended: [],
    messageId: messageId !== undefined && local ? `${copyStart}${messageId}` : messageId,
  }
}

/** What happened before a letter is known to be for somebody. */
const ofTheConnection: ReadonlySet<Step['type']> = new Set(['connect', 'tls', 'helo'])

/** What is said of the letter as a whole. */
const ofTheLetter: ReadonlySet<Step['type']> = new Set([
  'sender',
  'message',
  'iprev',
  'spf',
  'dkim',
  'arc',
  'dmarc',
  'decision',
  'caught',
  'received-spf',
])

function stepFor(
  step: Step,
  whose: {
    readonly account: string
    readonly addresses: readonly string[]
    readonly local: boolean
  },
): readonly Step[] {
  const { account, addresses, local } = whose
  if (ofTheLetter.has(step.type)) return [step]
  if (ofTheConnection.has(step.type)) return local ? [] : [step]
  if (step.type === 'recipient') return addresses.includes(step.rcptTo) ? [step] : []
  if (step.type === 'filed') return isSame(step.account, account) ? [step] : []
  return []
}

/** Accounts compare without the case of their letters. */
function isSame(one: string | undefined, account: string): boolean {
  return one?.toLowerCase() === account.toLowerCase()
}
