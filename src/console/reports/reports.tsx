import { useEffect } from 'preact/hooks'
import { useResource } from '../api/resource.ts'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import { count, plainly, when } from '../parts/plain.ts'
import { query, withQuery } from '../shell/route.ts'
import { Chart } from './chart.tsx'
import { daysOf, type Reports } from './model.ts'

const kinds = [
  { key: 'dmarc', name: 'DMARC', what: 'message' },
  { key: 'tls', name: 'TLS', what: 'session' },
] as const

/** What others report of our mail, over time. */
export function ReportsPage() {
  const kind = kinds.find(({ key }) => key === query.value.get('kind')) ?? kinds[0]
  const found = useResource<Reports>(`/v1/reports/${kind.key}`)
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
            href={withQuery({ kind: key })}
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
      {found.data === undefined ? null : <Content reports={found.data} what={kind.what} />}
    </>
  )
}

function Content({ reports, what }: { readonly reports: Reports; readonly what: string }) {
  const { data, sources = [], advice = [] } = reports
  if (data.length === 0) {
    return (
      <Empty>
        <h2>No reports yet</h2>
        <p>
          Others send them once a day, where a domain’s record asks for them. Those that you have as
          files are read with <code>waybill report import FILE</code>.
        </p>
      </Empty>
    )
  }
  const days = daysOf(reports)
  const total = data.reduce((sum, one) => sum + one.total, 0)
  const failed = data.reduce((sum, one) => sum + one.failed, 0)
  return (
    <>
      <p class={`sentence ${failed === 0 ? 'pass' : 'warn'}`}>
        {count(total - failed, what)} of {total} passed, by {count(data.length, 'report')}.
      </p>
      {advice.map((text, index) => (
        <p key={index} class="notice">
          {plainly(text)}
        </p>
      ))}
      {days.length > 1 ? <Chart days={days} /> : null}
      <Table
        caption="Day by day"
        heads={['Day', 'Passed', 'Failed']}
        rows={days.map(({ day, passed, failed: bad }) => [day, passed, bad])}
      />
      <Table
        caption="Who sent it"
        heads={['Address', 'Messages', 'Passed', 'SPF aligned', 'DKIM aligned', 'Held off']}
        rows={sources
          .slice(0, 500)
          .map((one) => [
            <code key="ip">{plainly(one.source_ip)}</code>,
            one.messages,
            one.passed,
            one.spf_aligned ?? '–',
            one.dkim_aligned ?? '–',
            (one.quarantined ?? 0) + (one.rejected ?? 0),
          ])}
      />
      <Table
        caption="The reports"
        heads={['From', 'About', 'Period', 'Passed', 'Failed']}
        rows={data
          .slice(0, 500)
          .map((one) => [
            plainly(one.reporter),
            plainly(one.domain),
            one.begin === null
              ? '–'
              : `${when(one.begin)}${one.end === null ? '' : ` to ${when(one.end)}`}`,
            one.total - one.failed,
            one.failed,
          ])}
      />
    </>
  )
}
