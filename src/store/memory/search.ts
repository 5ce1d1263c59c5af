import {
  type AddressFilter,
  formsOf,
  type JourneyFilter,
  messageIdForms,
} from '../../journey/filter.ts'
import { lower, type MemoryJourney } from './tables.ts'
import type { QueueFilter } from '../ports/queue-filter.ts'
import type { QueueItem } from '../ports/queue.ts'

/** Whether a journey is one that the filter lets through. */
export function journeyFits(
  { journey, recipients }: MemoryJourney,
  filter: JourneyFilter,
): boolean {
  const { to, from, status, since, until, messageId } = filter
  const all = Array.from(recipients.values())
  const his = to?.match === 'whole' ? all.filter((one) => addressFits(one.address, to)) : []
  return (
    (to === undefined || all.some(({ address }) => addressFits(address, to))) &&
    addressFits(journey.mailFrom, from) &&
    (statusFits(journey.status, status) || his.some((one) => one.status === status)) &&
    (since === undefined || journey.startedAt >= since) &&
    (until === undefined || journey.startedAt < until) &&
    hasMessageId(journey.headerMessageId, messageId) &&
    textFits(journey, filter) &&
    personFits(journey, all, filter)
  )
}

/** Whether a waiting item is one that the filter lets through. */
export function itemFits(
  item: QueueItem,
  stored: MemoryJourney | undefined,
  filter: QueueFilter,
): boolean {
  const { to, from, since, until, messageId, ip, account, not = [] } = filter
  const journey = stored?.journey
  return (
    addressFits(item.recipient, to) &&
    addressFits(item.reversePath, from) &&
    itemStatusFits(item, journey?.status ?? '', filter.status) &&
    (since === undefined || item.createdAt >= since) &&
    (until === undefined || item.createdAt < until) &&
    hasMessageId(journey?.headerMessageId, messageId) &&
    textFits(journey ?? {}, filter) &&
    (ip === undefined || journey?.ip === ip) &&
    (account === undefined || lower(item.account ?? journey?.login ?? '') === lower(account)) &&
    waitingFits(item, filter) &&
    not.every((one) => !itemFits(item, stored, one))
  )
}

/** What only a letter that waits has. */
function waitingFits(item: QueueItem, filter: QueueFilter): boolean {
  const { destination, reason, kind, held, holdReason, journeyPart, journeys } = filter
  const why = lower(item.holdReason)
  const id = item.journeyId.toLowerCase()
  const part = journeyPart?.toLowerCase() ?? ''
  return (
    (journeys === undefined || journeys.some((one) => one.toLowerCase() === id)) &&
    destinationFits(lower(item.destination), destination) &&
    (reason === undefined ||
      lower(item.lastProblem).includes(lower(reason)) ||
      why.includes(lower(reason))) &&
    (holdReason === undefined || why.includes(lower(holdReason))) &&
    (kind === undefined || item.lastKind === kind) &&
    (held === undefined || item.held === held) &&
    (id.startsWith(part) || id.endsWith(part))
  )
}

function destinationFits(name: string, wanted: QueueFilter['destination']): boolean {
  if (wanted === undefined) return true
  const { domain, match } = wanted
  if (match !== 'below' && name === domain) return true
  return match !== 'whole' && name.endsWith(`.${domain}`)
}

function itemStatusFits(item: QueueItem, whole: string, status: string | undefined): boolean {
  if (status === 'held') return item.held
  if (status === 'queued') return item.attempts === 0
  if (status === 'deferred') return item.attempts > 0
  return statusFits(whole, status)
}

function statusFits(status: string, wanted: string | undefined): boolean {
  if (wanted === 'partly') return status.startsWith('partly ')
  return wanted === undefined || status === wanted
}

function addressFits(address: string, wanted: AddressFilter | undefined): boolean {
  if (wanted === undefined) return true
  const shown = lower(address)
  const forms = formsOf(wanted).map(lower)
  return forms.some((form) => (wanted.match === 'whole' ? shown === form : shown.includes(form)))
}

/** Whether this is what stands in a Message-ID field. */
export function hasMessageId(field = '', wanted?: string): boolean {
  return wanted === undefined || (field !== '' && messageIdForms(wanted).includes(field))
}

function textFits(
  journey: { readonly author?: string; readonly subject?: string },
  { author, subject }: JourneyFilter,
): boolean {
  const authors = (journey.author ?? '').split(', ')
  return (
    (author === undefined || authors.some((one) => addressFits(one, author))) &&
    (subject === undefined || lower(journey.subject ?? '').includes(lower(subject)))
  )
}

function personFits(
  journey: { readonly ip?: string; readonly login?: string },
  recipients: readonly { readonly accounts: string }[],
  { ip, account }: JourneyFilter,
): boolean {
  if (ip !== undefined && journey.ip !== ip) return false
  if (account === undefined) return true
  const wanted = lower(account)
  return (
    lower(journey.login ?? '') === wanted ||
    recipients.some(({ accounts }) => lower(accounts).split(' ').includes(wanted))
  )
}
