import { parseDomain } from '../address/domain.ts'
import { encodeUtf8, isAscii } from '../base/octets.ts'
import type { Resolver } from '../dns/resolver.ts'
import { gzipReport } from '../io/report-archive.ts'
import type { OwnMail } from '../post/own-mail.ts'
import type { Reporter } from '../report/format-aggregate.ts'
import { formatTlsReport, type GatheredTlsReport, tlsReportId } from '../report/format-tls.ts'
import { buildTlsReportMail, packedTlsReport } from '../report/tls-report-mail.ts'
import { lookupTlsReportRecord, type TlsReportDestination } from '../report/tls-report-record.ts'

/** Posts something by HTTPS; 0: there was no answer. Never rejects, and always ends. */
export type PostReport = (request: {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}) => Promise<{ readonly status: number; readonly text: string }>

/** What all reports of one run have in common. */
export interface TlsReportSending {
  readonly resolver: Resolver
  readonly post: PostReport
  readonly reporter: Reporter
  /** Author and reverse-path, in a domain of ours that signs: others are ignored (RFC 8460 §3). */
  readonly from: string
  /** Unix milliseconds. */
  readonly now: number
  /** Hosts that took none in this run; they are not called again. */
  readonly refusing: Set<string>
  /** How many reports each place was given in this run. */
  readonly taken: Map<string, number>
  /** Fulfils when the report is safe, and what is counted under these keys is forgotten. */
  readonly submit: (mail: OwnMail, keys: readonly string[]) => Promise<void>
}

/** What became of one report. Plain data. */
export interface TlsReportOutcome {
  /** Unix milliseconds. */
  readonly day: number
  readonly domain: string
  /**
   * `not-wanted`: the domain asks for none. `later`: DNS or the receiver did not answer; the same run
   * again sends it. `given-up`: there is no place that it can be sent to, or it took none for a day.
   */
  readonly result: 'sent' | 'not-wanted' | 'later' | 'given-up'
  readonly to: readonly string[]
  /** Why a place got none, one sentence each. */
  readonly refused: readonly string[]
  /** Whether its counts left the register with it. */
  readonly forgotten: boolean
}

const dayMs = 86_400_000
/** More places are not served, nor more reports at one place: a stranger may name anybody's. */
const mostPlaces = 10
const mostAtPlace = 100

/**
 * Sends one report to all places that its domain names; it has arrived where one of them took it.
 * RFC 8460 §3, §5.
 *
 * @throws what `submit` throws
 */
export async function sendTlsReport(
  report: GatheredTlsReport,
  keys: readonly string[],
  sending: TlsReportSending,
): Promise<TlsReportOutcome> {
  const { day, domain } = report
  const outcome = { day, domain, to: [], refused: [], forgotten: false } as const
  const name = parseDomain(domain)
  if (name === undefined) return { ...outcome, result: 'not-wanted' }
  const wanted = await lookupTlsReportRecord(name, sending.resolver)
  // RFC 8460 §5.5: a day from the first attempt on.
  const isLate = sending.now >= day + 2 * dayMs
  if (wanted.type === 'failed') {
    const refused = [`DNS could not be asked for ${wanted.name} (${wanted.reason}).`]
    return { ...outcome, result: isLate ? 'given-up' : 'later', refused }
  }
  if (wanted.type !== 'record') return { ...outcome, result: 'not-wanted' }
  const packed = await gzipReport(encodeUtf8(formatTlsReport(report, sending.reporter)))
  const places = wanted.record.rua.slice(0, mostPlaces)
  const posted = await postAll(places, packed, sending)
  const mailboxes = mailboxesOf(places, sending)
  if (mailboxes.length > 0) {
    const { reporter, from, now } = sending
    const message = buildTlsReportMail({ report, reporter, packed, from, to: mailboxes, now })
    const subject = `TLS report ${tlsReportId(report, reporter)}`
    const envelope = { reversePath: from, recipients: mailboxes, because: 'TLS report' } as const
    await sending.submit({ ...envelope, message, subject }, keys)
  }
  const to = [...posted.took, ...mailboxes]
  const { refused } = posted
  const forgotten = mailboxes.length > 0
  if (to.length > 0) return { ...outcome, result: 'sent', to, refused, forgotten }
  const isHopeless = refused.length === 0 || isLate
  return { ...outcome, result: isHopeless ? 'given-up' : 'later', refused }
}

/** RFC 8460 §5.4: any status of success will do. */
async function postAll(
  places: readonly TlsReportDestination[],
  body: Uint8Array,
  { post, refusing, taken }: TlsReportSending,
): Promise<{ readonly took: readonly string[]; readonly refused: readonly string[] }> {
  const took: string[] = []
  const refused: string[] = []
  for (const place of places) {
    if (place.type !== 'https') continue
    const { uri, host } = place
    if (refusing.has(host) || !hasRoom(taken, host)) {
      refused.push(`${host} has refused or had enough of them today.`)
      continue
    }
    const headers = { 'content-type': packedTlsReport }
    const { status, text } = await post({ url: uri, headers, body })
    if (status >= 200 && status < 300) took.push(uri)
    else {
      refusing.add(host)
      refused.push(status === 0 ? text : `${host} answers with status ${status}.`)
    }
  }
  return { took, refused }
}

/** Those that an envelope without SMTPUTF8 may name, each once. */
function mailboxesOf(
  places: readonly TlsReportDestination[],
  { taken }: TlsReportSending,
): readonly string[] {
  const mailboxes = places.flatMap((place) => (place.type === 'mailto' ? [place.mailbox] : []))
  return Array.from(new Set(mailboxes)).filter((one) => isAscii(one) && hasRoom(taken, one))
}

function hasRoom(taken: Map<string, number>, place: string): boolean {
  const before = taken.get(place) ?? 0
  taken.set(place, before + 1)
  return before < mostAtPlace
}
