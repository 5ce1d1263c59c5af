import {
  type AuthenticationResults,
  authenticationResultsValue,
  formatAuthenticationResults,
  type MethodResult,
  mustRemove,
} from '../auth-results/auth-results.ts'
import { unfoldedValue } from '../message/field.ts'
import type { ArcVerdict } from '../arc/arc.ts'
import type { DkimVerdict } from '../dkim/dkim.ts'
import type { DmarcVerdict } from '../dmarc/dmarc.ts'
import type { MessageHeader } from '../message/header-reader.ts'
import type { SpfVerdict } from '../spf/spf.ts'
import type { IprevVerdict } from './iprev.ts'

/** The verdicts that an Authentication-Results field tells of; each may be absent. */
export interface ToldVerdicts {
  readonly spf?: SpfVerdict
  readonly dkim?: readonly DkimVerdict[]
  readonly arc?: ArcVerdict
  readonly dmarc?: DmarcVerdict
  readonly iprev?: IprevVerdict
}

/** The field with its name and CRLF, folded. RFC 8601. */
export function authenticationResultsField(verdicts: ToldVerdicts, hostname: string): string {
  return formatAuthenticationResults(tell(verdicts, hostname))
}

/** The value in one line, for JSON. */
export function authenticationResultsText(verdicts: ToldVerdicts, hostname: string): string {
  return authenticationResultsValue(tell(verdicts, hostname))
}

/** Each hop adds one, and no message has as many hops. */
const maxResultsFields = 100

/**
 * The ranges of a message's header that must not stay: Authentication-Results fields that claim to
 * be ours or of which that cannot be told (RFC 8601 §5), those past the first hundred, which are not
 * even read, and Return-Path fields, which only the last server writes (RFC 5321 §4.4). In order,
 * each `[start, end)` in octets of the message.
 */
export function forgedFields(
  header: MessageHeader,
  hostname: string,
): readonly (readonly [number, number])[] {
  const start = header.octets.byteOffset
  let count = 0
  return header.fields
    .filter((field) => {
      if (field.name === 'return-path') return true
      if (field.name !== 'authentication-results') return false
      if (++count > maxResultsFields) return true
      return mustRemove(unfoldedValue(field), hostname) !== null
    })
    .map(({ raw }) => [raw.byteOffset - start, raw.byteOffset - start + raw.length] as const)
}

function tell(
  { spf, dkim, arc, dmarc, iprev }: ToldVerdicts,
  hostname: string,
): AuthenticationResults {
  return {
    authservId: hostname,
    results: [
      ...(spf === undefined ? [] : [tellSpf(spf)]),
      ...(dkim === undefined ? [] : tellDkim(dkim)),
      ...(arc === undefined ? [] : tellArc(arc, spf)),
      ...(dmarc === undefined ? [] : [tellDmarc(dmarc)]),
      ...(iprev === undefined ? [] : tellIprev(iprev)),
    ],
  }
}

function tellSpf(verdict: SpfVerdict): MethodResult {
  const { identity, sender, domain, result } = verdict
  const property =
    identity === 'helo'
      ? { ptype: 'smtp', property: 'helo', value: domain }
      : { ptype: 'smtp', property: 'mailfrom', value: sender }
  return { method: 'spf', result, properties: [property] }
}

function tellDkim(verdicts: readonly DkimVerdict[]): readonly MethodResult[] {
  if (verdicts.length === 0) return [{ method: 'dkim', result: 'none', properties: [] }]
  return verdicts.map((verdict) => ({
    method: 'dkim',
    result: verdict.result,
    ...(verdict.result === 'pass' ? {} : { reason: verdict.reason.text }),
    properties: [
      ...header('d', verdict.domain),
      ...header('s', verdict.selector),
      ...header('a', verdict.algorithm),
    ],
  }))
}

/** RFC 8617 §5.2, §6. A message without a chain, as most are, is not told to have none. */
function tellArc(verdict: ArcVerdict, spf: SpfVerdict | undefined): readonly MethodResult[] {
  if (verdict.result === 'none') return []
  const { result } = verdict
  const client = spf === undefined ? [] : [{ ptype: 'smtp', property: 'remote-ip', value: spf.ip }]
  if (verdict.result === 'fail') {
    return [{ method: 'arc', result, reason: verdict.reason.text, properties: client }]
  }
  const oldestPass = header('oldest-pass', String(verdict.oldestPass))
  return [{ method: 'arc', result, properties: [...oldestPass, ...client] }]
}

function header(property: string, value: string | undefined): MethodResult['properties'] {
  return value === undefined ? [] : [{ ptype: 'header', property, value }]
}

/** RFC 8601 §2.7.3: the address that was asked about is the one property. */
function tellIprev(verdict: IprevVerdict): readonly MethodResult[] {
  const { result, ip } = verdict
  if (verdict.result === 'permerror' && verdict.because === 'not-an-address') return []
  return [
    { method: 'iprev', result, properties: [{ ptype: 'policy', property: 'iprev', value: ip }] },
  ]
}

function tellDmarc(verdict: DmarcVerdict): MethodResult {
  const { result, authorDomain, disposition } = verdict
  return {
    method: 'dmarc',
    result,
    properties: [
      ...(authorDomain === null ? [] : header('from', authorDomain)),
      // RFC 9989 §9.1: "applied/to be applied after policy options have been processed", so after t=y.
      ...(disposition === null ? [] : [{ ptype: 'policy', property: 'dmarc', value: disposition }]),
    ],
  }
}
