import { useEffect, useMemo } from 'preact/hooks'
import { useResource } from '../api/resource.ts'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { count, plainly, when } from '../parts/plain.ts'
import { Table } from '../parts/table.tsx'
import { mayManage } from '../shell/may.ts'
import { query, stay, withQuery } from '../shell/route.ts'
import { Chart } from './chart.tsx'
import { ImportReports } from './import.tsx'
import { ranges, type ReportRow, type Reports, reportsPath, share, withGaps } from './model.ts'
import { OneReport } from './one.tsx'
import { Sources } from './sources.tsx'

const kinds = [
  { key: 'dmarc', name: 'DMARC', what: 'message', record: '_dmarc' },
  { key: 'tls', name: 'TLS', what: 'session', record: '_smtp._tls' },
] as const

type Kind = (typeof kinds)[number]

/** What others report of our mail, over time. */
export function ReportsPage() {
  const kind = kinds.find(({ key }) => key === query.value.get('kind')) ?? kinds[0]
  const domain = query.value.get('domain') ?? ''
  const range = query.value.get('range') ?? ''
  const id = query.value.get('report')
  const path = useMemo(
    () => reportsPath(kind.key, { domain, range }, Date.now()),
    [kind, domain, range],
  )
  const found = useResource<Reports>(path)
  useEffect(() => {
    document.title = `${kind.name} reports · Waybill`
  }, [kind])
  return (
    <>
      <h1>Reports</h1>
      <nav class="tabs under" aria-label="Kinds of reports">
        {kinds.map(({ key, name }) => (
          <a
            key={key}
            href={withQuery({ kind: key, report: null })}
            data-stay
            aria-current={key === kind.key ? 'page' : undefined}
          >
            {name}
          </a>
        ))}
      </nav>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      {found.loading ? <Loading /> : null}
      {id === null ? null : <OneReport path={`/v1/reports/${kind.key}/${id}`} what={kind.what} />}
      {found.data === undefined ? null : (
        <>
          <Choice domains={found.data.domains} domain={domain} range={range} />
          <Content reports={found.data} kind={kind} chosen={domain !== '' || range !== ''} />
          {mayManage() ? <ImportReports kind={kind.key} changed={found.again} /> : null}
        </>
      )}
    </>
  )
}

function Choice(props: {
  readonly domains: readonly string[]
  readonly domain: string
  readonly range: string
}) {
  const { domains, domain, range } = props
  if (domains.length === 0) return null
  const set = (name: string) => (event: Event) => {
    const { currentTarget: field } = event
    if (field instanceof HTMLSelectElement) stay(withQuery({ [name]: field.value, report: null }))
  }
  return (
    <div class="inline">
      <label>
        About
        <select value={domain} onChange={set('domain')}>
          <option value="">All domains</option>
          {domains.map((one) => (
            <option key={one} value={one}>
              {plainly(one)}
            </option>
          ))}
        </select>
      </label>
      <label>
        When
        <select value={range} onChange={set('range')}>
          {ranges.map(({ key, name }) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

function NoReports({ kind, chosen }: { readonly kind: Kind; readonly chosen: boolean }) {
  if (chosen) {
    return (
      <Empty>
        <h2>No report of that</h2>
        <p>
          <a href={withQuery({ domain: null, range: null })} data-stay>
            Show all of them
          </a>
        </p>
      </Empty>
    )
  }
  return (
    <Empty>
      <h2>No {kind.name} reports yet</h2>
      <p>
        Others send them once a day to the address in the record <code>{kind.record}.</code> of your
        domain (<a href="/domains">Domains</a> has it). Give the files here, or read them with{' '}
        <code>waybill report import FILE</code>.
      </p>
    </Empty>
  )
}

function Content(props: {
  readonly reports: Reports
  readonly kind: Kind
  readonly chosen: boolean
}) {
  const { reports, kind, chosen } = props
  const { data, totals, sources, advice, days } = reports
  const shown = useMemo(() => withGaps(days), [days])
  if (data.length === 0) return <NoReports kind={kind} chosen={chosen} />
  const passed = totals.total - totals.failed
  return (
    <>
      {totals.reports === 0 ? null : (
        <p class={`sentence ${totals.failed === 0 ? 'pass' : 'warn'}`}>
          {count(passed, kind.what)} of {totals.total} passed ({share(passed, totals.total)}), by{' '}
          {count(totals.reports, 'report')}.
        </p>
      )}
      {advice.length === 0 ? null : (
        <div class="notice">
          <h2>Look at</h2>
          <ul>
            {advice.map((text, index) => (
              <li key={index}>{plainly(text)}</li>
            ))}
          </ul>
        </div>
      )}
      {reports.unread === 0 ? null : (
        <p class="muted small">
          Advice and addresses are those of the newest {totals.reports - reports.unread} reports.
        </p>
      )}
      {shown.length > 1 ? <Chart days={shown} /> : null}
      {days.length === 0 ? null : (
        <details open={shown.length < 2}>
          <summary>Day by day, as a table</summary>
          <Table
            caption="Day by day"
            heads={['Day', 'Passed', 'Failed']}
            rows={days.toReversed().map(({ day, passed: good, failed }) => [day, good, failed])}
          />
        </details>
      )}
      <Sources sources={sources} more={reports.more_sources} />
      <Table
        caption="The reports, the latest period first"
        heads={['From', 'About', 'Period', 'Passed', 'Failed', 'Kind']}
        rows={data.slice(0, 500).map((one) => rowOf(one))}
      />
      {reports.has_more ? (
        <p class="muted small">
          There are more: <code>waybill report list</code> has all of them.
        </p>
      ) : null}
    </>
  )
}

function rowOf(one: ReportRow) {
  const { id, reporter, domain, begin, end, total, failed, kind, partial } = one
  const period = [begin, end].flatMap((at) => (at === null ? [] : [when(at)]))
  return [
    <a key="one" href={withQuery({ report: id })} data-stay>
      {plainly(reporter === '' ? id.slice(0, 8) : reporter)}
    </a>,
    plainly(domain),
    Array.from(new Set(period)).join(' to ') || '–',
    total - failed,
    failed,
    `${kind}${partial === true ? ', read in part' : ''}`,
  ]
}
