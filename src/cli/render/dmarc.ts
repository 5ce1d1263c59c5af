import type { DmarcVerdict, WalkStep } from '../../dmarc/dmarc.ts'
import { listed, quoted } from '../../journey/sentence.ts'
import { readingDifferences } from '../../journey/sentences/verdicts.ts'

/** Each name that was asked, and what came back. */
export function renderWalk(walk: readonly WalkStep[]): readonly string[] {
  const width = Math.min(60, Math.max(0, ...walk.map(({ name }) => name.length)))
  return walk.map((step) => `${quoted(step.name, 253).padEnd(width)}  ${answerOf(step)}`)
}

function answerOf({ answer, text, failure }: WalkStep): string {
  switch (answer) {
    case 'record':
      return quoted(text ?? '', 300)
    case 'unusable-record':
      return `${quoted(text ?? '', 300)}  (cannot be used)`
    case 'several-records':
      return 'several DMARC records: none counts'
    case 'other-text':
      return 'TXT records, but none of DMARC'
    case 'no-name':
      return 'no such name'
    case 'no-data':
      return 'no TXT record'
    case 'failed':
      return `could not be asked (${failure ?? 'no answer'})`
  }
}

const wishes = { none: 'do nothing about', quarantine: 'mark as spam', reject: 'refuse' } as const

/** What applies to mail from a domain, in lines for a person. */
export function renderPolicy(domain: string, verdict: DmarcVerdict): readonly string[] {
  const { record, policy, policyTag, disposition, orgDomain, existence } = verdict
  if (record === null || policy === null || disposition === null) {
    const otherwise = (verdict.rfc7489?.policy ?? null) === null ? [] : [otherReading(verdict)]
    return [absence(domain, verdict), ...otherwise]
  }
  const { tags } = record
  const whose = record.domain === domain ? 'its own record' : `the record of ${record.domain}`
  const lines = [
    `Policy       ${policy} (${policyTag}=, from ${whose}): ${wishes[policy]} mail that nobody vouches for`,
  ]
  if (policy !== disposition) {
    lines.push(`Test mode    t=y: receivers are asked to ${wishes[disposition]} it instead`)
  }
  lines.push(`Organization ${orgDomain ?? 'not known: a question above was not answered'}`)
  const modes = { r: 'the same organization', s: 'the very same domain' } as const
  lines.push(`SPF must be  of ${modes[tags.aspf]} (aspf=${tags.aspf})`)
  lines.push(`DKIM must be of ${modes[tags.adkim]} (adkim=${tags.adkim})`)
  if (existence !== null)
    lines.push(`np=          ${existence.name}: ${existences[existence.answer]}`)
  const rua = tags.rua.map(({ uri }) => quoted(uri, 200))
  lines.push(`Reports to   ${rua.length === 0 ? 'nobody (no rua)' : rua.join(', ')}`)
  if (tags.removed.length > 0) {
    const names = tags.removed.map(({ tag }) => tag).join(', ')
    lines.push(`Ignored      ${names}: removed by RFC 9989, take them out`)
  }
  lines.push(otherReading(verdict))
  return lines
}

/** How receivers that still take the Organizational Domain from a public suffix list read it. */
function otherReading({ rfc7489 }: DmarcVerdict): string {
  if (rfc7489 === null) return 'RFC 7489     not read'
  if (!rfc7489.differs) return 'RFC 7489     reads it the same'
  // No mail was judged here: a result is only worth telling when there is no policy behind it.
  const what = rfc7489.what.filter((one) => one !== 'result' || rfc7489.policy === null)
  return `RFC 7489     reads it otherwise: ${listed(readingDifferences({ ...rfc7489, what }))}`
}

const existences = {
  exists: 'the name exists, so np does not apply',
  'does-not-exist': 'the name does not exist, so np applies',
  failed: 'not known whether the name exists; the milder policy is taken',
} as const

function absence(domain: string, verdict: DmarcVerdict): string {
  switch (verdict.result) {
    case 'none':
      return verdict.because === 'record-without-policy'
        ? 'No policy: there is a record, and it has neither a valid p= nor rua=.'
        : `No policy: ${domain} and the domains above it publish no DMARC record.`
    case 'temperror':
      return 'Not known: a question was not answered. Try again later.'
    case 'permerror':
    case 'pass':
    case 'fail':
      return `No policy can be asked for: "${quoted(domain)}" is not a domain name.`
  }
}
