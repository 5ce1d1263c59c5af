import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { MemoryResolver, type Zone, type ZoneName } from '../dns/testing.ts'
import { evaluateDmarc, type DmarcVerdict } from './dmarc.ts'
import { parsePublicSuffixList, type PublicSuffixList } from './public-suffix-list.ts'
import { parseDmarcRecord } from './record.ts'
import { checkReportDestination } from './report-destination.ts'

const conformance = new URL('../../../shared/conformance/', import.meta.url)
const absent = 'the conformance data is not beside the repository'

/** The shapes that ../shared/conformance/dmarc/SOURCE.md describes. */
interface EvaluationCase {
  readonly id: string
  readonly rfc: readonly number[]
  readonly zone: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly from: string
  readonly spf: { readonly result: string; readonly domain: string } | null
  readonly dkim: readonly { readonly result: string; readonly domain: string }[]
  readonly expect: {
    readonly result: string | readonly string[]
    readonly policy?: string
    readonly disposition?: string
    readonly orgDomain?: string
    readonly spfAligned?: boolean
    readonly dkimAligned?: boolean
    readonly queries?: readonly string[]
  }
}

function readCases<T>(path: string): T | undefined {
  const file = new URL(path, conformance)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined
}

/** MX data come as pairs there and as text here. */
function zoneOf(given: EvaluationCase['zone']): Zone {
  const zone: Record<string, ZoneName> = {}
  for (const [name, types] of Object.entries(given)) {
    const { MX } = types
    zone[name] = Array.isArray(MX)
      ? { ...types, MX: MX.map((one) => (Array.isArray(one) ? one.join(' ') : String(one))) }
      : types
  }
  return zone
}

function evaluate(one: EvaluationCase, publicSuffixList?: PublicSuffixList): Promise<DmarcVerdict> {
  const from = { type: 'fields', values: [one.from] } as const
  const options = publicSuffixList === undefined ? {} : { publicSuffixList }
  return evaluateDmarc(
    { from, spf: one.spf, dkim: one.dkim },
    new MemoryResolver(zoneOf(one.zone)),
    options,
  )
}

test('the evaluations of RFC 9989', async (t) => {
  const cases = readCases<readonly EvaluationCase[]>('dmarc/evaluate.json')
  if (cases === undefined) return t.skip(absent)
  let count = 0
  for (const one of cases.filter(({ rfc }) => rfc.includes(9989))) {
    const verdict = await evaluate(one)
    const { result, queries, ...facts } = one.expect
    assert.ok([result].flat().includes(verdict.result), `${one.id}: ${verdict.result}`)
    for (const [key, expected] of Object.entries(facts)) {
      assert.equal(Reflect.get(verdict, key), expected, `${one.id}: ${key}`)
    }
    if (queries !== undefined)
      assert.deepEqual(
        verdict.walk.map(({ name }) => name),
        queries,
      )
    assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict, `${one.id}: plain data`)
    count++
  }
  assert.ok(count > 60, `only ${count} cases were found`)
})

test('the evaluations of RFC 7489, in the reading beside', async (t) => {
  const cases = readCases<readonly EvaluationCase[]>('dmarc/evaluate.json')
  const list = new URL('psl/public_suffix_list.dat', conformance)
  if (cases === undefined || !existsSync(list)) return t.skip(absent)
  const publicSuffixList = parsePublicSuffixList(readFileSync(list, 'utf8'))
  let count = 0
  for (const one of cases.filter(({ rfc }) => rfc.includes(7489))) {
    const { rfc7489 } = await evaluate(one, publicSuffixList)
    assert.ok(rfc7489 !== null)
    const { result, ...facts } = one.expect
    assert.ok([result].flat().includes(rfc7489.result), `${one.id}: ${rfc7489.result}`)
    for (const [key, expected] of Object.entries(facts)) {
      assert.equal(Reflect.get(rfc7489, key), expected, `${one.id}: ${key}`)
    }
    count++
  }
  assert.ok(count > 40, `only ${count} cases were found`)
})

interface RecordCases {
  readonly valid: readonly {
    readonly txt: string
    readonly tags: Readonly<Record<string, unknown>>
  }[]
  readonly invalid: readonly { readonly txt: string; readonly why: string }[]
  readonly externalReports: {
    readonly zone: Readonly<Record<string, readonly string[] | { readonly error: 'SERVFAIL' }>>
    readonly tests: readonly {
      readonly policyDomain: string
      readonly reportDomain: string
      readonly accepted: boolean
    }[]
  }
}

test('the records that are to be read, and those that are not', (t) => {
  const cases = readCases<RecordCases>('dmarc/records.json')
  if (cases === undefined) return t.skip(absent)
  assert.ok(cases.valid.length >= 8 && cases.invalid.length >= 17)
  for (const { txt, tags } of cases.valid) {
    const read = parseDmarcRecord(txt)
    assert.ok(read.ok, txt)
    for (const [tag, expected] of Object.entries(tags)) {
      const record = read.value
      const removed = record.removed.find((one) => one.tag === tag)?.value
      const got: Readonly<Record<string, unknown>> = {
        ...record,
        sp: record.sp ?? record.p,
        fo: record.fo.join(':'),
        rua: record.rua.map(({ uri, size }) => (size === null ? uri : `${uri}!${size}`)),
        ruf: record.ruf.map(({ uri }) => uri),
        pct: Number(removed),
        ri: Number(removed),
      }
      const isList = tag === 'rua' || tag === 'ruf'
      if (isList || !Array.isArray(expected)) assert.deepEqual(got[tag], expected, `${txt}: ${tag}`)
      else assert.ok(expected.includes(got[tag]), `${txt}: ${tag}`)
    }
  }
  for (const { txt, why } of cases.invalid) assert.ok(!parseDmarcRecord(txt).ok, `${txt} (${why})`)
})

test('the places outside that agreed to get reports, and those that did not', async (t) => {
  const cases = readCases<RecordCases>('dmarc/records.json')
  if (cases === undefined) return t.skip(absent)
  const { zone, tests } = cases.externalReports
  assert.ok(tests.length >= 8)
  const names = Object.entries(zone).map(([name, TXT]) => [name, { TXT }] as const)
  const resolver = new MemoryResolver(Object.fromEntries(names))
  for (const { policyDomain, reportDomain, accepted } of tests) {
    const uri = `mailto:reports@${reportDomain}`
    const { result } = await checkReportDestination({ policyDomain, uri }, resolver)
    assert.equal(result === 'authorized', accepted, `${policyDomain} to ${reportDomain}: ${result}`)
    assert.equal(result === 'temperror', reportDomain.startsWith('temperror'))
  }
})

test('the test file of the public suffix list', (t) => {
  const list = new URL('psl/public_suffix_list.dat', conformance)
  const cases = new URL('psl/test_psl.txt', conformance)
  if (!existsSync(list) || !existsSync(cases)) return t.skip(absent)
  const suffixes = parsePublicSuffixList(readFileSync(list, 'utf8'), { privateSection: true })
  let count = 0
  const lines = readFileSync(cases, 'utf8').matchAll(
    /^checkPublicSuffix\((?:'([^']*)'|null), (?:'([^']*)'|null)\);/gm,
  )
  for (const [line, domain = '', expected] of lines) {
    const got = suffixes.registrableDomain(domain)
    // The list's own rules have both forms; names come out in A-labels.
    const wanted =
      expected === undefined ? undefined : (suffixes.registrableDomain(expected) ?? 'none')
    assert.equal(got, wanted, line)
    if (expected !== undefined && /^[\x20-\x7e]*$/.test(expected)) assert.equal(got, expected, line)
    count++
  }
  assert.ok(count > 70, `only ${count} cases were found`)
})
