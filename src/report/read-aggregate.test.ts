import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeUtf8 } from '../base/octets.ts'
import type { AggregateReport } from './aggregate.ts'
import { defaultAggregateLimits, readAggregates } from './read-aggregate.ts'
import { readInPart } from './report-problem.ts'

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
  const [report] = readAggregates(typeof xml === 'string' ? encodeUtf8(xml) : xml)
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
  ['<begin>2026-02-30</begin>', /"begin":null/, '<begin>1795392000</begin>', 'invalid-value'],
  [
    '<begin>1795392000.99</begin>',
    /"begin":1795392000/,
    '<begin>1795392000</begin>',
    'unusual-value',
  ],
  [
    '<begin>1795392000123</begin>',
    /"begin":1795392000/,
    '<begin>1795392000</begin>',
    'unusual-value',
  ],
  [
    '<begin>2026-11-23T01:00:00+0100</begin>',
    /"begin":1795392000/,
    '<begin>1795392000</begin>',
    'unusual-value',
  ],
  ['<begin>99999999999999</begin>', /"begin":null/, '<begin>1795392000</begin>', 'invalid-value'],
  ['<end>253402300799</end>', /"end":253402300799/, '<end>1795478399</end>', ''],
  ['<end>253402300800</end>', /"end":null/, '<end>1795478399</end>', 'invalid-value'],
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
    <spf><domain>b.example</domain><scope>helo</scope><result>unknown</result></spf>
    <spf><domain>.</domain><scope>helo</scope><result>none</result></spf>`
  const [one] = read(`<feedback>${metadata}${policy}${record('', results)}</feedback>`).records
  assert.deepEqual(one?.dkim, [
    { domain: 'a.example', selector: 's', result: 'permerror', humanResult: null },
  ])
  assert.deepEqual(one.spf, [
    { domain: 'b.example', scope: 'helo', result: 'temperror', humanResult: null },
    // The root is a name without a dot too many.
    { domain: '.', scope: 'helo', result: 'none', humanResult: null },
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
  for (let end = 0; end <= octets.length; end++) readAggregates(octets.subarray(0, end))
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
  const declared = Uint8Array.from(`<?xml version="1.0" encoding="koi8-r"?>${named}`, (c) =>
    c.charCodeAt(0),
  )
  assert.equal(read(declared).orgName, 'M\ufffdller')
  assert.deepEqual(codes(read(declared)), ['encoding '])
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
    const before = process.cpuUsage()
    const [report] = readAggregates(encodeUtf8(xml))
    assert.ok(report.problems.some(({ code }) => code === 'too-large' || code === 'malformed'))
    assert.ok(report.problems.length < 60)
    assert.ok(JSON.stringify(report).length < 100_000)
    assert.ok(process.cpuUsage(before).user < 3000_000)
  })
}

test('size and records have limits, and the report says so', () => {
  const many = `<feedback>${metadata}${policy}${record().repeat(20)}</feedback>`
  const [limited] = readAggregates(encodeUtf8(many), { ...defaultAggregateLimits, maxRecords: 5 })
  assert.equal(limited.type, 'aggregate')
  if (limited.type === 'aggregate') assert.equal(limited.records.length, 5)
  assert.deepEqual(
    limited.problems.map(({ code }) => code),
    ['too-large'],
  )
  const [refused] = readAggregates(encodeUtf8(many), { ...defaultAggregateLimits, maxOctets: 100 })
  assert.equal(refused.type, 'unreadable')
  const octets = encodeUtf8(many)
  const [exact] = readAggregates(octets, { ...defaultAggregateLimits, maxOctets: octets.length })
  assert.equal(exact.type, 'aggregate')
  const [one] = readAggregates(octets, { ...defaultAggregateLimits, maxOctets: octets.length - 1 })
  assert.equal(one.type, 'unreadable')
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
      const [report] = readAggregates(encodeUtf8(list.join('')))
      assert.deepEqual(JSON.parse(JSON.stringify(report)), report)
    }),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      readAggregates(octets)
    }),
    { numRuns: 500 },
  )
})

// What breaks XML, what the report still says, and what is told of it.
const faults: readonly (readonly [what: string, xml: string, told: RegExp])[] = [
  ['a bare &', whole.replace('Mail Co', 'A & B'), /"&" that is no entity of XML/],
  ['an entity of HTML', whole.replace('Mail Co', 'A&nbsp;B'), /"&" that is no entity of XML/],
  ['a bare <', whole.replace('Mail Co', 'A < B'), /"<" that begins no tag/],
  ['an address in brackets', whole.replace('Mail Co', 'A <a@b.example>'), /"<" that begins no tag/],
  ['a stray closing tag', whole.replace('Mail Co', 'A</b> B'), /closing tag that closes nothing/],
  ['an empty closing tag', whole.replace('Mail Co', 'A</> B'), /"<" that begins no tag/],
  ['a value that is not closed', whole.replace('</org_name>', ''), /tag that is not closed/],
  [
    'an element that is not closed',
    whole.replace('</report_metadata>', ''),
    /tag that is not closed/,
  ],
  ['a closing tag in another case', whole.replace('</org_name>', '</ORG_NAME>'), /not closed/],
  ['tags that cross', whole.replace('Mail Co', 'A <b><i>B</b></i>'), /not closed/],
  ['a control character', whole.replace('Mail Co', 'A\x02B'), /character that XML does not have/],
  ['a comment without end', whole.replace('Mail Co', 'A <!-- B'), /"<" that begins no tag/],
  ['text behind the end', `${whole}\n-- \nsent by <list & co>`, /"&" that is no entity/],
]

for (const [what, xml, told] of faults) {
  test(`${what} costs no more than the value it is in`, () => {
    const report = read(xml)
    assert.match(report.problems.map(({ text }) => text).join(' '), told)
    assert.ok(
      report.problems.every(({ code }) => code === 'malformed'),
      JSON.stringify(report.problems),
    )
    assert.ok(readInPart(report.problems))
    const clean = read(whole)
    assert.deepEqual(report.records, clean.records)
    assert.deepEqual(report.policy, clean.policy)
    const { email, reportId, begin, end } = report
    assert.deepEqual(
      { email, reportId, begin, end },
      {
        email: clean.email,
        reportId: clean.reportId,
        begin: clean.begin,
        end: clean.end,
      },
    )
  })
}

test('faults are counted, and the values that they are in are kept', () => {
  const many = `<feedback>${metadata}${policy}${record('<reason><type>other</type><comment>a & b &lt;</comment></reason>').repeat(300)}</feedback>`
  const report = read(many)
  assert.equal(report.records.length, 300)
  assert.deepEqual(report.records[299]?.reasons, [{ type: 'other', comment: 'a & b <' }])
  assert.deepEqual(report.problems, [
    {
      code: 'malformed',
      where: '',
      text: 'It has an "&" that is no entity of XML, taken as text (300 times).',
    },
  ])
})

test('CDATA is text, and comments and declarations are none', () => {
  const report = read(whole.replace('Mail Co', '<![CDATA[A & <B>]]><!-- & < --><?x & ?>'))
  assert.equal(report.orgName, 'A & <B>')
  assert.deepEqual(report.problems, [])
})

test('a second auth_results is read, too', () => {
  const signature =
    '<dkim><domain>a.example</domain><selector>s</selector><result>pass</result></dkim>'
  const spf = '<spf><domain>b.example</domain><result>fail</result></spf>'
  const two = record('', `${signature}</auth_results><auth_results>${spf}`)
  const report = read(`<feedback>${metadata}${policy}${two}</feedback>`)
  assert.equal(report.records[0]?.dkim[0]?.domain, 'a.example')
  assert.equal(report.records[0].spf[0]?.domain, 'b.example')
  assert.deepEqual(report.problems, [])
})

const repeats: readonly (readonly [string, string, string])[] = [
  ['<count>3</count>', '<count>3</count><count>4</count>', 'record 1: count'],
  ['<p>reject</p>', '<p>reject</p><p>none</p>', 'policy_published: p'],
  ['<dkim>pass</dkim>', '<dkim>pass</dkim><dkim>fail</dkim>', 'record 1: dkim'],
  [
    '<report_id>r-1</report_id>',
    '<report_id>r-1</report_id><report_id>2</report_id>',
    'report_metadata: report_id',
  ],
  [
    '<identifiers>',
    '<identifiers><header_from>north.example</header_from></identifiers><identifiers>',
    'record 1: identifiers',
  ],
  ['</header_from>', '</header_from><header_from>x.example</header_from>', 'record 1: header_from'],
  [policy, policy + policy, 'policy_published'],
  [metadata, metadata + metadata, 'report_metadata'],
]

for (const [once, twice, where] of repeats) {
  test(`${where} that stands there twice is told of, and the first is read`, () => {
    const report = read(whole.replace(once, twice))
    assert.deepEqual(
      report.problems.map(({ code, where: place }) => [code, place]),
      [['passed-over', where]],
    )
    const { problems, ...rest } = report
    assert.deepEqual({ ...rest, problems: [] }, read(whole))
    assert.ok(readInPart(problems))
  })
}

test('lists have limits, and the report says what is over them', () => {
  const signature =
    '<dkim><domain>a.example</domain><selector>s</selector><result>pass</result></dkim>'
  const reason = '<reason><type>other</type></reason>'
  const error = '<error>x</error>'
  const make = (signatures: number, reasons: number, errors: number): AggregateReport => {
    const one = record(reason.repeat(reasons), signature.repeat(signatures))
    const told = metadata.replace('<date_range>', `${error.repeat(errors)}<date_range>`)
    return read(`<feedback>${told}${policy}${one}</feedback>`)
  }
  const full = make(100, 20, 20)
  assert.deepEqual(full.problems, [])
  assert.deepEqual(
    [full.records[0]?.dkim.length, full.records[0]?.reasons.length, full.errors.length],
    [100, 20, 20],
  )
  const over = make(101, 21, 21)
  assert.deepEqual(over.records[0]?.dkim.length, 100)
  assert.deepEqual(codes(over).toSorted(), [
    'too-large record 1: auth_results/dkim',
    'too-large record 1: policy_evaluated/reason',
    'too-large report_metadata: error',
  ])
})

test('a value has 4,000 characters, and the report says when one has more', () => {
  const named = (length: number): AggregateReport =>
    read(whole.replace('Mail Co', 'x'.repeat(length)))
  assert.deepEqual(named(4000).problems, [])
  assert.deepEqual(codes(named(4001)), ['too-large '])
})

test('reports one behind the other, in documents of their own or in one, are all read', () => {
  const second = whole.replace('r-1', 'r-2').replace('<count>3', '<count>5')
  const declared = '<?xml version="1.0"?>\n'
  const files = [
    `${declared}${whole}\n${declared}${second}`,
    `<reports>${whole}${second}</reports>`,
  ]
  for (const xml of files) {
    const found = readAggregates(encodeUtf8(xml))
    assert.deepEqual(
      found.map((one) =>
        one.type === 'aggregate' ? [one.reportId, one.records[0]?.count, one.problems] : [],
      ),
      [
        ['r-1', 3, []],
        ['r-2', 5, []],
      ],
    )
  }
  const namespace = second.replace(
    '<feedback>',
    '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">',
  )
  const [older, newer] = readAggregates(encodeUtf8(whole + namespace))
  assert.equal(older.type === 'aggregate' && older.format, 'rfc7489')
  assert.equal(newer?.type === 'aggregate' && newer.format, 'rfc9990')
  const many = readAggregates(encodeUtf8(whole.repeat(21)))
  assert.equal(many.length, 20)
  assert.match(JSON.stringify(many[0]), /more than 20 reports/)
  assert.equal(readAggregates(encodeUtf8(whole.repeat(20))).length, 20)
  const more = readAggregates(encodeUtf8(whole.repeat(25)))
  assert.equal(JSON.stringify(more[0]).split('more than 20 reports').length, 2, 'said once')
})

test('records without a report are told of', () => {
  const stray = `<feedback>${record()}${record()}</feedback>`
  const [found, ...others] = readAggregates(encodeUtf8(stray + whole))
  assert.deepEqual(others, [])
  if (found.type !== 'aggregate') assert.fail(found.type)
  assert.equal(found.records.length, 1)
  assert.deepEqual(codes(found), ['passed-over record'])
  assert.match(found.problems[0]?.text ?? '', /^2 records stand in no report/)
  assert.deepEqual(read(`<feedback/>${whole}`).problems, [])
})

test('a tag has a thousand attributes, and one with more is text', () => {
  const told = (count: number): string => {
    const attributes = Array.from({ length: count }, (_, i) => `a${i}=""`).join(' ')
    return JSON.stringify(read(whole.replace('Mail Co', `A<x ${attributes}/>`)).problems)
  }
  assert.equal(told(1000), '[]')
  assert.match(told(1001), /begins no tag/)
})

test('the records of all reports of a file together have a limit', () => {
  const limits = { ...defaultAggregateLimits, maxRecords: 3 }
  const two = `<feedback>${metadata}${policy}${record()}${record()}</feedback>`
  const found = readAggregates(encodeUtf8(two + two), limits)
  const counts = found.map((one) => (one.type === 'aggregate' ? one.records.length : -1))
  assert.deepEqual(counts, [2, 1])
  assert.ok(found.every((one) => readInPart(one.problems)))
})
