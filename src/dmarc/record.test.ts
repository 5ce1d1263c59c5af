import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { withinCpu } from '../base/test-support/cpu-time.ts'
import { type DmarcRecord, parseDmarcRecord } from './record.ts'
import { parseReportUri } from './report-uri.ts'

function read(text: string): DmarcRecord {
  const parsed = parseDmarcRecord(text)
  assert.ok(parsed.ok, text)
  return parsed.value
}

function refused(text: string): string {
  const parsed = parseDmarcRecord(text)
  return parsed.ok ? 'read' : parsed.problem.type
}

test('the defaults', () => {
  assert.deepEqual(read('v=DMARC1; p=none'), {
    p: 'none',
    sp: null,
    np: null,
    adkim: 'r',
    aspf: 'r',
    psd: 'u',
    t: 'n',
    fo: ['0'],
    rua: [],
    ruf: [],
    removed: [],
    unknown: [],
    problems: [],
  })
})

const versions: readonly (readonly [string, string])[] = [
  ['v=DMARC1;p=none', 'read'],
  ['v=DMARC1 ; p=none', 'read'],
  ['V\t= DMARC1; p=none', 'read'],
  // RFC 6376 §3.2, whose syntax this is, lets white space stand before a name.
  [' v=DMARC1; p=none', 'read'],
  ['\tv=DMARC1; p=none', 'read'],
  [';v=DMARC1; p=none', 'not-dmarc'],
  ['\ufeffv=DMARC1; p=none', 'not-dmarc'],
  ['v=DMARC1; p=none;', 'read'],
  ['v=DMARC1;; p=none ;;', 'read'],
  ['v=DMARC1; sp=reject; p=none', 'read'],
  ['v=dmarc1; p=none', 'not-dmarc'],
  ['v=DMARC2; p=none', 'not-dmarc'],
  ['v=DMARC1x; p=none', 'not-dmarc'],
  ['v=DMARC1 p=none', 'not-dmarc'],
  ['p=none; v=DMARC1', 'not-dmarc'],
  ['v="DMARC1"; p=none', 'not-dmarc'],
  ['v:DMARC1; p=none', 'not-dmarc'],
  ['', 'not-dmarc'],
  ['v=DMARC1', 'no-policy'],
  ['v=DMARC1;', 'no-policy'],
  ['v=DMARC1; p=', 'no-policy'],
  ['v=DMARC1; p=block', 'no-policy'],
  ['v=DMARC1; p=none reject', 'no-policy'],
  ['v=DMARC1; p=reject; sp=block', 'no-policy'],
  ['v=DMARC1; p=reject; np=block', 'no-policy'],
  ['v=DMARC1; rua=nobody', 'no-policy'],
  ['v=DMARC1; ruf=mailto:r@example.com', 'no-policy'],
  ['v=DMARC1; rua=mailto:r@example.com', 'read'],
  ['v=DMARC1; p=block; rua=nobody,mailto:r@example.com', 'read'],
  ['v=DMARC1; p=none; p=none', 'duplicate-tag'],
  ['v=DMARC1; p=none; x=1; X=2', 'duplicate-tag'],
  ['v=DMARC1; v=DMARC1; p=none', 'duplicate-tag'],
]

for (const [text, expected] of versions) {
  test(`${expected}: ${JSON.stringify(text)}`, () => assert.equal(refused(text), expected))
}

test('values are read without case, wrong ones count as the default and are named', () => {
  const record = read(
    'v=DMARC1; P=Reject; SP=NONE; np=Quarantine; adkim=S; aspf=x; psd=q; t=Y; fo=D:S:1',
  )
  assert.deepEqual([record.p, record.sp, record.np], ['reject', 'none', 'quarantine'])
  assert.deepEqual([record.adkim, record.aspf, record.psd, record.t], ['s', 'r', 'u', 'y'])
  assert.deepEqual(record.fo, ['d', 's', '1'])
  assert.deepEqual(record.problems, [
    { type: 'invalid-value', tag: 'psd', value: 'q' },
    { type: 'invalid-value', tag: 'aspf', value: 'x' },
  ])
})

test('0 and 1 of fo exclude each other, and each option comes once', () => {
  for (const fo of ['0:1', '1:d:0', 'd:d', 'x', '', '0:', ':']) {
    assert.deepEqual(read(`v=DMARC1; p=none; fo=${fo}`).fo, ['0'], fo)
  }
})

test('a wrong policy with a place for reports says none', () => {
  const record = read('v=DMARC1; p=reject; sp=block; np=reject; rua=mailto:r@example.com; adkim=s')
  assert.deepEqual([record.p, record.sp, record.np, record.adkim], ['none', null, null, 's'])
  assert.deepEqual(record.problems, [{ type: 'invalid-policy', tag: 'sp', value: 'block' }])
})

test('what RFC 9989 removed is named, what nobody knows is ignored', () => {
  const record = read(
    'v=DMARC1; p=none; pct=5; rf=afrf; ri=60; rua=mailto:a@b.example!10m,mailto:c@d.example; foo=bar; n0_pe=1; bogus; \xff=1',
  )
  assert.deepEqual(record.removed, [
    { tag: 'pct', value: '5' },
    { tag: 'rf', value: 'afrf' },
    { tag: 'ri', value: '60' },
    { tag: 'rua', value: '!10m' },
  ])
  assert.deepEqual(record.unknown, ['foo', 'n0_pe'])
  assert.deepEqual(
    record.problems.map(({ type }) => type),
    ['not-a-tag', 'not-a-tag'],
  )
})

const uris: readonly (readonly [string, string | null, string | null])[] = [
  ['mailto:r@example.com', 'example.com', 'r@example.com'],
  ['MAILTO:r@EXAMPLE.com', 'example.com', 'r@EXAMPLE.com'],
  [' mailto:r@example.com!10m ', 'example.com', 'r@example.com'],
  ['mailto:a%2Bb@example.com?subject=x', 'example.com', 'a+b@example.com'],
  ['mailto:%c3%a9@b%C3%BCcher.example', 'xn--bcher-kva.example', 'é@bücher.example'],
  ['mailto:a@b.example%2Cc@d.example', null, null],
  ['mailto:a@b.example%0d%0aBcc:x@y.example', null, null],
  ['mailto:@example.com', null, null],
  ['mailto:', null, null],
  ['https://u:p@reports.example:8443/in?x#y', 'reports.example', null],
  ['https://[2001:db8::1]/', null, null],
  ['urn:x', null, null],
]

for (const [text, host, mailbox] of uris) {
  test(`a place for reports: ${text}`, () => {
    const uri = parseReportUri(text)
    assert.equal(uri?.host, host)
    assert.equal(uri?.mailbox, mailbox)
  })
}

test('what is no URI is no place for reports', () => {
  for (const text of [
    '',
    'r@example.com',
    'mailto:a@b!',
    'mailto:a@b!10p',
    'mailto:a b@c',
    'mailto:%zz',
    ':x',
    '1a:b',
    'mailto:a@b ! 2g',
  ]) {
    assert.equal(parseReportUri(text), undefined, text)
  }
})

test('any text is read or refused, in time that grows with its length', async () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      (text) => typeof parseDmarcRecord(`v=DMARC1;${text}`).ok === 'boolean',
    ),
  )
  for (const part of ['a=b;', ';', ' ', '=', 'p', 'a = ', ' \xff', 'rua=mailto:a@b.c,', ',', '%']) {
    for (const head of ['v=DMARC1;p=none;', 'v=DMARC1;p=none;rua=', 'v=DMARC1;a=x', 'v']) {
      const text = `${head}${part.repeat(Math.ceil(65_536 / part.length))}\xff`
      await withinCpu(2000, `${head}${part}`, () => parseDmarcRecord(text))
    }
  }
})
