/** A verdict as a tree that a person reads, as in `waybill spf IP ADDRESS --tree`. */
import { describeSpfAbsence, describeSpfProblem, shown } from './problem-text.ts'
import type { SpfCheck, SpfLookup, SpfOutcome, SpfTerm, SpfVerdict } from './verdict.ts'

/** Several lines, each ended by a newline; printable ASCII, whatever was published. */
export function formatSpfTree(verdict: SpfVerdict): string {
  const { ip, sender, identity, domain, lookups } = verdict
  const checked = identity === 'helo' ? `HELO ${domain}` : `MAIL FROM ${sender}`
  const lines = [`${verdict.result}: ${ip}, ${checked}`, '']
  if (verdict.asked !== undefined) {
    addCheck(lines, verdict, '')
    lines.push('')
  }
  lines.push(`because ${reason(verdict)}`)
  if (verdict.result === 'fail' && verdict.explanation !== undefined) {
    lines.push(`${verdict.mechanismDomain} explains: ${verdict.explanation}`)
  }
  const { used, limit, void: voids, voidLimit } = lookups
  lines.push(`look-ups ${used} of ${limit}, found nothing ${voids} of ${voidLimit}`)
  return `${lines.map(shown).join('\n')}\n`
}

function reason(verdict: SpfVerdict): string {
  switch (verdict.result) {
    case 'pass':
    case 'neutral':
    case 'softfail':
    case 'fail': {
      const { mechanism, mechanismDomain } = verdict
      if (mechanism === 'default') return `no mechanism of ${mechanismDomain} matched`
      return `${mechanism} of ${mechanismDomain} matched`
    }
    case 'none':
      return describeSpfAbsence(verdict.absence, verdict.domain)
    case 'temperror':
    case 'permerror':
      return describeSpfProblem(verdict.problem)
  }
}

function addCheck(
  lines: string[],
  check: Pick<SpfCheck, 'domain' | 'asked' | 'record' | 'terms' | 'termsCut'>,
  indent: string,
): void {
  const { domain, asked, record, terms, termsCut } = check
  const answer = asked === undefined ? 'cannot be asked for' : noPolicyAnswer(asked)
  lines.push(`${indent}${domain}  ${record ?? answer}`)
  const width = Math.min(40, Math.max(0, ...terms.map(({ text }) => text.length)))
  for (const term of terms) addTerm(lines, term, { indent: `${indent}  `, width })
  if (termsCut !== undefined) lines.push(`${indent}  and ${termsCut} more terms`)
}

function addTerm(
  lines: string[],
  term: SpfTerm,
  { indent, width }: { readonly indent: string; readonly width: number },
): void {
  const counts = term.lookups !== undefined && term.target !== undefined
  const spent = counts ? `  (look-up ${term.lookups})` : ''
  lines.push(`${indent}${term.text.padEnd(width)}  ${outcomes[term.outcome]}${spent}`)
  for (const lookup of term.asked ?? []) {
    lines.push(`${indent}  ${lookup.type} ${lookup.name}: ${answerText(lookup)}`)
  }
  if (term.check !== undefined) {
    addCheck(lines, term.check, `${indent}  `)
    lines.push(`${indent}  ${term.check.domain}: ${term.check.result}`)
  }
}

const outcomes: Readonly<Record<SpfOutcome, string>> = {
  match: 'matches',
  noMatch: 'does not match',
  error: 'ends the check',
  notReached: 'not reached',
  followed: 'followed',
  used: 'used',
  ignored: 'no effect',
}

function noPolicyAnswer(lookup: SpfLookup): string {
  if (lookup.answer !== 'found') return answerText(lookup)
  return `TXT records: ${lookup.count}, not one SPF record`
}

function answerText(lookup: SpfLookup): string {
  switch (lookup.answer) {
    case 'found': {
      const more = lookup.count - lookup.records.length
      return lookup.records.join(', ') + (more > 0 ? `, and ${more} more` : '')
    }
    case 'noName':
      return 'no such name'
    case 'noData':
      return 'no such record'
    case 'failed':
      return `no answer (${lookup.reason})`
  }
}
