import { useState } from 'preact/hooks'
import { type Acting, useAct } from '../api/act.ts'
import { useResource } from '../api/resource.ts'
import { Copy } from '../parts/copy.tsx'
import { Loading, ProblemNotice } from '../parts/notice.tsx'
import { plainly } from '../parts/plain.ts'
import { Said } from '../parts/said.tsx'
import { Table } from '../parts/table.tsx'
import { Time } from '../parts/text.tsx'
import { Pill } from '../parts/verdict.tsx'
import {
  type DnsRecord,
  type Domain,
  isOfServer,
  type Records,
  standing,
  toneOf,
  zoneText,
} from './model.ts'

/** One domain: its records are shown at once, and what is published when DNS has answered. */
export function DomainCard(props: {
  readonly domain: Domain
  readonly origin: string
  readonly changes: boolean
  readonly open: boolean
  readonly removed: Acting
}) {
  const { domain, origin, changes, removed } = props
  const { domain: name } = domain
  const [open, setOpen] = useState(props.open)
  const path = `/v1/domains/${encodeURIComponent(name)}`
  const wanted = useResource<Records>(open ? `${path}/records` : null)
  const checked = useResource<Records>(`${path}/records?check=true`)
  const keys = useAct(checked.again)
  const records = checked.data?.data ?? wanted.data?.data ?? []
  const own = records.filter((one) => !isOfServer(one, name))
  const server = records.filter((one) => isOfServer(one, name))
  const remove = (): void => {
    if (!window.confirm(`Take no more mail for ${name}? Its signing keys stay.`)) return
    void removed.act(path, { method: 'DELETE' }, () => `Mail for ${name} is not taken any more.`)
  }
  return (
    <section class="card">
      <h2>
        {plainly(name)} <span class="muted small">{origin}</span>
      </h2>
      <p class="bulk">
        <Standing checked={checked.data} failed={checked.problem !== undefined} />
        <button type="button" class="small" disabled={checked.loading} onClick={checked.again}>
          Check again<span class="heard"> what is published of {name}</span>
        </button>
        <button
          type="button"
          class="small"
          aria-expanded={open}
          onClick={() => setOpen((one) => !one)}
        >
          {open ? 'Hide' : 'Show'} the records<span class="heard"> of {name}</span>
        </button>
        {changes ? (
          <>
            <button
              type="button"
              class="small"
              disabled={keys.busy}
              onClick={() => {
                void keys.act(`${path}/dkim/rotate`, { method: 'POST', body: {} }, rotated)
              }}
            >
              Rotate DKIM keys<span class="heard"> of {name}</span>
            </button>
            {domain.from === 'store' ? (
              <button type="button" class="small" onClick={remove}>
                Remove<span class="heard"> {name}</span>
              </button>
            ) : null}
          </>
        ) : null}
      </p>
      <Said acting={keys} />
      {checked.problem === undefined ? null : (
        <ProblemNotice problem={checked.problem} again={checked.again} />
      )}
      {open ? (
        <>
          {records.length === 0 && wanted.loading ? <Loading /> : null}
          <RecordTable caption={`Records of ${name}`} records={own} />
          <RecordTable
            caption={`Beside ${name}: of the server itself, once for all its domains`}
            records={server}
          />
          {records.length === 0 ? null : (
            <p>
              <Copy text={zoneText(records)} what={`all records of ${name}`} />{' '}
              <span class="muted small">all of them, as a zone file has them</span>
            </p>
          )}
        </>
      ) : null}
    </section>
  )
}

function Standing(props: { readonly checked: Records | undefined; readonly failed: boolean }) {
  const { checked, failed } = props
  if (failed) return <Pill tone="unknown">not asked</Pill>
  if (checked === undefined) {
    return (
      <span class="muted" role="status" data-loading>
        DNS is being asked …
      </span>
    )
  }
  const { tone, text } = standing(checked.data)
  return (
    <>
      <Pill tone={tone}>{text}</Pill>
      {checked.checked_at === null ? null : (
        <span class="muted small">
          asked <Time at={checked.checked_at} />
        </span>
      )}
    </>
  )
}

function RecordTable(props: { readonly caption: string; readonly records: readonly DnsRecord[] }) {
  return (
    <Table
      caption={props.caption}
      heads={['Name', 'Type', 'Value', 'Now', 'What for']}
      rows={props.records.map((record) => [
        <code key="name">{plainly(record.name)}</code>,
        record.type,
        <Value key="value" record={record} />,
        <State key="state" record={record} />,
        <span key="reason" class="small">
          {plainly(record.reason)}
        </span>,
      ])}
    />
  )
}

function Value({ record: { name, type, value } }: { readonly record: DnsRecord }) {
  if (value === '') return <span class="muted">only you can know it</span>
  return (
    <>
      <code class="long" tabIndex={0} role="group" aria-label={`Value of ${type} ${name}`}>
        {plainly(value)}
      </code>
      <Copy text={value} what={`the value of ${type} ${name}`} />
    </>
  )
}

function State({ record }: { readonly record: DnsRecord }) {
  const { status, note = '', found = [], optional } = record
  if (status === undefined) return <span class="muted">…</span>
  return (
    <>
      <Pill tone={toneOf(record)}>{status}</Pill>
      {optional === true && status === 'missing' ? (
        <span class="muted small"> optional</span>
      ) : null}
      {note === '' ? null : <div class="small">{plainly(note)}</div>}
      {status === 'published'
        ? null
        : found.slice(0, 10).map((one, index) => (
            <div key={index} class="small">
              there: <code>{plainly(one)}</code>
            </div>
          ))}
    </>
  )
}

interface Rotation {
  readonly step: 'made' | 'waiting' | 'done'
  readonly active?: readonly string[]
  readonly retired?: readonly string[]
}

/** A step of a rotation, as the terminal tells it. */
function rotated({ step, active = [], retired = [] }: Rotation): string {
  if (step === 'made') {
    return 'New keys were made. Publish their records, which are missing below, then press it again.'
  }
  if (step === 'waiting') return 'DNS does not have all records of the new keys yet.'
  const old = retired.join(' and ')
  return `${active.join(' and ')} sign from now on. Take the records of ${old} out of DNS in a week.`
}
