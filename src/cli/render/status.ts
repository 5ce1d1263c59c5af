import type { Trouble } from '../../desk/health.ts'
import { pauseJson } from '../../desk/pause-json.ts'
import { pauseSentence } from '../../desk/pauses.ts'
import type {
  DownStatus,
  HeldAccount,
  HeldBackStatus,
  ServerStatus,
  StoreStatus,
} from '../../desk/status.ts'
import type { Sign } from '../../desk/vital-signs.ts'
import { rowTime } from '../commands/list.ts'
import { paint } from '../output.ts'
import { grouped } from '../progress.ts'
import { sourceJson, sourceTexts } from './sources.ts'

type Policies = NonNullable<ServerStatus['mtaSts']>

/** A running server, line by line. */
export function serverText(status: ServerStatus): string {
  const { version, hostname, startedAt, process: number, limits, faults } = status
  const { certificateUntil, dnsDownSince } = status
  return [
    `${paint('bold', `Waybill ${version}`)}  ${hostname}  since ${rowTime(startedAt)}  process ${number}`,
    ...rows('Ports', status.listeners.map(portText)),
    ...rows('Queue', [`${waitingText(status)}; ${status.underWay} have their turn`]),
    ...rows('Paused', (status.pauses ?? []).map(pauseSentence)),
    ...rows('Held', (status.heldAccounts ?? []).map(heldAccountText)),
    ...rows('Down', [...status.down.map(downText), ...moreText(status.moreDown)]),
    ...rows('Waits', (status.heldBack ?? []).map(heldBackText)),
    ...rows('Sources', sourceTexts(status.sources ?? [])),
    ...rows('Limits', limits.map(signText)),
    ...rows('Faults', faults.map(signText)),
    ...rows('DNS', [
      dnsDownSince === undefined ? 'no silence so far' : `silent since ${rowTime(dnsDownSince)}`,
    ]),
    ...rows('TLS', certificateUntil === undefined ? [] : [`until ${rowTime(certificateUntil)}`]),
    ...rows('MTA-STS', status.mtaSts === undefined ? [] : [policiesText(status.mtaSts)]),
    ...rows('Reports', status.tlsReports === undefined ? [] : [reportsText(status.tlsReports)]),
    ...storeRows(status),
  ].join('\n')
}

/** What is told of a data folder without a server. */
export function storeText(status: StoreStatus, folder: string): string {
  return [
    paint('bold', folder),
    ...rows('Queue', [waitingText(status)]),
    ...rows('Paused', (status.pauses ?? []).map(pauseSentence)),
    ...rows('Held', (status.heldAccounts ?? []).map(heldAccountText)),
    ...storeRows(status),
  ].join('\n')
}

export function troubleText({ sentence, hint }: Trouble): string {
  return `${paint('bold', '!')} ${sentence}\n  ${hint}`
}

function storeRows({ messages, journeys, disk, backup }: StoreStatus): readonly string[] {
  return [
    ...rows('Store', [`${counted(messages, 'message')}, ${counted(journeys, 'journey')}`]),
    ...rows('Disk', [`${sizeText(disk.free)} of ${sizeText(disk.size)} free`]),
    ...rows('Backup', [
      backup === undefined ? 'none is known' : `${rowTime(backup.at)} to ${backup.to}`,
    ]),
  ]
}

/** The first behind the name, the others below it; nothing where there are none. */
function rows(name: string, texts: readonly string[]): readonly string[] {
  return texts.map((text, index) => `  ${(index === 0 ? name : '').padEnd(8)}${text}`)
}

function portText({ name, address, port, connections, most }: ServerStatus['listeners'][number]) {
  const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  return `${at}  ${name}  ${grouped(connections)} of ${grouped(most)} connections`
}

/** `1 message`, `2 messages`. */
function counted(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? '' : 's'}`
}

/** `mail for 2 recipients waits, 1 held`: a letter to two of them is two in the queue. */
export function waitingText({ waiting, held }: Pick<StoreStatus, 'waiting' | 'held'>): string {
  return `mail for ${counted(waiting, 'recipient')} waits, ${grouped(held)} held`
}

function heldAccountText({ account, by, why, since }: HeldAccount): string {
  const reason = why === '' ? '' : `: ${why}`
  return `${account}  by ${by} since ${rowTime(since)}${reason}; waybill account release ${argument(account)}`
}

/** A name with spaces wants quotes in a shell. */
function argument(account: string): string {
  return account.includes(' ') ? `'${account}'` : account
}

function downText({ destination, because, failures, until }: DownStatus): string {
  const when = until === undefined ? 'being tried' : `again ${rowTime(until)}`
  return `${destination}  ${when}, in vain ${failures} ${failures === 1 ? 'time' : 'times'}: ${because}`
}

function heldBackText({ destination, by, because, until }: HeldBackStatus): string {
  const when = until === undefined ? 'until somebody ends it' : `until ${rowTime(until)}`
  return `${destination}  ${by}, ${when}: ${because}`
}

/** Of the last round, and why the first of those that failed did. */
function policiesText({ at, kept, refreshed, failed, why }: Policies): string {
  const policies = `${grouped(kept)} ${kept === 1 ? 'policy' : 'policies'} kept`
  const fetched = `${grouped(refreshed)} fetched again, ${grouped(failed)} failed`
  return `${policies}; ${rowTime(at)}: ${fetched}${why === undefined ? '' : `; ${why}`}`
}

function reportsText({ at, sent, nowhere, later }: NonNullable<ServerStatus['tlsReports']>) {
  const counts = `${grouped(sent)} sent, ${grouped(nowhere)} given up, ${grouped(later)} tried again`
  return `of TLS, ${rowTime(at)}: ${counts}`
}

function moreText(more: number): readonly string[] {
  return more === 0 ? [] : [`and ${grouped(more)} more`]
}

function signText({ name, times, lastAt, said }: Sign): string {
  const often = `${grouped(times)} ${times === 1 ? 'time' : 'times'}, last ${rowTime(lastAt)}`
  return `${name}  ${often}${said === '' ? '' : `: ${said}`}`
}

/** `1.5 GiB`. */
function sizeText(octets: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  const power = octets < 1 ? 0 : Math.min(Math.floor(Math.log2(octets) / 10), units.length - 1)
  const value = octets / 1024 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${units[power] ?? ''}`
}

/** All of it, for programs. */
export function statusJson(status: ServerStatus, troubles: readonly Trouble[]): unknown {
  const { version, process: number, hostname, startedAt, listeners, underWay } = status
  const { certificateUntil, dnsDownSince } = status
  return {
    running: true,
    well: troubles.length === 0,
    troubles,
    version,
    process: number,
    hostname,
    started_at: time(startedAt),
    listeners,
    ...storeJson(status),
    under_way: underWay,
    down: status.down.map(({ destination, because, failures, until }) => ({
      destination,
      because,
      failures,
      next_attempt_at: until === undefined ? null : time(until),
    })),
    more_down: status.moreDown,
    held_back: (status.heldBack ?? []).map(({ destination, by, because, until }) => {
      return { destination, by, because, until: until === undefined ? null : time(until) }
    }),
    limits: status.limits.map(signJson),
    faults: status.faults.map(signJson),
    dns_down_since: dnsDownSince === undefined ? null : time(dnsDownSince),
    certificate_until: certificateUntil === undefined ? null : time(certificateUntil),
    mta_sts: status.mtaSts === undefined ? null : policiesJson(status.mtaSts),
    tls_reports:
      status.tlsReports === undefined
        ? null
        : { ...status.tlsReports, at: time(status.tlsReports.at) },
    sources: (status.sources ?? []).map(sourceJson),
    webhooks: (status.webhooks ?? []).map(({ id, url, off, failingSince }) => {
      return { id, url, off, failing_since: failingSince === undefined ? null : time(failingSince) }
    }),
  }
}

export function storeJson(status: StoreStatus): Record<string, unknown> {
  const { waiting, held, messages, journeys, disk, backup } = status
  return {
    waiting,
    held,
    pauses: (status.pauses ?? []).map(pauseJson),
    held_accounts: (status.heldAccounts ?? []).map(({ account, by, why, since }) => {
      return { account, by, why, since: time(since) }
    }),
    messages,
    journeys,
    disk,
    backup: backup === undefined ? null : { at: time(backup.at), to: backup.to },
  }
}

function policiesJson({ at, kept, refreshed, failed, why, endsFirst }: Policies): unknown {
  const ends = endsFirst === undefined ? null : { ...endsFirst, until: time(endsFirst.until) }
  return { at: time(at), kept, refreshed, failed, why: why ?? null, ends_first: ends }
}

function signJson({ name, times, lastAt, said, ours }: Sign): unknown {
  return { name, times, last_at: time(lastAt), said, ours }
}

function time(at: number): string {
  return new Date(at).toISOString()
}
