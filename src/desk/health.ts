import { offByHand } from '../hooks/webhooks.ts'
import type { HookStatus, ServerStatus, StoreStatus } from './status.ts'

/** What is not as it should be, in the words for a person: what was seen, and what to do. */
export interface Trouble {
  /** One word of a fixed set, for programs. */
  readonly what:
    | 'disk'
    | 'dns'
    | 'certificate'
    | 'listener'
    | 'limit'
    | 'fault'
    | 'held'
    | 'account'
    | 'webhook'
    | 'mta-sts'
    | 'source'
  readonly sentence: string
  readonly hint: string
}

const dayMs = 86_400_000
const hourMs = 3_600_000
/** What was met longer ago is told, and troubles nobody. */
const recentMs = hourMs
/** A full disk is over when there is room again and nobody has met it for so long. */
const overMs = 600_000
/** The daily warning in the log begins then, too. */
const certificateMs = 14 * dayMs
/** Held letters do not expire: nobody hears of them but by this. */
const heldMs = 3 * dayMs
/** Webhooks are tried again after seconds, minutes and hours: a restart of a receiver is no trouble. */
const failingMs = dayMs
const lowShare = 0.05
const lowOctets = 256 * 1024 ** 2

/** What troubles a server now. Empty: it is well. */
export function troublesOf(status: ServerStatus, now: number): readonly Trouble[] {
  return [
    ...diskTroubles(status),
    ...dnsTroubles(status, now),
    ...certificateTroubles(status, now),
    ...listenerTroubles(status),
    ...limitTroubles(status, now),
    ...faultTroubles(status, now),
    ...heldTroubles(status, now),
    ...accountTroubles(status),
    ...webhookTroubles(status.webhooks ?? [], now),
    ...policyTroubles(status, now),
    ...sourceTroubles(status),
  ]
}

/** Little room: a twentieth, or so little that a few letters fill it. */
export function diskTroubles({ disk }: Pick<StoreStatus, 'disk'>): readonly Trouble[] {
  const { size, free } = disk
  if (free >= lowOctets && free >= size * lowShare) return []
  const percent = size === 0 ? 0 : Math.floor((free / size) * 100)
  return [
    {
      what: 'disk',
      sentence: `Of the disk of the data folder ${percent}% is free; when it is full, letters are put off.`,
      hint: 'Make room there; waybill prune removes what is kept long enough.',
    },
  ]
}

function dnsTroubles({ dnsDownSince }: ServerStatus, now: number): readonly Trouble[] {
  if (dnsDownSince === undefined) return []
  const minutes = Math.max(1, Math.round((now - dnsDownSince) / 60_000))
  return [
    {
      what: 'dns',
      sentence: `None of the DNS servers has answered for ${minutes} min; letters wait until one does.`,
      hint: 'Look at this machine’s line, then at [dns] servers or /etc/resolv.conf.',
    },
  ]
}

function certificateTroubles({ certificateUntil }: ServerStatus, now: number): readonly Trouble[] {
  if (certificateUntil === undefined || certificateUntil - now > certificateMs) return []
  const days = Math.floor((certificateUntil - now) / dayMs)
  const when = days < 0 ? 'has run out' : `runs out in ${days} day${days === 1 ? '' : 's'}`
  return [
    {
      what: 'certificate',
      sentence: `The TLS certificate in use ${when}; mail programs will refuse to log in.`,
      hint: 'Renew it, then send SIGHUP to the server.',
    },
  ]
}

function listenerTroubles({ listeners }: ServerStatus): readonly Trouble[] {
  const full = listeners.filter(({ connections, most }) => connections >= most)
  return full.map(({ name, port, most }) => ({
    what: 'listener',
    sentence: `Port ${port} (${name}) is full: all of its ${most} connections are taken.`,
    hint:
      name === 'http'
        ? 'Look at who is connected there; the number is fixed.'
        : 'limits.connections sets how many there may be.',
  }))
}

function limitTroubles({ limits }: ServerStatus, now: number): readonly Trouble[] {
  return limits
    .filter(({ ours, lastAt }) => ours && now - lastAt < recentMs)
    .map(({ name, said }) => ({
      what: 'limit',
      sentence: `The limit ${name} was met in the last hour${said === '' ? '' : `: ${said}`}.`,
      hint: 'docs/limits.md tells what each limit is for.',
    }))
}

/** An account that the server held: its owner waits, or somebody has its password. */
function accountTroubles({ heldAccounts = [] }: ServerStatus): readonly Trouble[] {
  return heldAccounts
    .filter(({ by }) => by === 'waybill')
    .map(({ account, why }) => ({
      what: 'account',
      sentence: `What ${account} sends is held: it ${why}.`,
      hint: `Change its password if it was stolen; waybill account release "${account}" lets it go on.`,
    }))
}

function heldTroubles({ held, heldAt }: ServerStatus, now: number): readonly Trouble[] {
  if (held === 0 || heldAt === undefined || now - heldAt < heldMs) return []
  const days = Math.floor((now - heldAt) / dayMs)
  const what = held === 1 ? '1 letter has' : `${held} letters have`
  return [
    {
      what: 'held',
      sentence: `${what} been held for ${days} days or longer.`,
      hint: 'Those are in waybill queue list; queue release lets them go, queue drop gives them up.',
    },
  ]
}

/** Endpoints that the server switched off, or where nothing has arrived for a day. */
export function webhookTroubles(webhooks: readonly HookStatus[], now: number): readonly Trouble[] {
  return webhooks.flatMap(({ id, url, off, failingSince }): readonly Trouble[] => {
    if (off === offByHand) return []
    if (off !== '') {
      return [
        {
          what: 'webhook',
          sentence: `Nothing is sent to the webhook ${id} (${url}) any more: ${off}`,
          hint: `Mend it there, then switch it on: PATCH /v1/webhooks/${id} with {"enabled":true}; waybill webhook remove ${id} forgets it.`,
        },
      ]
    }
    if (failingSince === undefined || now - failingSince < failingMs) return []
    const days = Math.floor((now - failingSince) / dayMs)
    return [
      {
        what: 'webhook',
        sentence: `Nothing has arrived at the webhook ${id} (${url}) for ${days} day${days === 1 ? '' : 's'}; after 5 it is switched off.`,
        hint: `What was answered is in waybill webhook attempts ${id}.`,
      },
    ]
  })
}

/** When a policy is over, mail goes to its domain as if there had been none (RFC 8461 §5.1, §10.2). */
function policyTroubles({ mtaSts }: ServerStatus, now: number): readonly Trouble[] {
  const ends = mtaSts?.endsFirst
  if (ends === undefined || ends.until - now > dayMs) return []
  const { domain, until, why } = ends
  const hours = Math.max(1, Math.floor((until - now) / hourMs))
  const when = until <= now ? 'has run out' : `runs out in ${hours} hour${hours === 1 ? '' : 's'}`
  return [
    {
      what: 'mta-sts',
      sentence: `The MTA-STS policy of ${domain} ${when}, and could not be fetched again: ${why}`,
      hint: `waybill tls ${domain} --fetch tries it from here; without a policy mail goes there by less safe TLS.`,
    },
  ]
}

/** Addresses of ours from which nothing goes anywhere, because others refuse them; whole pools first. */
function sourceTroubles({ sources = [] }: ServerStatus): readonly Trouble[] {
  const hint =
    'See who refuses it, and have it taken off the lists; waybill queue retry forgets such pauses.'
  const pools = Map.groupBy(sources, ({ pool }) => pool)
  const stopped = Array.from(pools).filter(([, all]) => {
    const none = all.every(({ pauses }) => pauses.some(({ site }) => site === undefined))
    return none && all.some(({ pauses }) => pauses.some(({ refusedByAll }) => refusedByAll))
  })
  const ofPools = stopped.map(
    ([pool, all]): Trouble => ({
      what: 'source',
      sentence: `NO MAIL GOES OUT of the pool "${pool}": none of its sources (${all.map(({ name }) => name).join(', ')}) may send.`,
      hint,
    }),
  )
  const ofSources = sources.flatMap(({ name, pauses }): readonly Trouble[] => {
    const all = pauses.find(({ refusedByAll }) => refusedByAll)
    if (all === undefined) return []
    return [
      { what: 'source', sentence: `Nothing goes from the source ${name}: ${all.because}`, hint },
    ]
  })
  return [...ofPools, ...ofSources]
}

function faultTroubles({ faults, disk }: ServerStatus, now: number): readonly Trouble[] {
  const room = diskTroubles({ disk }).length === 0
  return faults
    .filter(({ lastAt, lasts, full }) => {
      return lasts === true || now - lastAt < (full === true && room ? overMs : recentMs)
    })
    .map(({ name, said, times }) => ({
      what: 'fault',
      sentence: `${name}: ${said}${times > 1 ? ` (${times} times since the start)` : ''}`,
      hint: 'The log has more; docs/errors.md tells what each code means.',
    }))
}
