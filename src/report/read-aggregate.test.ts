import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeUtf8 } from '../base/utf8.ts'
import type { AggregateReport } from './aggregate.ts'
import { defaultAggregateLimits, readAggregate } from './read-aggregate.ts'

const metadata = `<report_metadata><org_name>Mail Co</org_name><email>dmarc@mail.example</email>
  <report_id>r-1</report_id><date_range><begin>1795392000</begin><end>1795478399</end></date_range>
  </report_metadata>`
const policy = '<policy_published><domain>north.example</domain><p>reject</p></policy_published>'

function record(row = '', results = ''): string {
  return `<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated>
    <disposition>none</disposition><dkim>pass</dkim><spf>fail</spf>${row}</policy_evaluated></row>
    <identifiers><header_from>north.example</header_from></identifiers>
    <auth_results>${results}</auth_results></record>`
}

function read(xml: string | Uint8Array): AggregateReport {
  const report = readAggregate(typeof xml === 'string' ? encodeUtf8(xml) : xml)
  if (report.type !== 'aggregate') assert.fail(JSON.stringify(report))
  return report
}

function codes(report: AggregateReport): readonly string[] {
  return report.problems.map(({ code, where }) => `${code} ${where}`)
}

const whole = `<feedback>${metadata}${policy}${record()}</feedback>`

test('a report of either namespace is read, and told apart', () => {
  assert.equal(read(whole).format, 'rfc7489')
  const newer = whole.replace('<feedback>', '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">')
  assert.equal(read(newer).format, 'rfc9990')
  const prefixed = newer.replaceAll(/<(\/?)([a-z])/g, '<$1d:$2').replace('xmlns=', 'xmlns:d=')
  const { format, records, policy: published, problems } = read(prefixed)
  assert.equal(format, 'rfc9990')
  assert.equal(records.length, 1)
  assert.equal(published.p, 'reject')
  assert.deepEqual(problems, [])
})

test('the period, the sender and a record are plain data', () => {
  const report = read(whole)
  assert.deepEqual(JSON.parse(JSON.stringify(report)), report)
  assert.deepEqual(report.records[0], {
    sourceIp: '192.0.2.1',
    count: 3,
    disposition: 'none',
    dkimAligned: 'pass',
    spfAligned: 'fail',
    reasons: [],
    headerFrom: 'north.example',
    envelopeFrom: null,
    envelopeTo: null,
    dkim: [],
    spf: [],
  })
})

// What is written, what is read, and what is said about it.
const words: readonly (readonly [string, RegExp, string, string])[] = [
  ['<dkim>pass</dkim>', /"dkimAligned":"pass"/, '<dkim>pass</dkim>', ''],
  ['<dkim>Pass</dkim>', /"dkimAligned":"pass"/, '<dkim>pass</dkim>', 'unusual-value'],
  ['<dkim>neutral</dkim>', /"dkimAligned":"fail"/, '<dkim>pass</dkim>', 'unusual-value'],
  ['<dkim>green</dkim>', /"dkimAligned":null/, '<dkim>pass</dkim>', 'invalid-value'],
  ['<dkim>__proto__</dkim>', /"dkimAligned":null/, '<dkim>pass</dkim>', 'invalid-value'],
  ['<dkim/>', /"dkimAligned":null/, '<dkim>pass</dkim>', ''],
  ['<count>3.0</count>', /"count":3,/, '<count>3</count>', 'unusual-value'],
  ['<count>-3</count>', /"count":0,/, '<count>3</count>', 'invalid-value'],
  ['<count>1e9</count>', /"count":0,/, '<count>3</count>', 'invalid-value'],
  ['<count/>', /"count":0,/, '<count>3</count>', 'missing'],
  ['<source_ip>2001:DB8:0::1</source_ip>', /"2001:db8::1"/, '<source_ip>192.0.2.1</source_ip>', ''],
  ['<source_ip>[::1]</source_ip>', /"sourceIp":"::1"/, '<source_ip>192.0.2.1</source_ip>', ''],
  ['<source_ip>x</source_ip>', /"x"/, '<source_ip>192.0.2.1</source_ip>', 'invalid-value'],
  ['<p>REJECT</p>', /"p":"reject"/, '<p>reject</p>', 'unusual-value'],
  ['', /"p":null/, '<p>reject</p>', 'missing'],
  ['<begin>2026-11-23</begin>', /"begin":1795392000/, '<begin>1795392000</begin>', 'unusual-value'],
  ['<begin>99999999999999</begin>', /"begin":null/, '<begin>1795392000</begin>', 'invalid-value'],
  ['<begin>1795478400</begin>', /"begin":1795478400/, '<begin>1795392000</begin>', 'invalid-value'],
]

for (const [written, seen, instead, problem] of words) {
  test(`${written === '' ? `no ${instead}` : written} is read as ${seen.source}`, () => {
    const report = read(whole.replace(instead, written))
    assert.match(JSON.stringify(report), seen)
    assert.deepEqual(
      report.problems.map(({ code }) => code),
      problem === '' ? [] : [problem],
    )
  })
}

test('results have the synonyms of RFC 7489, and signatures of nobody are none', () => {
  const results = `<dkim><domain>A.Example.</domain><selector>s</selector><result>error</result></dkim>
    <dkim><domain></domain><result>none</result></dkim>
    <spf><domain>b.example</domain><scope>helo</scope><result>unknown</result></spf>`
  const [one] = read(`<feedback>${metadata}${policy}${record('', results)}</feedback>`).records
  assert.deepEqual(one?.dkim, [
    { domain: 'a.example', selector: 's', result: 'permerror', humanResult: null },
  ])
  assert.deepEqual(one.spf, [
    { domain: 'b.example', scope: 'helo', result: 'temperror', humanResult: null },
  ])
})

test('reasons are read, empty ones are none, unknown ones are other', () => {
  const reasons = `<reason><type></type><comment></comment></reason>
    <reason><type>sampled_out</type></reason>
    <reason><type>moon</type><comment>full &amp; bright</comment></reason>`
  const report = read(`<feedback>${metadata}${policy}${record(reasons)}</feedback>`)
  assert.deepEqual(report.records[0]?.reasons, [
    { type: 'sampled_out', comment: null },
    { type: 'other', comment: 'full & bright' },
  ])
  assert.deepEqual(codes(report), ['invalid-value record 1: policy_evaluated/reason/type'])
})

test('the newer format asks for selectors, the older one does not', () => {
  const results = '<dkim><domain>a.example</domain><result>pass</result></dkim>'
  const older = `<feedback>${metadata}${policy}${record('', results)}</feedback>`
  assert.deepEqual(codes(read(older)), [])
  const newer = older.replace('<feedback>', '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">')
  assert.deepEqual(codes(read(newer)), ['missing auth_results/dkim/selector'])
})

test('what extensions bring is not part of the report', () => {
  const inside =
    '<x:record><x:row/></x:record><x:version>9</x:version><x:policy_published><x:p>none</x:p></x:policy_published>'
  for (const name of ['extension', 'extensions', 'x:extension']) {
    const extension = `<${name} xmlns:x="urn:x">${inside}</${name}>`
    const report = read(`<feedback>${extension}${metadata}${policy}${record()}</feedback>`)
    assert.equal(report.records.length, 1)
    assert.deepEqual([report.version, report.policy.p], [null, 'reject'])
  }
})

test('a broken element costs itself and no more', () => {
  const broken = whole.replace('<email>dmarc@mail.example</email>', '<email><x@y></email>')
  const report = read(broken)
  assert.equal(report.records.length, 1)
  assert.equal(report.reportId, 'r-1')
  assert.ok(report.problems.some(({ code }) => code === 'malformed'))
})

test('a report that is cut off gives the records before the cut', () => {
  const three = `<feedback>${metadata}${policy}${record()}${record()}${record()}</feedback>`
  const report = read(three.slice(0, three.lastIndexOf('<identifiers>')))
  assert.equal(report.records.length, 2)
  assert.ok(report.problems.some(({ code }) => code === 'malformed'))
})

test('a report cut anywhere is read without a fault', () => {
  const octets = encodeUtf8(whole)
  for (let end = 0; end <= octets.length; end++) readAggregate(octets.subarray(0, end))
})

test('character sets are what they are, whatever is declared', () => {
  const named = whole.replace('Mail Co', 'Müller')
  const utf16 = (big: boolean): Uint8Array => {
    const text = `\ufeff<?xml version="1.0" encoding="UTF-16"?>${named}`
    const octets = new Uint8Array(text.length * 2)
    const view = new DataView(octets.buffer)
    for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), !big)
    return octets
  }
  for (const octets of [utf16(true), utf16(false), encodeUtf8(`\ufeff${named}`)]) {
    assert.equal(read(octets).orgName, 'Müller')
    assert.deepEqual(read(octets).problems, [])
  }
  const latin = `<?xml version="1.0" encoding="iso-8859-1"?>${named}`
  assert.equal(read(Uint8Array.from(latin, (c) => c.charCodeAt(0))).orgName, 'Müller')
  const wrong = Uint8Array.from(named, (c) => c.charCodeAt(0))
  assert.equal(read(wrong).orgName, 'M\ufffdller')
  assert.deepEqual(codes(read(wrong)), ['encoding '])
})

test('entities are not expanded, and a document type is told of', () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE f [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">
    <!ENTITY file SYSTEM "file:///etc/passwd">]>${whole.replace('Mail Co', '&b;&file;&#65;&lt;')}`
  const report = read(bomb)
  assert.equal(report.orgName, '&b;&file;A<')
  assert.ok(report.problems.some(({ code }) => code === 'doctype'))
})

const bombs: Readonly<Record<string, string>> = {
  'elements inside each other': `<feedback>${metadata}${'<a>'.repeat(1_000_000)}`,
  'elements in a record': `<feedback>${metadata}<record>${'<a/>'.repeat(1_000_000)}`,
  'attributes of one name': `<feedback>${metadata}<a ${'b="c" '.repeat(500_000)}>`,
  'attributes of many names': `${metadata}<a ${Array.from({ length: 200_000 }, (_, i) => `b${i}=""`).join(' ')}>`,
  'a name without end': `<feedback>${metadata}<${'a'.repeat(5_000_000)}`,
  'a comment without end': `<feedback>${metadata}<!--${'a-'.repeat(3_000_000)}`,
  'CDATA without end': `<feedback>${metadata}<record><![CDATA[${'a]'.repeat(3_000_000)}`,
  'faults without end': `<feedback>${metadata}${'</b>&c'.repeat(1_000_000)}`,
  'a document type without end': `${metadata}<!DOCTYPE ${'[<'.repeat(3_000_000)}`,
}

for (const [name, xml] of Object.entries(bombs)) {
  test(`${name}: bounded`, () => {
    const started = performance.now()
    const report = readAggregate(encodeUtf8(xml))
    assert.ok(report.problems.some(({ code }) => code === 'too-large' || code === 'malformed'))
    assert.ok(report.problems.length < 60)
    assert.ok(JSON.stringify(report).length < 100_000)
    assert.ok(performance.now() - started < 3000, `${performance.now() - started} ms`)
  })
}

test('size and records have limits, and the report says so', () => {
  const many = `<feedback>${metadata}${policy}${record().repeat(20)}</feedback>`
  const limited = readAggregate(encodeUtf8(many), { ...defaultAggregateLimits, maxRecords: 5 })
  assert.equal(limited.type, 'aggregate')
  if (limited.type === 'aggregate') assert.equal(limited.records.length, 5)
  assert.deepEqual(
    limited.problems.map(({ code }) => code),
    ['too-large'],
  )
  const refused = readAggregate(encodeUtf8(many), { ...defaultAggregateLimits, maxOctets: 100 })
  assert.equal(refused.type, 'unreadable')
})

test('whatever the octets are, the reader answers with plain data', () => {
  const pieces = fc.constantFrom(
    '<feedback>',
    '</feedback>',
    metadata,
    policy,
    record(),
    '<record>',
    '</row>',
    '<count>',
    '<a b=',
    '<![CDATA[',
    '<!',
    '-->',
    '<?xml?>',
    ']',
    '&',
    '"',
    '>',
    '\0',
    'ÿ',
    'x',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (list) => {
      const report = readAggregate(encodeUtf8(list.join('')))
      assert.deepEqual(JSON.parse(JSON.stringify(report)), report)
    }),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      readAggregate(octets)
    }),
    { numRuns: 500 },
  )
})
