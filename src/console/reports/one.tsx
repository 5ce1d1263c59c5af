import { useResource } from '../api/resource.ts'
import { Loading, ProblemNotice } from '../parts/notice.tsx'
import { count, plainly, when } from '../parts/plain.ts'
import { withQuery } from '../shell/route.ts'
import type { WholeReport } from './model.ts'
import { Sources } from './sources.tsx'

/** One report, as it was sent. */
export function OneReport({ path, what }: { readonly path: string; readonly what: string }) {
  const found = useResource<WholeReport>(path)
  const report = found.data
  return (
    <section class="card">
      <h2>{report === undefined ? 'A report' : `Report of ${plainly(report.reporter || '?')}`}</h2>
      {found.problem === undefined ? null : <ProblemNotice problem={found.problem} />}
      {found.loading ? <Loading /> : null}
      {report === undefined ? null : <Whole report={report} what={what} />}
      <p class="bulk">
        <a class="button" href={withQuery({ report: null })} data-stay>
          Close
        </a>
        {report === undefined ? null : (
          <a class="button" href={path} download={`report-${report.id}.json`}>
            Save as JSON
          </a>
        )}
      </p>
    </section>
  )
}

function Whole({ report, what }: { readonly report: WholeReport; readonly what: string }) {
  const { domain, begin, end, total, failed, sources, advice, faults } = report
  const period = [begin, end].flatMap((at) => (at === null ? [] : [when(at)]))
  return (
    <>
      <p>
        About {plainly(domain || '?')}, {Array.from(new Set(period)).join(' to ')}:{' '}
        {count(total, what)}, {failed === 0 ? 'none failed' : `${failed} failed`}.{' '}
        <span class="muted small">
          Id <code>{plainly(report.report_id || report.id)}</code>
        </span>
      </p>
      {advice.length === 0 ? null : (
        <ul>
          {advice.map((text, index) => (
            <li key={index}>{plainly(text)}</li>
          ))}
        </ul>
      )}
      <Sources sources={sources} more={0} />
      {faults.length === 0 ? null : (
        <details>
          <summary>{count(faults.length, 'thing')} wrong with the report itself</summary>
          <ul>
            {faults.slice(0, 200).map(({ text }, index) => (
              <li key={index}>{plainly(text)}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}
