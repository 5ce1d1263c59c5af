/** Sentences for what stopped a check, for people and for header fields: printable ASCII only. */
import type { SpfAbsence, SpfProblem } from './verdict.ts'

/** One sentence without its full stop: who published what, and what is wrong with it. */
export function describeSpfProblem(problem: SpfProblem): string {
  return shown(sentence(problem))
}

function sentence(problem: SpfProblem): string {
  switch (problem.type) {
    case 'dnsFailed': {
      const { recordType, name, reason } = problem
      const where = problem.term === undefined ? '' : `, for ${problem.term} of ${problem.domain}`
      if (reason === 'not-asked') return `${recordType} ${name} is not looked up here${where}`
      return `DNS gave no answer (${reason}) to the question for ${recordType} ${name}${where}`
    }
    case 'syntax':
      return `the record of ${problem.domain} is wrong at ${problem.term}: ${problem.because}`
    case 'severalRecords':
      return `${problem.domain} has ${problem.count} SPF records where one is allowed`
    case 'tooManyLookups':
      return `${problem.term} of ${problem.domain} is one look-up more than the ${problem.limit} allowed`
    case 'tooManyVoidLookups':
      return `at ${problem.term} of ${problem.domain} more than ${problem.limit} look-ups found nothing`
    case 'tooManyMx': {
      const { term, domain, name, count, limit } = problem
      return `${name} has ${count} MX names, ${limit} are allowed, for ${term} of ${domain}`
    }
    case 'noPolicy': {
      const { term, domain, target, because } = problem
      return `${term} of ${domain} leads to ${target}, ${absences[because]}`
    }
  }
}

const absences: Readonly<Record<Exclude<SpfAbsence, 'noAddress'>, string>> = {
  notADomain: 'which is not a domain name that can be asked for',
  noName: 'which does not exist',
  noRecord: 'which has no SPF record',
}

/** Why there is no policy to check against, for a result of "none". */
export function describeSpfAbsence(absence: SpfAbsence, domain: string): string {
  if (absence === 'noAddress') return 'the client has no IP address'
  const what = absence === 'notADomain' ? 'is not a domain name' : absences[absence].slice(6)
  return shown(`${domain} ${what}`)
}

/** Text from strangers for a terminal or a header: what is not printable ASCII becomes `?`. */
export function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
