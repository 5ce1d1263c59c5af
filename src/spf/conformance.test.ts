/** The suites of others, in the YAML form of the openspf project, where they lie beside the repository. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { parseAllDocuments } from 'yaml'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import type { Zone, ZoneName } from '../dns/zone-table.ts'
import { checkSpf, formatReceivedSpf, formatSpfTree } from './spf.ts'

const noData = 'the conformance data is not beside the repository'

/** Of RFC 4408, where RFC 7208 decides otherwise or leaves a choice that its own suite fixes. */
const secondChoices4408: readonly string[] = [
  // RFC 7208 §3.1: type SPF is not asked, so the TXT records alone decide.
  'spfonly',
  'txttimeout',
  'spfoverride',
  'multitxt1',
  // Two records are a permerror even when they are alike (§4.5).
  'multispf2',
  // §4.8: names that cannot be asked do not match.
  'invalid-domain-empty-label',
  'invalid-domain-long',
  'invalid-domain-long-via-macro',
  // §5: a DNS failure is a temperror. §4.6.4: more than ten MX names are a permerror.
  'exists-dnserr',
  'mx-limit',
]

const suites = [
  { file: 'rfc7208-tests.yml', cases: 203, secondChoices: [] },
  { file: 'rfc4408-tests.yml', cases: 191, secondChoices: secondChoices4408 },
  { file: 'blitirispf-tests.yml', cases: 21, secondChoices: [] },
  { file: 'mail-auth-spf.yml', cases: 162, secondChoices: [] },
]

for (const { file, cases, secondChoices } of suites) {
  test(`all ${cases} cases of ${file} come out as the suite says`, async (t) => {
    const path = suitePath(file)
    if (path === undefined) return t.skip(noData)
    const suite = readSuite(path)
    const wrong: string[] = []
    const second: string[] = []
    for (const one of suite) {
      const verdict = await checkSpf(one, new MemoryResolver(one.zone))
      const choice = one.results.indexOf(verdict.result)
      if (choice > 0) second.push(one.name)
      if (choice < 0) wrong.push(`${one.name}: ${verdict.result}, not ${one.results.join(' or ')}`)
      if (verdict.result !== 'fail' || one.explanation === undefined) continue
      // Compared without case: the suite has IPv6 digits in upper case.
      const explanation = (verdict.explanation ?? 'DEFAULT').toLowerCase()
      if (explanation !== one.explanation.toLowerCase()) wrong.push(`${one.name}: ${explanation}`)
    }
    assert.deepEqual(wrong, [])
    assert.deepEqual(second.toSorted(), secondChoices.toSorted())
    assert.ok(suite.length >= cases, `only ${suite.length} cases were read`)
  })
}

test('each verdict on the suites is plain JSON and can be shown', async (t) => {
  const path = suitePath('rfc7208-tests.yml')
  if (path === undefined) return t.skip(noData)
  for (const one of readSuite(path)) {
    const verdict = await checkSpf(one, new MemoryResolver(one.zone))
    assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict, one.name)
    assert.match(formatSpfTree(verdict), /^[\x20-\x7e\n]+$/)
    assert.match(
      formatReceivedSpf(verdict),
      /^Received-SPF: [a-z]+(?:\r\n)? \((?:[^\r\n]|\r\n )+\r\n$/,
    )
  }
})

test('records from a fuzz corpus are evaluated without an exception', async (t) => {
  const path = suitePath('fuzz-records.json')
  if (path === undefined) return t.skip(noData)
  const records: unknown = JSON.parse(readFileSync(path, 'utf8'))
  assert.ok(Array.isArray(records) && records.length > 200)
  for (const record of records.map(textOf)) {
    for (const text of [record, record.trimEnd()]) {
      const resolver = new MemoryResolver({ 'example.com': { TXT: [text] } })
      for (const ip of ['192.0.2.1', '2001:db8::1']) {
        const input = { ip, helo: 'mail.example.com', mailFrom: 'user@example.com' }
        const verdict = await checkSpf(input, resolver)
        assert.notEqual(verdict.result, 'temperror')
        // A line feed is in no term.
        if (text.includes('\n') && text.startsWith('v=spf1 ')) {
          assert.equal(verdict.result, 'permerror', JSON.stringify(text))
        }
      }
    }
  }
})

const folder = join(import.meta.dirname, '../../../shared/conformance/spf')

interface SuiteCase {
  readonly name: string
  readonly ip: string
  readonly helo: string
  readonly mailFrom: string
  /** Any of them is right, the first is preferred. */
  readonly results: readonly string[]
  readonly explanation: string | undefined
  readonly zone: Zone
}

/** The path of a suite file, or `undefined` when the data is not there. */
function suitePath(file: string): string | undefined {
  const path = join(folder, file)
  return existsSync(path) ? path : undefined
}

function readSuite(path: string): SuiteCase[] {
  const text = readFileSync(path, 'utf8')
  return parseAllDocuments(text).flatMap((document) => {
    const scenario = fields(document.toJS())
    const zone = zoneOf(fields(scenario['zonedata']))
    return Object.entries(fields(scenario['tests'])).map(([name, value]) => {
      const test = fields(value)
      const result = test['result']
      return {
        name,
        ip: textOf(test['host']),
        helo: textOf(test['helo']),
        mailFrom: textOf(test['mailfrom']),
        results: (Array.isArray(result) ? result : [result]).map(textOf),
        explanation: 'explanation' in test ? textOf(test['explanation']) : undefined,
        zone,
      }
    })
  })
}

const types = ['A', 'AAAA', 'MX', 'TXT', 'PTR', 'NS', 'TLSA', 'CNAME'] as const

type Values = { [T in (typeof types)[number]]?: unknown[] | { readonly error: string } }

/** The rules are in the folder's SOURCE.md. */
function zoneOf(owners: Record<string, unknown>): Zone {
  const zone: Record<string, ZoneName> = {}
  for (const [owner, list] of Object.entries(owners)) {
    const values: Values = {}
    const policies: unknown[] = []
    let rest: string | undefined
    for (const entry of Array.isArray(list) ? list : []) {
      if (entry === 'TIMEOUT') rest = 'TIMEOUT'
      for (const [type, value] of Object.entries(fields(entry))) {
        if (type === 'TIMEOUT' || type === 'SERVFAIL') rest = type
        else if (type === 'SPF') policies.push(Array.isArray(value) ? value.map(String) : value)
        else addValue(values, type, value)
      }
    }
    if (policies.length > 0) values.TXT ??= policies
    if (Array.isArray(values.TXT)) values.TXT = values.TXT.filter((text) => text !== 'NONE')
    if (Array.isArray(values.TXT) && values.TXT.length === 0) delete values.TXT
    if (rest !== undefined) for (const type of types) values[type] ??= { error: rest }
    zone[owner.toLowerCase()] = values as ZoneName // MemoryResolver checks every value of a zone
  }
  return zone
}

function addValue(values: Values, type: string, value: unknown): void {
  const known = types.find((one) => one === type)
  if (known === undefined) throw new Error(`a suite has a record of type ${type}`)
  if (value === 'TIMEOUT' || value === 'SERVFAIL') {
    values[known] = { error: value }
    return
  }
  const before = values[known]
  const list = Array.isArray(before) ? before : []
  list.push(known === 'MX' && Array.isArray(value) ? `${value[0]} ${value[1] || '.'}` : value)
  values[known] = list
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
