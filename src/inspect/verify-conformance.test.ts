/** The public suites, asked through the contract of `waybill verify --jsonl`: JSON in, JSON out. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { answerVerifyRequest, type EvidenceSources } from './verify-answer.ts'
import { readVerifyRequest } from './verify-request.ts'

const folder = new URL('../../../shared/conformance/', import.meta.url)
const absent = existsSync(folder) ? false : 'the conformance data is not beside this repository'

const world: EvidenceSources = {
  // Whoever asks the real DNS in these tests finds nothing there.
  resolver: () => new MemoryResolver({}),
  receiver: 'mx.south.example',
  now: () => Date.UTC(2026, 0, 1) / 1000,
}

type Json = Readonly<Record<string, unknown>>

async function ask(request: Json): Promise<Json> {
  const read = readVerifyRequest(JSON.parse(JSON.stringify(request)))
  assert.ok(read.ok, `${String(request['id'])}: ${read.ok ? '' : read.problem.problem}`)
  return fields(JSON.parse(JSON.stringify(await answerVerifyRequest(read.value, world))))
}

test('all cases of the RFC 7208 suite', { skip: absent }, async () => {
  const wrong: string[] = []
  let count = 0
  for (const scenario of documents('spf/rfc7208-tests.yml')) {
    const dns = zoneOf(fields(scenario['zonedata']))
    for (const [id, value] of Object.entries(fields(scenario['tests']))) {
      count++
      const { host: ip, helo, mailfrom: mailFrom, result, explanation } = fields(value)
      const { spf, dkim, dmarc } = await ask({ id, spf: { ip, helo, mailFrom }, dns })
      const got = fields(spf)
      assert.deepEqual([dkim, dmarc], [undefined, undefined])
      if (![result].flat().includes(got['result'])) wrong.push(`${id}: ${String(got['result'])}`)
      if (got['result'] !== 'fail' || explanation === undefined) {
        assert.ok(got['result'] === 'fail' || !('explanation' in got), id)
        continue
      }
      // Compared without case: the suite has IPv6 digits in upper case.
      const said = textOf(got['explanation'] ?? 'DEFAULT').toLowerCase()
      if (said !== textOf(explanation).toLowerCase()) wrong.push(`${id}: ${said}`)
    }
  }
  assert.deepEqual(wrong, [])
  assert.ok(count >= 203, `only ${count} cases were read`)
})

test('all evaluations of RFC 9989', { skip: absent }, async () => {
  const cases = json('dmarc/evaluate.json').filter(({ rfc }) => [rfc].flat().includes(9989))
  for (const { id, zone: dns, from, spf, dkim, expect } of cases) {
    const answer = await ask({ id, dmarc: { from, spf, dkim }, dns })
    const dmarc = fields(answer['dmarc'])
    const { result, queries: _, ...facts } = fields(expect)
    assert.ok(
      [result].flat().includes(dmarc['result']),
      `${String(id)}: ${String(dmarc['result'])}`,
    )
    for (const [key, expected] of Object.entries(facts)) {
      assert.equal(dmarc[key], expected, `${String(id)}: ${key}`)
    }
  }
  assert.ok(cases.length > 60, `only ${cases.length} cases were found`)
})

test('all DKIM messages have one verdict a signature, with its domain and selector', {
  skip: absent,
}, async () => {
  const cases = json('dkim/cases.json')
  for (const { id, file, dns, signatures, expect, now, upstream, obsolete } of cases) {
    const message = readFileSync(new URL(`dkim/${String(file)}`, folder)).toString('base64')
    const zone = Object.entries(fields(dns)).map(([name, value]) => {
      return [name, Array.isArray(value) ? { TXT: value } : value] as const
    })
    const facts = { ip: '192.0.2.1', helo: 'mx.example', mailFrom: 'a@b.example' }
    const answer = await ask({ id, message, ...facts, now, dns: Object.fromEntries(zone) })
    const verdicts = list(answer['dkim']).map(fields)
    const expected = list(expect)
    if (expected[0] === 'message-malformed') assert.deepEqual(verdicts, [], String(id))
    const single = !/overall|last/.test(textOf(upstream)) && obsolete === undefined
    for (const [i, want] of single ? expected.entries() : []) {
      const { d, s, rfc8301 = [] } = fields(list(signatures)[i])
      const verdict = fields(verdicts[i])
      const weak = list(rfc8301).length > 0
      if (want === 'pass' && !weak) {
        assert.deepEqual(verdict, { result: 'pass', domain: d, selector: s }, String(id))
      } else if (want !== 'message-malformed') {
        assert.notEqual(verdict['result'], 'pass', String(id))
        assert.match(String(verdict['reason']), /^[a-z-]+$/)
      }
      if (want === 'fail' || want === 'temperror') assert.equal(verdict['result'], want, String(id))
    }
  }
  assert.ok(cases.length >= 84, `only ${cases.length} cases were found`)
})

/** RFC 8617 decides otherwise than the draft that the suite was written for (see its SOURCE.md). */
const newerThanSuite: ReadonlySet<string> = new Set(['ams_fields_c_na', 'ams_fields_h_empty'])

test('all chains of the ARC validation suite', { skip: absent }, async () => {
  const wrong: string[] = []
  let count = 0
  for (const scenario of documents('arc/arc-draft-validation-tests.yml')) {
    const zone = Object.entries(fields(scenario['txt-records'])).map(([name, text]) => {
      return [name, { TXT: [text] }] as const
    })
    for (const [id, value] of Object.entries(fields(scenario['tests']))) {
      count++
      const { message: text, cv } = fields(value)
      const message = Buffer.from(String(text).replaceAll('\n', '\r\n')).toString('base64')
      const { arc } = await ask({ id, message, dns: Object.fromEntries(zone) })
      const { result } = fields(arc)
      // Where the suite leaves cv empty, the chain has failed before.
      const wanted = newerThanSuite.has(id) || cv === '' ? 'fail' : String(cv).toLowerCase()
      if (result !== wanted) wrong.push(`${id}: ${String(result)}, not ${wanted}`)
    }
  }
  assert.deepEqual(wrong, [])
  assert.ok(count >= 175, `only ${count} chains were read`)
})

function documents(path: string): readonly Json[] {
  const text = readFileSync(new URL(path, folder), 'utf8')
  return parseAllDocuments(text).map((document) => fields(document.toJS()))
}

function json(path: string): readonly Json[] {
  return list(JSON.parse(readFileSync(new URL(path, folder), 'utf8'))).map(fields)
}

function fields(value: unknown): Json {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? Object.fromEntries(Object.entries(value)) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

const types = ['A', 'AAAA', 'MX', 'TXT', 'PTR', 'CNAME']

/** From the suite's form to a zone; the rules are in the folder's SOURCE.md. */
function zoneOf(owners: Json): Json {
  const zone: Record<string, Json> = {}
  for (const [owner, entries] of Object.entries(owners)) {
    const name: Record<string, unknown> = {}
    let policies: readonly unknown[] = []
    let rest: unknown
    for (const entry of list(entries)) {
      if (entry === 'TIMEOUT') rest = { error: 'TIMEOUT' }
      for (const [type, value] of Object.entries(fields(entry))) {
        if (type === 'SPF') policies = [...policies, value]
        else if (value === true) rest = { error: type }
        else if (value === 'TIMEOUT') name[type] = { error: value }
        else if (type === 'CNAME') name[type] = value
        else {
          const shown = type === 'MX' ? list(value).join(' ') : value
          name[type] = [...list(name[type]), shown].filter((one) => one !== 'NONE')
        }
      }
    }
    if (policies.length > 0) name['TXT'] ??= policies
    for (const type of rest === undefined ? [] : types) name[type] ??= rest
    zone[owner] = name
  }
  return zone
}
