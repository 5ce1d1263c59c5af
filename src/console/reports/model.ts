/** What `/v1/reports/dmarc` and `/v1/reports/tls` have. */
export interface Reports {
  readonly data: readonly ReportRow[]
  readonly has_more: boolean
  readonly domains: readonly string[]
  readonly totals: { readonly reports: number; readonly total: number; readonly failed: number }
  readonly days: readonly Day[]
  readonly sources: readonly Source[]
  readonly more_sources: number
  readonly advice: readonly string[]
  readonly unread: number
}

/** A report that somebody sent. */
export interface ReportRow {
  readonly id: string
  readonly kind: string
  readonly reporter: string
  readonly domain: string
  readonly begin: string | null
  readonly end: string | null
  readonly total: number
  readonly failed: number
  readonly partial?: true
}

/** One of them, whole. */
export interface WholeReport extends ReportRow {
  readonly report_id: string
  readonly sources: readonly Source[]
  readonly advice: readonly string[]
  readonly faults: readonly { readonly where: string; readonly text: string }[]
}

/** Messages of a day, or sessions. */
export interface Day {
  readonly day: string
  readonly passed: number
  readonly failed: number
}

export interface Source {
  readonly source_ip: string
  readonly messages: number
  readonly passed: number
  readonly dkim_aligned: number
  readonly spf_aligned: number
  readonly quarantined: number
  readonly rejected: number
}

/** How far back one looks; nothing: as far as there are reports. */
export const ranges: readonly { readonly key: string; readonly name: string }[] = [
  { key: '', name: 'Whenever' },
  { key: '7', name: 'Last 7 days' },
  { key: '30', name: 'Last 30 days' },
  { key: '90', name: 'Last 90 days' },
]

/** Where the reports of a kind are, of one domain or of all, of the last days or of ever. */
export function reportsPath(
  kind: string,
  choice: { readonly domain: string; readonly range: string },
  now: number,
): string {
  const words = new URLSearchParams()
  const days = Number(choice.range)
  if (choice.domain !== '') words.set('domain', choice.domain)
  if (days > 0) words.set('since', new Date(now - days * 86_400_000).toISOString().slice(0, 10))
  const text = words.toString()
  return `/v1/reports/${kind}${text === '' ? '' : `?${text}`}`
}

/** A share as one says it: never a whole hundred where something failed. */
export function share(part: number, whole: number): string {
  if (whole === 0 || part === whole) return 'all'
  const percent = Math.floor((part / whole) * 1_000) / 10
  return `${percent.toFixed(1)} %`
}

/** Days without a report between those that have one, so that a line does not hide them. */
export function withGaps(days: readonly Day[]): readonly Day[] {
  const [first] = days
  const last = days.at(-1)
  if (first === undefined || last === undefined) return days
  const known = new Map(days.map((one) => [one.day, one]))
  const all: Day[] = []
  const end = Date.parse(last.day)
  for (let at = Date.parse(first.day); at <= end && all.length < 3_000; at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10)
    all.push(known.get(day) ?? { day, passed: 0, failed: 0 })
  }
  return all
}
