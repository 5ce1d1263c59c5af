/** What `/v1/reports/dmarc` and `/v1/reports/tls` have. */
export interface Reports {
  readonly data: readonly ReportRow[]
  readonly days?: readonly Day[]
  readonly sources?: readonly Source[]
  readonly advice?: readonly string[]
}

/** A report that somebody sent. */
export interface ReportRow {
  readonly id: string
  readonly reporter: string
  readonly domain: string
  readonly begin: string | null
  readonly end: string | null
  readonly total: number
  readonly failed: number
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
  readonly dkim_aligned?: number
  readonly spf_aligned?: number
  readonly quarantined?: number
  readonly rejected?: number
}

/** The days as told, else as the reports give them: each by the day on which it begins. */
export function daysOf({ data, days }: Reports): readonly Day[] {
  if (days !== undefined) return days
  const found = new Map<string, { passed: number; failed: number }>()
  for (const { begin, total, failed } of data) {
    if (begin === null) continue
    const day = begin.slice(0, 10)
    const sum = found.get(day) ?? { passed: 0, failed: 0 }
    found.set(day, { passed: sum.passed + total - failed, failed: sum.failed + failed })
  }
  return Array.from(found, ([day, sum]) => ({ day, ...sum })).toSorted((a, b) =>
    a.day.localeCompare(b.day),
  )
}
