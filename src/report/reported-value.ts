import { formatIp, parseIp, unmapIp } from '../base/ip.ts'
import { oneLine } from '../message/field.ts'
import { type ProblemList, quoted } from './report-problem.ts'

/** Reads values that strangers wrote, each in its place, and lists what is wrong with them. */
export class ValueReader {
  readonly #problems: ProblemList
  #place = ''

  constructor(problems: ProblemList) {
    this.#problems = problems
  }

  /** Where the next values stand; a prefix of every problem's `where`. */
  at(place: string): void {
    this.#place = place
  }

  problem(
    code: 'missing' | 'invalid-value' | 'unusual-value' | 'passed-over' | 'too-large',
    name: string,
    text: string,
  ): void {
    this.#problems.add(code, this.#place === '' ? name : `${this.#place}: ${name}`, text)
  }

  /** One line of at most 1,000 characters; empty, and a problem, when it is not there. */
  required(text: string | undefined, name: string): string {
    const value = oneLine(text ?? '')
    if (value === '') this.problem('missing', name, `${name} is missing.`)
    return value
  }

  /** One line, or `null` when there is none. */
  optional(text: string | undefined): string | null {
    const value = oneLine(text ?? '')
    return value === '' ? null : value
  }

  /**
   * A word out of a few. Other cases and the given synonyms are understood and reported; an empty
   * or missing one is `null` without a problem.
   */
  word<T extends string>(
    text: string | undefined,
    name: string,
    { words, synonyms = {} }: WordChoice<T>,
  ): T | null {
    if (text === undefined || text === '') return null
    const exact = words.find((one) => one === text)
    if (exact !== undefined) return exact
    const plain = text.trim().toLowerCase()
    const meant = words.find((one) => one === plain) ?? own(synonyms, plain)
    if (meant === undefined) {
      this.problem('invalid-value', name, `${name} is ${quoted(text)}, which means nothing known.`)
      return null
    }
    const spelling = `${name} is written ${quoted(text)}, which is read as "${meant}".`
    this.problem('unusual-value', name, spelling)
    return meant
  }

  /** A whole number from 0 to 2⁵³ − 1, or `null` and a problem. */
  whole(text: string | undefined, name: string): number | null {
    const digits = (text ?? '').trim()
    if (digits === '') {
      this.problem('missing', name, `${name} is missing.`)
      return null
    }
    const number = /^\+?\d{1,16}(?:\.0{1,9})?$/.test(digits) ? Number(digits) : Number.NaN
    if (Number.isSafeInteger(number)) {
      if (!/^\d+$/.test(digits)) {
        this.problem('unusual-value', name, `${name} is written ${quoted(digits)}.`)
      }
      return number
    }
    this.problem('invalid-value', name, `${name} is ${quoted(digits)}, which is no whole number.`)
    return null
  }

  /** An address in its canonical text; what is none stays as it is, and is a problem. */
  address(text: string | undefined, name: string): string {
    const value = this.required(text, name)
    if (value === '') return ''
    const { bare, plain } = addressIn(value)
    const ip = parseIp(bare)
    if (ip === undefined) {
      this.problem('invalid-value', name, `${name} is ${quoted(value)}, which is no IP address.`)
      return value
    }
    // An IPv4 address written as IPv6 is no other machine.
    const address = formatIp(unmapIp(ip))
    if (!plain) {
      const told = `${name} is written ${quoted(value)}, which is read as ${address}.`
      this.problem('unusual-value', name, told)
    }
    return address
  }
}

/** An address out of its brackets; with its tag or a port it is understood and not plain. */
function addressIn(value: string): { readonly bare: string; readonly plain: boolean } {
  // RFC 5321 §4.1.3 has the brackets and the tag.
  const literal = /^\[(?:IPv6:)?([^\]]*)\]$/i.exec(value)?.[1]
  if (literal !== undefined) return { bare: literal, plain: true }
  const { groups } =
    /^(?:IPv6:(?<tagged>.*)|\[(?:IPv6:)?(?<six>[^\]]*)\]:\d{1,5}|(?<four>[\d.]+):\d{1,5})$/i.exec(
      value,
    ) ?? {}
  const within = groups?.['tagged'] ?? groups?.['six'] ?? groups?.['four']
  return within === undefined ? { bare: value, plain: true } : { bare: within, plain: false }
}

/** What a value may be, and what else is understood. */
export interface WordChoice<T extends string> {
  readonly words: readonly T[]
  /** Lower case. */
  readonly synonyms?: Readonly<Record<string, T>>
}

/** A domain in lower case, without the dot that may stand behind it. */
export function domainText(text: string): string {
  const lower = text.toLowerCase()
  return lower.endsWith('.') && lower.length > 1 ? lower.slice(0, -1) : lower
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
