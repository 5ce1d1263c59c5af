import type { Domain } from '../../address/domain.ts'
import type { FieldRecordAnswer } from '../../dns/field-record.ts'
import type { DnsAnswer, MxRecord } from '../../dns/resolver.ts'
import { quoted } from '../../journey/sentence.ts'
import type { StsTrouble } from '../../mta-sts/finding.ts'
import type { StsMxVerdict, StsPolicy } from '../../mta-sts/policy.ts'
import type { StsRecordAnswer } from '../../mta-sts/record.ts'
import type { TlsReportRecordAnswer } from '../../report/tls-report-record.ts'
import { paint } from '../output.ts'

/** What a domain says of TLS towards its mail servers, and which of them its policy allows. */
export interface TlsFindings {
  readonly domain: Domain
  readonly mx: DnsAnswer<MxRecord>
  readonly mtaSts: StsRecordAnswer
  /** Absent when none was given. */
  readonly policy?: StsPolicy
  /** Why it could not be fetched. */
  readonly policyProblem?: StsTrouble
  /** One for each MX host, where a policy was given. */
  readonly hosts: readonly StsMxVerdict[]
  readonly reports: TlsReportRecordAnswer
}

/** What was found of a domain's TLS, for a person. */
export function tlsText(
  { domain, mx, mtaSts, policy, policyProblem, hosts, reports }: TlsFindings,
  shown: string,
): string {
  const title = shown === domain ? domain : `${shown} (${domain})`
  const lines = [
    `MX hosts     ${mxText(domain, mx)}`,
    `MTA-STS      ${recordText(mtaSts, ({ id }) => `there is a policy; its id is ${id}`)}`,
    ...(policy === undefined ? [] : policyLines(policy)),
    ...(policyProblem === undefined ? [] : [`Policy       cannot be had: ${policyProblem.text}`]),
    ...hosts.map(hostText),
    `TLS reports  ${recordText(reports, ({ rua }) => `to ${rua.map(({ uri }) => quoted(uri, 200)).join(', ')}`)}`,
  ]
  const next = `The policy is at https://mta-sts.${domain}/.well-known/mta-sts.txt (--fetch fetches it, --policy FILE reads it).`
  const isLeft = policy === undefined && policyProblem === undefined
  if (mtaSts.type === 'record' && isLeft) lines.push('', next)
  const heading = paint('bold', `TLS for mail to ${title}`)
  return [heading, ...lines.map((line) => (line === '' ? '' : `  ${line}`))].join('\n')
}

function mxText(domain: Domain, mx: DnsAnswer<MxRecord>): string {
  switch (mx.type) {
    case 'failed':
      return unasked(mx.reason)
    case 'noData':
      return `none: mail goes to ${domain} itself`
    case 'noName':
      return 'none'
    case 'found': {
      const exchanges = mx.records.map(({ exchange }) => exchange).filter((one) => one !== '')
      return exchanges.join(', ') || 'none: it takes no mail (RFC 7505)'
    }
  }
}

function recordText<T, R extends string>(
  answer: FieldRecordAnswer<T, R>,
  told: (record: T) => string,
): string {
  const { name } = answer
  switch (answer.type) {
    case 'record':
      return told(answer.record)
    case 'unusable':
      return `the record at ${name} cannot be used: ${answer.refusal.text} ${quoted(answer.text, 200)}`
    case 'several':
      return `${answer.texts.length} records at ${name}: as good as none`
    case 'none':
      return `none (${name}: ${absences[answer.reason]})`
    case 'failed':
      return unasked(answer.reason)
  }
}

const absences = {
  'no-name': 'no such name',
  'no-data': 'no TXT record',
  'other-text': 'TXT records, but none of this kind',
} as const

function unasked(reason: string): string {
  return `not known: DNS could not be asked (${reason})`
}

const modes = {
  enforce: 'no mail may go to a host that it does not allow',
  testing: 'failures are reported, and mail goes all the same',
  none: 'as if there were no policy',
} as const satisfies Readonly<Record<StsPolicy['mode'], string>>

function policyLines({ mode, mx, maxAgeSeconds, unknown, repeated }: StsPolicy): readonly string[] {
  const ignored = [...unknown, ...repeated.map((name) => `${name} (again)`)]
  return [
    `Policy       mode ${mode}: ${modes[mode]}`,
    `Allows       ${mx.join(', ') || 'no host'}`,
    `Kept for     ${maxAgeSeconds} seconds`,
    ...(ignored.length === 0
      ? []
      : [`Ignored      ${ignored.map((one) => quoted(one)).join(', ')}`]),
  ]
}

function hostText(verdict: StsMxVerdict): string {
  const host = verdict.mxHost
  switch (verdict.result) {
    case 'match':
      return `${paint('green', 'allowed')}      ${host}, by ${verdict.pattern}`
    case 'mismatch':
      return `${paint('red', 'not allowed')}  ${host}${verdict.enforced ? ': no mail may go there' : ''}`
    case 'no-policy':
      return `no policy    ${host}`
  }
}
