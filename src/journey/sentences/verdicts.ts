import type { ArcVerdict } from '../../arc/arc.ts'
import type { DkimVerdict } from '../../dkim/dkim.ts'
import { type DmarcVerdict, type Rfc7489Reading, wasNotAsked } from '../../dmarc/dmarc.ts'
import type { Decision } from '../../inspect/decide.ts'
import { describeSpfProblem, type SpfVerdict } from '../../spf/spf.ts'
import { mailboxName } from '../recipients.ts'
import { ended, listed, quoted, type Sentence, type VerdictWord } from '../sentence.ts'

/** May this client send for this domain? */
export function tellSpf(verdict: SpfVerdict): Sentence {
  const { result, domain, ip, identity, lookups, terms, record } = verdict
  return {
    id: `spf.${identity}`,
    label: 'SPF',
    question: `May ${ip} send for ${quoted(domain)}?`,
    answer: spfAnswer(verdict),
    verdict: notLookedUp(verdict) ? 'skipped' : spfWords[result],
    result,
    rules: ['RFC 7208 §4.6', ...(identity === 'helo' ? ['RFC 7208 §2.4'] : [])],
    ...(result === 'permerror'
      ? { fix: `The owner of ${quoted(domain)} must correct the SPF record.` }
      : {}),
    details: { record: record ?? null, terms, lookups },
  }
}

const spfWords: Readonly<Record<SpfVerdict['result'], VerdictWord>> = {
  pass: 'pass',
  fail: 'fail',
  softfail: 'warn',
  neutral: 'note',
  none: 'none',
  permerror: 'fail',
  temperror: 'unknown',
}

function notLookedUp(verdict: SpfVerdict): boolean {
  if (verdict.result !== 'temperror') return false
  return verdict.problem.type === 'dnsFailed' && verdict.problem.reason === 'not-asked'
}

function spfAnswer(verdict: SpfVerdict): string {
  const domain = quoted(verdict.domain)
  switch (verdict.result) {
    case 'pass': {
      const { mechanism, mechanismDomain } = verdict
      return `${verdict.ip} matches ${quoted(mechanism)} in ${quoted(mechanismDomain)}'s record.`
    }
    case 'fail':
    case 'softfail': {
      const word = verdict.result === 'fail' ? '-' : '~'
      const says = verdict.result === 'fail' ? 'refuse' : 'suspicious'
      const { mechanism } = verdict
      const where =
        mechanism === 'default' ? 'no term matched' : `"${word}${mechanism}" says ${says}`
      return `${verdict.ip} is not on ${domain}'s list; ${where}.`
    }
    case 'neutral':
      return `${domain} says nothing about ${verdict.ip}.`
    case 'none':
      return `${domain} publishes no SPF record.`
    case 'permerror':
      return `The record cannot be used: ${describeSpfProblem(verdict.problem)}.`
    case 'temperror':
      return notLookedUp(verdict)
        ? `Not looked up: ${describeSpfProblem(verdict.problem)}.`
        : `It could not be asked: ${describeSpfProblem(verdict.problem)}.`
  }
}

/** Who signed, and does it hold? */
export function tellDkim(verdicts: readonly DkimVerdict[]): Sentence {
  const passed = verdicts.filter(({ result }) => result === 'pass')
  const result = passed.length > 0 ? 'pass' : (verdicts[0]?.result ?? 'none')
  return {
    id: 'dkim',
    label: 'DKIM',
    question: 'Who signed this message, and is it as it was signed?',
    answer: dkimAnswer(verdicts, passed),
    verdict: dkimWords[result],
    result,
    rules: ['RFC 6376 §6.1', 'RFC 8301 §3', 'RFC 8463'],
    details: { signatures: verdicts },
  }
}

const dkimWords: Readonly<Record<DkimVerdict['result'] | 'none', VerdictWord>> = {
  pass: 'pass',
  none: 'none',
  fail: 'fail',
  permerror: 'fail',
  policy: 'warn',
  neutral: 'note',
  temperror: 'unknown',
}

function dkimAnswer(verdicts: readonly DkimVerdict[], passed: readonly DkimVerdict[]): string {
  const [first] = verdicts
  if (first === undefined) return 'Nobody signed this message.'
  if (passed.length > 0) {
    const domains = new Set(passed.map(({ domain }) => quoted(domain ?? '')))
    const covered = passed.find(({ body }) => (body?.uncovered ?? 0) > 0)
    const gap =
      covered === undefined
        ? ''
        : ` ${covered.body?.uncovered ?? 0} octets at the end are not signed.`
    const one = passed.length === 1 ? 'Signature' : `${passed.length} signatures`
    const holds = `${one} of ${listed(Array.from(domains))} ${passed.length === 1 ? 'verifies' : 'verify'}.`
    return `${holds}${gap}${broken(verdicts)}`
  }
  if (first.result === 'pass') return ''
  const whose =
    first.domain === undefined ? 'The signature' : `The signature of ${quoted(first.domain)}`
  return `${whose} does not count: ${ended(quoted(first.reason.text, 300))}`
}

/** Signatures beside one that holds, which do not: where a list or a forwarder changed something. */
function broken(verdicts: readonly DkimVerdict[]): string {
  const failed = verdicts.flatMap((verdict) => (verdict.result === 'pass' ? [] : [verdict]))
  const [first] = failed
  if (first === undefined) return ''
  const domains = new Set(failed.map(({ domain }) => quoted(domain ?? 'unknown')))
  return ` Not that of ${listed(Array.from(domains))}: ${ended(quoted(first.reason.text, 200))}`
}

/** Who handed it on? Information: no verdict of ARC harms a message. */
export function tellArc(verdict: ArcVerdict): Sentence {
  return {
    id: 'arc',
    label: 'ARC',
    question: 'Who handed this message on, and does each of them stand by it?',
    answer: arcAnswer(verdict),
    verdict: arcWords[verdict.result],
    result: verdict.result,
    rules: ['RFC 8617 §5.2'],
    details: { evaluation: verdict },
  }
}

const arcWords: Readonly<Record<ArcVerdict['result'], VerdictWord>> = {
  pass: 'pass',
  fail: 'note',
  none: 'none',
}

function arcAnswer(verdict: ArcVerdict): string {
  switch (verdict.result) {
    case 'none':
      return 'Nobody sealed this message.'
    case 'pass': {
      const sealers = verdict.sealers.toReversed().map((domain) => quoted(domain))
      const shown = sealers.length > 5 ? [...sealers.slice(0, 4), 'others'] : sealers
      if (sealers.length === 1) return `${listed(shown)} sealed it, and it is as it was then.`
      const { oldestPass } = verdict
      const since =
        oldestPass === 0
          ? 'it is as the first of them had it'
          : `it was changed before number ${oldestPass} sealed it`
      return `${listed(shown)} sealed it, one after the other, and all seals hold; ${since}.`
    }
    case 'fail': {
      const { instance, text, temporary } = verdict.reason
      const where = instance === null ? 'The chain' : `The chain (at number ${instance})`
      const why = temporary ? ', for now' : ''
      return `${where} does not hold${why}: ${ended(quoted(text, 300))}`
    }
  }
}

/** Does anything that holds vouch for the author's domain? */
export function tellDmarc(verdict: DmarcVerdict): Sentence {
  const { result, authorDomain, policy, disposition, testing } = verdict
  const asked =
    policy === null ? {} : { askedFor: testing ? `${policy} (t=y: ${disposition ?? ''})` : policy }
  return {
    id: 'dmarc',
    label: 'DMARC',
    question: `Does anybody vouch for ${quoted(authorDomain ?? 'the author')}?`,
    answer: dmarcAnswer(verdict) + otherReading(verdict),
    verdict: wasNotAsked(verdict) ? 'skipped' : dmarcWords[result],
    result,
    ...asked,
    rules: ['RFC 9989 §4.10', 'RFC 9989 §5.3'],
    details: {
      policy,
      disposition,
      org_domain: verdict.orgDomain,
      spf_aligned: verdict.spfAligned,
      dkim_aligned: verdict.dkimAligned,
      walk: verdict.walk,
      evaluation: verdict,
    },
  }
}

const dmarcWords: Readonly<Record<DmarcVerdict['result'], VerdictWord>> = {
  pass: 'pass',
  fail: 'fail',
  none: 'none',
  temperror: 'unknown',
  permerror: 'fail',
}

const wishes = { none: 'nothing to be done', quarantine: 'mark as spam', reject: 'reject' } as const

function dmarcAnswer(verdict: DmarcVerdict): string {
  const author = quoted(verdict.authorDomain ?? '')
  switch (verdict.result) {
    case 'pass': {
      const who =
        verdict.spfAligned && verdict.dkimAligned
          ? 'SPF and DKIM both vouch'
          : verdict.spfAligned
            ? 'SPF vouches'
            : 'DKIM vouches'
      const asks =
        verdict.policy === 'none' ? 'only watches' : `asks: ${wishes[verdict.policy]} others`
      return `${who} for ${author} (it ${asks}).`
    }
    case 'fail': {
      const test = verdict.testing ? `, in test mode: ${wishes[verdict.disposition]}` : ''
      return `Nobody vouches for ${author}, and ${author} asks: ${wishes[verdict.policy]}${test}.`
    }
    case 'none':
      return `${author} publishes no DMARC policy.`
    case 'temperror':
      return wasNotAsked(verdict)
        ? `Not looked up: here nobody asks what ${author} publishes.`
        : 'DNS did not answer, so it is not known.'
    case 'permerror':
      return 'From does not name one author whose domain could be asked.'
  }
}

/**
 * Where receivers that still read by RFC 7489 and its public suffix list would see it otherwise.
 * Without a policy in either reading there is nothing that another organization could change.
 */
function otherReading({ policy, result, rfc7489 }: DmarcVerdict): string {
  if (rfc7489 === null || !rfc7489.differs) return ''
  if (rfc7489.result === result && rfc7489.policy === null && policy === null) return ''
  return ` By RFC 7489 it would be otherwise: ${listed(readingDifferences(rfc7489))}.`
}

/** Each difference in a few words; what follows from another one is not told. */
export function readingDifferences(reading: Rfc7489Reading): readonly string[] {
  const { what, result, policy, recordDomain, orgDomain } = reading
  const told: string[] = []
  if (what.includes('result')) told.push(result === 'none' ? 'no policy' : `result ${result}`)
  if (what.includes('policy') && policy !== null) told.push(`policy ${policy}`)
  if (what.includes('record-domain') && recordDomain !== null) {
    told.push(`record of ${quoted(recordDomain)}`)
  }
  if (what.includes('organizational-domain')) told.push(`organization ${quoted(orgDomain)}`)
  if (what.includes('spf-alignment')) told.push(`SPF ${alignments(reading.spfAligned)}`)
  if (what.includes('dkim-alignment')) told.push(`DKIM ${alignments(reading.dkimAligned)}`)
  return told
}

function alignments(aligned: boolean): string {
  return aligned ? 'vouches' : 'does not vouch'
}

/** What was done with it, and why. */
export function tellDecision(decision: Decision): Sentence {
  const { action, askedFor, did, override, considered, because, noticed } = decision
  const remarks = (noticed ?? []).filter((one) => !because.includes(one.because))
  const beside = remarks.map((one) => ` Note: ${ended(quoted(one.because, 300))}`).join('')
  return {
    id: 'decision',
    label: 'decision',
    question: 'What becomes of it, and why?',
    answer: `${actions[action]}: ${ended(quoted(because, 300))}${beside}`,
    verdict: action === 'deliver' ? 'ok' : action === 'defer' ? 'unknown' : 'fail',
    result: action,
    ...(askedFor === null ? {} : { askedFor }),
    ...(did === null ? {} : { did }),
    rules: ['RFC 9989 §5.4', 'RFC 9989 §7.4'],
    details: {
      action,
      override,
      considered,
      because,
      ...(noticed === undefined ? {} : { noticed }),
    },
  }
}

const actions = {
  deliver: mailboxName('inbox'),
  'mark-as-spam': mailboxName('junk'),
  refuse: 'Refused',
  defer: 'Later',
} as const
