import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { withinCpu } from '../base/test-support/cpu-time.ts'
import { parseDomain } from '../address/domain.ts'
import { MemoryResolver, type Zone } from '../dns/testing.ts'
import {
  lookupTlsReportRecord,
  readTlsReportRecord,
  type TlsReportRecord,
  type TlsReportRecordAnswer,
} from './tls-report-record.ts'

function read(text: string): TlsReportRecord {
  const parsed = readTlsReportRecord(text)
  assert.ok(parsed.ok, JSON.stringify([text, parsed]))
  assert.deepEqual(JSON.parse(JSON.stringify(parsed)), parsed, 'plain data')
  return parsed.value
}

/** The URIs in the record, or why it is refused. */
function outcome(text: string): string {
  const parsed = readTlsReportRecord(text)
  return parsed.ok ? parsed.value.rua.map(({ uri }) => uri).join(' ') : parsed.problem.reason
}

const a = 'mailto:a@example.com'

// RFC 8460 §3 and its grammar.
const records: readonly (readonly [string, string])[] = [
  ['v=TLSRPTv1;rua=mailto:reports@example.com', 'mailto:reports@example.com'],
  ['v=TLSRPTv1; rua=https://example.com/v1/tlsrpt;', 'https://example.com/v1/tlsrpt'],
  [`v=TLSRPTv1 ; rua=${a} \t, \t https://b.example/ ; ext=1`, `${a} https://b.example/`],
  [`v=TLSRPTv1; ext=1; rua=${a}; rua=https://b.example`, `${a} https://b.example`],
  [`v=TLSRPTv1; rua=${a},${a}`, `${a} ${a}`],
  [`v=TLSRPTv1; rua=${a} `, a],
  [`v=TLSRPTv1; rua= ${a}`, a],
  [`v=TLSRPTv1; rua=${a},ftp://b.example/`, a],
  ['v=TLSRPTv1; rua=https://b.example/?x=1&y=2#z', 'https://b.example/?x=1&y=2#z'],
  [`v=TLSRPTv1; RUA=${a}`, 'missing-rua'],
  ['v=TLSRPTv1; ext=1', 'missing-rua'],
  ['v=TLSRPTv1', 'no-field'],
  ['v=TLSRPTv1;', 'no-field'],
  [`v=TLSRPTv10; rua=${a}`, 'other-version'],
  [`v=tlsrptv1; rua=${a}`, 'other-version'],
  [`rua=${a}; v=TLSRPTv1`, 'other-version'],
  [`v=TLSRPTv1 rua=${a}`, 'other-version'],
  [`v=TLSRPTv1;; rua=${a}`, 'empty-field'],
  [`v=TLSRPTv1; rua=${a};;`, 'empty-field'],
  [`v=TLSRPTv1; rua =${a}`, 'not-a-field'],
  [`v=TLSRPTv1; rua=${a}; more`, 'not-a-field'],
  [`v=TLSRPTv1; rua=${a}; more=`, 'bad-value'],
  [`v=TLSRPTv1; rua=${a}; more==`, 'bad-value'],
  ['v=TLSRPTv1; rua=', 'bad-rua'],
  ['v=TLSRPTv1; rua=,', 'bad-rua'],
  [`v=TLSRPTv1; rua=${a},`, 'bad-rua'],
  [`v=TLSRPTv1; rua=${a},,${a}`, 'bad-rua'],
  ['v=TLSRPTv1; rua=a@example.com', 'bad-rua'],
  [`v=TLSRPTv1; rua=${a} b`, 'bad-rua'],
  [`v=TLSRPTv1; rua=${a}; rua=b`, 'bad-rua'],
  // RFC 8460 §3: comma, exclamation point and semicolon are written percent-encoded.
  [`v=TLSRPTv1; rua=${a}!10m`, 'bad-rua'],
  ['v=TLSRPTv1; rua=mailto:a%21b%3Bc@example.com', 'no-destination'],
  ['v=TLSRPTv1; rua=mailto:a%21b@example.com', 'mailto:a%21b@example.com'],
  // RFC 3986 appendix A.
  ['v=TLSRPTv1; rua=https://b.example/%', 'bad-rua'],
  ['v=TLSRPTv1; rua=https://b.example/%zz', 'bad-rua'],
  ['v=TLSRPTv1; rua=https://b.example/#a#b', 'bad-rua'],
  ['v=TLSRPTv1; rua=https://b.example/[x]', 'bad-rua'],
  ['v=TLSRPTv1; rua=https://b.example:x/', 'bad-rua'],
  ['v=TLSRPTv1; rua=https://[b.example]/', 'bad-rua'],
  ['v=TLSRPTv1; rua=https://b.example/\xe9', 'bad-rua'],
  ['v=TLSRPTv1; rua="https://b.example/"', 'bad-rua'],
  ['v=TLSRPTv1; rua=1x:y', 'bad-rua'],
  // Well written, and nothing can be sent there.
  ['v=TLSRPTv1; rua=http://b.example/', 'no-destination'],
  ['v=TLSRPTv1; rua=ftp://b.example/', 'no-destination'],
  ['v=TLSRPTv1; rua=mailto:', 'no-destination'],
  ['v=TLSRPTv1; rua=mailto:a', 'no-destination'],
  ['v=TLSRPTv1; rua=mailto://a@example.com', 'no-destination'],
  ['v=TLSRPTv1; rua=mailto://x.example/a@example.com', 'no-destination'],
  ['v=TLSRPTv1; rua=mailto:a@b.example%2Cc@d.example', 'no-destination'],
  ['v=TLSRPTv1; rua=mailto:a@b.example%0d%0aBcc:x@y.example', 'no-destination'],
  ['v=TLSRPTv1; rua=mailto:%ff@example.com', 'no-destination'],
  ['v=TLSRPTv1; rua=https:', 'no-destination'],
  ['v=TLSRPTv1; rua=https:b.example', 'no-destination'],
  ['v=TLSRPTv1; rua=https:///x', 'no-destination'],
  ['v=TLSRPTv1; rua=https://[192.0.2.1]/', 'no-destination'],
  ['v=TLSRPTv1; rua=https://[:::]/', 'no-destination'],
]

for (const [text, expected] of records) {
  test(`${expected}: ${JSON.stringify(text)}`, () => assert.equal(outcome(text), expected))
}

const places: readonly (readonly [string, string])[] = [
  ['mailto:Reports@Example.com', 'mailto Reports@example.com'],
  ['MAILTO:a@example.com?subject=x', 'mailto a@example.com'],
  ['mailto:a%2Bb@example.com', 'mailto a+b@example.com'],
  ['mailto:%22a%20b%22@example.com', 'mailto "a b"@example.com'],
  ['mailto:%c3%a9@b%C3%BCcher.example', 'mailto é@xn--bcher-kva.example'],
  ['HTTPS://Reports.Example:8443/In', 'https reports.example'],
  ['https://u:p@reports.example/', 'https reports.example'],
  ['https://192.0.2.1/', 'https 192.0.2.1'],
  ['https://[2001:DB8::1]:443/', 'https [2001:db8::1]'],
]

for (const [uri, expected] of places) {
  test(`a place for reports: ${uri}`, () => {
    const [place, ...more] = read(`v=TLSRPTv1; rua=${uri}`).rua
    assert.deepEqual(more, [])
    assert.equal(place?.uri, uri)
    const where = place?.type === 'mailto' ? place.mailbox : place?.host
    assert.equal(`${place?.type} ${where}`, expected)
  })
}

test('what nothing is sent to, and what is ignored, is named', () => {
  assert.deepEqual(read(`v=TLSRPTv1; b=1; rua=ftp://x, ${a}, mailto:nobody; a=1; b=2`), {
    rua: [{ type: 'mailto', uri: a, mailbox: 'a@example.com' }],
    unusable: ['ftp://x', 'mailto:nobody'],
    unknown: ['b', 'a'],
  })
})

test('a refusal is told in a sentence', () => {
  assert.deepEqual(readTlsReportRecord('v=TLSRPTv1; rua=a@example.com'), {
    ok: false,
    problem: { reason: 'bad-rua', text: 'rua has "a@example.com", which is no URI.' },
  })
})

async function lookup(zone: Zone): Promise<TlsReportRecordAnswer> {
  const domain = parseDomain('example.com')
  assert.ok(domain !== undefined)
  return lookupTlsReportRecord(domain, new MemoryResolver(zone))
}

test('the record of a domain, none, several, and no answer', async () => {
  const at = (TXT: readonly string[]): Zone => ({ '_smtp._tls.example.com': { TXT } })
  const asked = { name: '_smtp._tls.example.com', aliases: [] }
  const text = `v=TLSRPTv1; rua=${a}`
  assert.deepEqual(await lookup(at(['v=spf1 -all', text])), {
    type: 'record',
    ...asked,
    text,
    record: read(text),
  })
  assert.deepEqual(await lookup(at([text, text])), {
    type: 'several',
    ...asked,
    texts: [text, text],
  })
  assert.deepEqual(await lookup({}), { type: 'none', ...asked, reason: 'no-name' })
  const broken = await lookup(at(['v=TLSRPTv1; rua=x']))
  assert.equal(broken.type === 'unusable' && broken.refusal.reason, 'bad-rua')
  const failed = await lookup({ '_smtp._tls.example.com': { error: 'TIMEOUT' } })
  assert.deepEqual(failed, { type: 'failed', ...asked, reason: 'timeout' })
})

test('the TLSRPT records of the conformance data', (t) => {
  const file = new URL('../../../shared/conformance/mta-sts/cases.json', import.meta.url)
  if (!existsSync(file)) return t.skip('the conformance data is not beside the repository')
  const { tlsrptRecords } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly tlsrptRecords: {
      readonly valid: readonly string[]
      readonly invalid: readonly string[]
    }
  }
  const { valid, invalid } = tlsrptRecords
  assert.ok(valid.length >= 3 && invalid.length >= 3)
  for (const text of valid) {
    const wanted = Array.from(text.matchAll(/(?:mailto|https):[^,;]+/g), ([uri]) => uri)
    assert.equal(outcome(text), wanted.join(' '), text)
  }
  for (const text of invalid) assert.equal(readTlsReportRecord(text).ok, false, text)
})

test('a record with a few characters changed is read or refused, and what is read can be sent to', () => {
  const record = 'v=TLSRPTv1; rua=mailto:a@example.com,https://u@[2001:db8::1]:1/x?y#z; ext=1'
  const change = fc.tuple(
    fc.nat(record.length),
    fc.nat(3),
    fc.string({ unit: fc.constantFrom(...Array.from(' ;,=:/?#[]@%!.a0\xff')), maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      let text = record
      for (const [at, remove, insert] of changes) {
        text = text.slice(0, at) + insert + text.slice(at + remove)
      }
      const parsed = readTlsReportRecord(text)
      if (!parsed.ok) return assert.match(parsed.problem.text, /^[\x20-\x7e]+\.$/)
      assert.ok(parsed.value.rua.length > 0)
      for (const place of parsed.value.rua) {
        if (place.type === 'https') assert.equal(new URL(place.uri).protocol, 'https:')
        else assert.match(place.mailbox, /^[^\s]+@[^\s@]+$/)
      }
    }),
    { numRuns: 3000 },
  )
})

test('any text is read or refused, in time that grows with its length', async () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      (text) => typeof readTlsReportRecord(`v=TLSRPTv1;rua=${text}`).ok === 'boolean',
    ),
  )
  for (const part of [
    ',',
    ' ,',
    'a:,',
    'mailto:a@b.c,',
    'https://',
    '%41',
    '%',
    'a',
    '@',
    ':',
    '[',
  ]) {
    for (const head of ['', 'a:', 'https://', 'https://b/', 'mailto:', 'https://b#']) {
      for (const size of [65_000, 1 << 20]) {
        const body = part.repeat(Math.floor(size / part.length))
        await withinCpu(3000, `${head}${part} to ${size}`, () => {
          readTlsReportRecord(`v=TLSRPTv1;rua=${head}${body}`)
          readTlsReportRecord(`v=TLSRPTv1;rua=${head}${body}\xff`)
        })
      }
    }
  }
})
