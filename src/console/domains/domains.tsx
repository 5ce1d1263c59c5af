import { useEffect } from 'preact/hooks'
import { useResource } from '../api/resource.ts'
import { Copy } from '../parts/copy.tsx'
import { Empty, Loading, ProblemNotice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import { plainly } from '../parts/plain.ts'
import { Pill, type Tone } from '../parts/verdict.tsx'

interface DnsRecord {
  readonly name: string
  readonly type: string
  readonly value: string
  readonly reason?: string | null
  /** Whether it is published, where somebody has looked. */
  readonly status?: string | null
}

interface Domain {
  readonly domain: string
  /** The settings file, or a command. */
  readonly from?: string | null
  readonly records?: readonly DnsRecord[]
}

/** The domains that mail is taken for, and what DNS has to say for each. */
export function DomainsPage() {
  const found = useResource<{ readonly data: readonly Domain[] }>('/v1/domains')
  useEffect(() => {
    document.title = 'Domains · Waybill'
  }, [])
  return (
    <>
      <h1>Domains</h1>
      {found.problem === undefined ? null : (
        <ProblemNotice problem={found.problem} again={found.again} />
      )}
      {found.loading ? <Loading /> : null}
      {found.data?.data.length === 0 ? (
        <Empty>
          <h2>No domain yet</h2>
          <p>
            <code>waybill domain add your.domain</code> takes mail for one and makes its keys.
          </p>
        </Empty>
      ) : null}
      {found.data?.data.map((domain) => (
        <DomainCard key={domain.domain} domain={domain} />
      ))}
    </>
  )
}

function DomainCard({ domain: { domain, from, records } }: { readonly domain: Domain }) {
  const own = useResource<{ readonly data: readonly DnsRecord[] }>(
    records === undefined ? `/v1/domains/${encodeURIComponent(domain)}/records` : null,
  )
  const all = records ?? own.data?.data ?? []
  const zone = all.map(({ name, type, value }) => `${name}. ${type} ${value}`).join('\n')
  const looked = all.some(({ status }) => status !== undefined && status !== null)
  return (
    <section class="card">
      <h2>
        {plainly(domain)}{' '}
        {from === undefined || from === null ? null : (
          <span class="muted small">from {plainly(from)}</span>
        )}
      </h2>
      {own.problem === undefined ? null : <ProblemNotice problem={own.problem} />}
      {all.length === 0 ? null : (
        <>
          <Table
            caption="Records to publish"
            heads={['Name', 'Type', 'Value', ...(looked ? ['Now'] : []), 'What for', '']}
            rows={all.map((record) => [
              <code key="name">{plainly(record.name)}</code>,
              record.type,
              <code key="value" class="long">
                {plainly(record.value)}
              </code>,
              ...(looked ? [<State key="state" status={record.status ?? 'unknown'} />] : []),
              plainly(record.reason ?? ''),
              <Copy key="copy" text={record.value} what={`the value of ${record.name}`} />,
            ])}
          />
          <p>
            <Copy text={zone} what={`all records of ${domain}`} />{' '}
            <span class="muted small">all of them, as a zone file has them</span>
          </p>
        </>
      )}
    </section>
  )
}

const tones: Readonly<Record<string, Tone>> = {
  published: 'pass',
  differs: 'fail',
  missing: 'fail',
  unknown: 'unknown',
}

function State({ status }: { readonly status: string }) {
  return <Pill tone={tones[status] ?? 'none'}>{status}</Pill>
}
