import { nearest } from '../base/nearest.ts'
import { bad, ok, type Result } from '../base/result.ts'
import { filterStatuses } from '../journey/filter.ts'
import type { CheckName, Test } from './term.ts'
import { wordsOf } from './words.ts'

type Read = Result<Test, { readonly problem: string; readonly hint: string }>

const results: Readonly<Record<CheckName, readonly string[]>> = {
  spf: ['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror'],
  dkim: ['pass', 'fail', 'neutral', 'none', 'policy', 'temperror', 'permerror'],
  dmarc: ['pass', 'fail', 'none', 'temperror', 'permerror'],
  arc: ['pass', 'fail', 'none'],
  tls: ['yes', 'no', 'tlsv1.2', 'tlsv1.3'],
}

const directions: Readonly<Record<string, 'in' | 'out'>> = {
  in: 'in',
  incoming: 'in',
  out: 'out',
  outgoing: 'out',
}

const readers: Readonly<Record<string, (value: string, name: string) => Read>> = {
  cc: (value) => inWords(value, 'cc'),
  body: (value) => inWords(value, 'body'),
  is: readIs,
  has: readHas,
  larger: (value) => readSize(value, true),
  smaller: (value) => readSize(value, false),
  spf: readCheck,
  dkim: readCheck,
  dmarc: readCheck,
  arc: readCheck,
  tls: readCheck,
  code: readCode,
  helo: (part) => ok({ type: 'helo', part: part.toLowerCase() }),
  id: (part) => ok({ type: 'id', part: part.toLowerCase() }),
  took: readTook,
}

/** The operators that the store's own filters do not have. */
export const operators: readonly string[] = Object.keys(readers)

/** Reads what an operator wants; `undefined`: there is none of this name. */
export function readOperator(name: string, value: string): Read | undefined {
  return Object.hasOwn(readers, name) ? readers[name]?.(value, name) : undefined
}

function inWords(value: string, where: 'body' | 'cc'): Read {
  const words = wordsOf(value)
  if (words.length > 0) return ok({ type: 'words', words, whole: false, in: where })
  return bad({ problem: `"${value}" has no letter and no digit`, hint: `${where}:word` })
}

function readIs(value: string): Read {
  const word = value.toLowerCase()
  const direction = Object.hasOwn(directions, word) ? directions[word] : undefined
  if (direction !== undefined) return ok({ type: 'direction', direction })
  const status = word.replaceAll('-', ' ')
  if (filterStatuses.some((one) => one === status))
    return ok({ type: 'filter', filter: { status } })
  return noneOf('is', value, [...Object.keys(directions), ...filterStatuses])
}

function readHas(value: string): Read {
  if (/^attachments?$/i.test(value)) return ok({ type: 'attachment' })
  return noneOf('has', value, ['attachment'])
}

function readCheck(value: string, name: string): Read {
  const known = Object.entries(results).find(([check]) => check === name)?.[1] ?? []
  const result = value.toLowerCase()
  const check = checkOf(name)
  if (known.includes(result)) return ok({ type: 'check', check, result })
  return noneOf(name, value, known)
}

function checkOf(name: string): CheckName {
  if (name === 'spf' || name === 'dkim' || name === 'dmarc' || name === 'arc') return name
  return 'tls'
}

/** `550`, `5.7.26`, or the beginning of one: `5`, `5.7`. */
function readCode(code: string): Read {
  if (/^(?:[245]\d{0,2}|[245]\.\d{1,3}(?:\.\d{1,3})?)$/.test(code))
    return ok({ type: 'code', code })
  return bad({ problem: `"${code}" is no code`, hint: 'Such as code:550, code:5.7.26 or code:5.7' })
}

function readSize(value: string, over: boolean): Read {
  const [, number = '', unit = ''] = /^(\d{1,12})(k|m|g)?b?$/i.exec(value) ?? []
  if (number === '') {
    return bad({ problem: `"${value}" is no size`, hint: 'Such as larger:100k or larger:2M' })
  }
  const factor = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit.toLowerCase()] ?? 1
  return ok({ type: 'amount', of: 'size', over, amount: Number(number) * factor })
}

function readTook(value: string): Read {
  const [, sign = '>', number = '', unit = 's'] =
    /^([<>])?=?(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/i.exec(value) ?? []
  if (number === '') {
    return bad({ problem: `"${value}" is no duration`, hint: 'Such as took:>5s or took:<200ms' })
  }
  const units: Readonly<Record<string, number>> = {
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
  }
  const amount = Number(number) * (units[unit.toLowerCase()] ?? 1000)
  return ok({ type: 'amount', of: 'took', over: sign !== '<', amount })
}

function noneOf(name: string, value: string, known: readonly string[]): Read {
  const near = nearest(value, known)
  const hint = near === undefined ? `One of ${known.join(', ')}.` : `Did you mean ${name}:${near}?`
  return bad({ problem: `"${value}" is none of ${known.join(', ')}`, hint })
}
