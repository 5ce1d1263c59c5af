import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { withinCpu } from '../base/test-support/cpu-time.ts'
import {
  type AuthenticationResults,
  authenticationResultsValue,
  claimsToBe,
  formatAuthenticationResults,
  type MethodResult,
  mustRemove,
  parseAuthenticationResults,
} from './auth-results.ts'

const typical: AuthenticationResults = {
  authservId: 'mx.south.example',
  results: [
    {
      method: 'spf',
      result: 'pass',
      comment: 'ip4 matched 192.0.2.1',
      properties: [{ ptype: 'smtp', property: 'mailfrom', value: 'sender@north.example' }],
    },
    {
      method: 'dkim',
      result: 'pass',
      properties: [
        { ptype: 'header', property: 'd', value: 'north.example' },
        { ptype: 'header', property: 's', value: 's2026' },
        { ptype: 'header', property: 'b', value: 'dzdVyOfA' },
      ],
    },
    {
      method: 'dmarc',
      result: 'pass',
      properties: [
        { ptype: 'header', property: 'from', value: 'north.example' },
        { ptype: 'policy', property: 'dmarc', value: 'reject' },
      ],
    },
  ],
}

test('a field is folded, a statement a line', () => {
  assert.equal(
    formatAuthenticationResults(typical),
    [
      'Authentication-Results: mx.south.example;',
      ' spf=pass (ip4 matched 192.0.2.1) smtp.mailfrom=sender@north.example;',
      ' dkim=pass header.d=north.example header.s=s2026 header.b=dzdVyOfA;',
      ' dmarc=pass header.from=north.example policy.dmarc=reject',
      '',
    ].join('\r\n'),
  )
})

test('the value alone is one line', () => {
  assert.equal(
    authenticationResultsValue({
      authservId: 'mx.south.example',
      results: typical.results.slice(0, 1),
    }),
    'mx.south.example; spf=pass (ip4 matched 192.0.2.1) smtp.mailfrom=sender@north.example',
  )
})

test('nothing checked is written none', () => {
  const given = { authservId: 'mx.south.example', results: [] }
  assert.equal(
    formatAuthenticationResults(given),
    'Authentication-Results: mx.south.example; none\r\n',
  )
  assert.deepEqual(parseAuthenticationResults('mx.south.example; none').results, [])
})

const written: readonly (readonly [string, string])[] = [
  ['north.example', 'north.example'],
  ['ann@north.example', 'ann@north.example'],
  ['@north.example', '@north.example'],
  ['ann+x/y=z@north.example', 'ann+x/y=z@north.example'],
  ['"a b"@north.example', '"a b"@north.example'],
  ['a b@north.example', '"a b"@north.example'],
  ['a"b@north.example', '"a\\"b"@north.example'],
  ['a/b+c=', '"a/b+c="'],
  ['[192.0.2.1]', '"[192.0.2.1]"'],
  ['2001:db8::1', '"2001:db8::1"'],
  ['', '""'],
  ['a;b', '"a;b"'],
  ['x\r\nBcc: y@z.example', '"x Bcc: y"@z.example'],
  ['x\u0000y', '"x y"'],
  ['jürgen@north.example', 'j?rgen@north.example'],
  ['ends in \\', '"ends in \\\\"'],
  // RFC 8616 §5: A-labels, where the message may not be an internationalized one.
  ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['@BÜCHER.example', '@xn--bcher-kva.example'],
  ['ü@bücher.example', '?@xn--bcher-kva.example'],
  ['bü cher', '"b? cher"'],
]

for (const [value, expected] of written) {
  test(`a value is quoted where it must be: ${JSON.stringify(value)}`, () => {
    const properties = [{ ptype: 'smtp', property: 'mailfrom', value }]
    const given = { authservId: 'x', results: [{ method: 'spf', result: 'pass', properties }] }
    assert.equal(authenticationResultsValue(given), `x; spf=pass smtp.mailfrom=${expected}`)
  })
}

test('a method that is no keyword is a bug', () => {
  const result = { method: 'spf; dkim', result: 'pass', properties: [] }
  assert.throws(() => formatAuthenticationResults({ authservId: 'x', results: [result] }))
})

interface Read {
  readonly value: string
  readonly id: string
  readonly results: readonly string[]
}

/** `method/version=result` and its properties, reason and comment. */
function brief(one: MethodResult): string {
  const version = one.version === undefined ? '' : `/${one.version}`
  const properties = one.properties.map((p) => ` ${p.ptype}.${p.property}=${p.value}`).join('')
  const reason = one.reason === undefined ? '' : ` reason=${one.reason}`
  const comment = one.comment === undefined ? '' : ` (${one.comment})`
  return `${one.method}${version}=${one.result}${properties}${reason}${comment}`
}

const readings: readonly Read[] = [
  // RFC 8601 appendix B
  { value: 'example.org 1; none', id: 'example.org', results: [] },
  {
    value: 'example.com;\r\n          spf=pass smtp.mailfrom=example.net',
    id: 'example.com',
    results: ['spf=pass smtp.mailfrom=example.net'],
  },
  {
    value:
      'example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n spf=pass smtp.mailfrom=example.net',
    id: 'example.com',
    results: [
      'auth=pass smtp.auth=sender@example.net (cram-md5)',
      'spf=pass smtp.mailfrom=example.net',
    ],
  },
  {
    value:
      'example.com;\r\n dkim=pass reason="good signature"\r\n  header.i=@mail-router.example.net;\r\n dkim=fail reason="bad signature"\r\n  header.i=@newyork.example.com',
    id: 'example.com',
    results: [
      'dkim=pass header.i=@mail-router.example.net reason=good signature',
      'dkim=fail header.i=@newyork.example.com reason=bad signature',
    ],
  },
  {
    value:
      "foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n policy (A dot can go here) . (like that) expired\r\n (this surprised me) = (as I wasn't expecting it) 1362471462",
    id: 'foo.example.net',
    results: ['dkim/1=fail policy.expired=1362471462 (Because I like it)'],
  },
  // What is met in the wild
  {
    value:
      'mx.google.com;\r\n dkim=pass header.i=@x.example header.s=s1 header.b="ab/c+=";\r\n dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=x.example',
    id: 'mx.google.com',
    results: [
      'dkim=pass header.i=@x.example header.s=s1 header.b=ab/c+=',
      'dmarc=pass header.from=x.example (p=NONE sp=NONE dis=NONE)',
    ],
  },
  {
    value:
      'spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=x.example; dmarc=pass action=none header.from=x.example;compauth=pass reason=100',
    id: '',
    results: [
      'spf=pass smtp.mailfrom=x.example (sender IP is 192.0.2.1)',
      'dmarc=pass header.from=x.example',
      'compauth=pass reason=100',
    ],
  },
  { value: '"quoted; id" 1; SPF=Pass', id: 'quoted; id', results: ['spf=pass'] },
  { value: 'x; dkim=pass header.b=a/b+c=;', id: 'x', results: ['dkim=pass header.b=a/b+c='] },
  {
    value: 'x; spf=pass smtp.mailfrom="a b"@y.example',
    id: 'x',
    results: ['spf=pass smtp.mailfrom=a b@y.example'],
  },
  { value: 'x; =pass; spf; spf=; ;dkim=none', id: 'x', results: ['dkim=none'] },
  // A version that cannot be read is none that we know (RFC 8601 §2.2, method-version).
  { value: 'x; dkim/y=pass; spf/1=pass; dkim/=pass', id: 'x', results: ['spf/1=pass'] },
  { value: '', id: '', results: [] },
  { value: 'x', id: 'x', results: [] },
  { value: 'x; spf=pass (unclosed', id: 'x', results: ['spf=pass (unclosed)'] },
  {
    value: 'x; spf=pass reason="unclosed; dkim=pass',
    id: 'x',
    results: ['spf=pass reason=unclosed; dkim=pass'],
  },
]

for (const { value, id, results } of readings) {
  test(`a field is read: ${JSON.stringify(value).slice(0, 70)}`, () => {
    const read = parseAuthenticationResults(value)
    assert.equal(read.authservId, id)
    assert.deepEqual(read.results.map(brief), results)
  })
}

test('the version is 1 when it is not told', () => {
  assert.equal(parseAuthenticationResults('x; none').version, 1)
  assert.equal(parseAuthenticationResults('x 2; none').version, 2)
  assert.equal(parseAuthenticationResults('x y; none').version, null)
})

const claims: readonly string[] = [
  'mx.south.example; spf=pass',
  'MX.South.EXAMPLE; spf=pass',
  '  mx.south.example ; spf=pass',
  '\r\n\tmx.south.example;\r\n spf=pass',
  '(a (nested) comment) mx.south.example(x) 1; none',
  '"mx.south.example"; spf=pass',
  '"mx.south\\.example" 1; spf=pass',
  'mx.south.example. 1; spf=pass',
  'mx.south.example',
  'other mx.south.example; spf=pass',
  '1 mx.south.example; spf=pass',
  ')mx.south.example; spf=pass',
]

for (const value of claims) {
  test(`a forged field is found out: ${JSON.stringify(value)}`, () => {
    assert.ok(claimsToBe(value, 'mx.south.example'))
    assert.equal(mustRemove(value, 'mx.south.example'), 'claims-our-name')
  })
}

test('the fields of others stay', () => {
  for (const value of [
    'mx.north.example; spf=pass',
    'xmx.south.example; spf=pass',
    'mx.south.example.org; spf=pass',
    'mx.north.example; spf=pass (mx.south.example) smtp.mailfrom=mx.south.example',
    '(mx.south.example) mx.north.example; none',
    '',
  ]) {
    assert.ok(!claimsToBe(value, 'mx.south.example'), value)
    assert.equal(mustRemove(value, 'mx.south.example'), null)
  }
})

test('a name that is not ASCII is found in both its forms', () => {
  assert.ok(claimsToBe('xn--e1afmkfd.xn--p1ai; none', 'пример.рф'))
  assert.ok(claimsToBe('пример.рф; none', 'xn--e1afmkfd.xn--p1ai'))
})

test('a name in UTF-8 is found in the octets of a field, which is how a header has it', () => {
  const octets = Buffer.from('bücher.example; spf=pass').toString('latin1')
  assert.ok(claimsToBe(octets, 'xn--bcher-kva.example'))
  assert.ok(claimsToBe(octets, 'bücher.example'))
  assert.ok(!claimsToBe(octets, 'bucher.example'))
})

for (const value of [
  'mx.south.example/1; none',
  'mx.south.example=1; none',
  'mx.south.example,mx.north.example; none',
  'mx.north.example,mx.south.example; none',
  'mx.south.example:; none',
  'mx.south.example\0; none',
  '<mx.south.example>; none',
  '[mx.south.example]; none',
  'mx.south.example\\; none',
  '"mx.south.example; spf=pass',
  '"mx.south.example\\"; spf=pass',
]) {
  test(`a careless reader takes ${JSON.stringify(value)} for ours, so it must go`, () => {
    assert.equal(mustRemove(value, 'mx.south.example'), 'claims-our-name')
  })
}

test('a version that we do not know must go', () => {
  assert.equal(mustRemove('mx.north.example 2; none', 'mx.south.example'), 'unknown-version')
  for (const nobody of [
    'spf=pass smtp.mailfrom=x.example; dkim=pass',
    'spf=pass; dmarc=pass',
    'compauth=pass reason=000',
    '(a comment) dmarc=pass',
    '; dmarc=pass',
  ]) {
    assert.equal(mustRemove(nobody, 'mx.south.example'), 'no-name', nobody)
  }
  assert.equal(mustRemove('"a=b"; dmarc=pass', 'mx.south.example'), null)
  assert.equal(mustRemove('mx.north.example 1; none', 'mx.south.example'), null)
})

const keywords = fc.constantFrom('spf', 'dkim', 'dmarc', 'x-y', 'pass', 'header', 'from')
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 40, unit: fc.constantFrom(...Array.from('ab.@;="\\()\r\n\t /,é')) }),
  fc.string({ maxLength: 1200, unit: fc.constantFrom('"', '\\', '(', 'a', ' ') }),
)
const anyResults: fc.Arbitrary<AuthenticationResults> = fc.record({
  authservId: fc.constantFrom('mx.south.example', 'a b', ''),
  results: fc.array(
    fc.record(
      {
        method: keywords,
        result: keywords,
        reason: anyText,
        comment: anyText,
        properties: fc.array(fc.record({ ptype: keywords, property: keywords, value: anyText }), {
          maxLength: 4,
        }),
      },
      { requiredKeys: ['method', 'result', 'properties'] },
    ),
    { minLength: 1, maxLength: 4 },
  ),
})

test('no value can end a statement, a comment or the field', () => {
  fc.assert(
    fc.property(anyResults, (given) => {
      const field = formatAuthenticationResults(given)
      assert.match(field, /^Authentication-Results: (?:[\x20-\x7e]|\r\n (?=[\x21-\x7e]))*\r\n$/)
      for (const line of field.split('\r\n')) assert.ok(line.length <= 998)
      const read = parseAuthenticationResults(field.slice('Authentication-Results:'.length, -2))
      const expectedId = given.authservId
      assert.equal(read.authservId, expectedId)
      assert.deepEqual(
        read.results.map((one) => [
          one.method,
          one.result,
          one.properties.map((p) => `${p.ptype}.${p.property}`),
        ]),
        given.results.map((one) => [
          one.method,
          one.result,
          one.properties.map((p) => `${p.ptype}.${p.property}`),
        ]),
      )
    }),
    { numRuns: 1000 },
  )
})

test('what is written in plain words is read back as it was', () => {
  const plain = fc.string({
    maxLength: 30,
    unit: fc.constantFrom(...Array.from('abc.@;="\\()/,-_')),
  })
  // A local part that is quoted already stays so, and is read without its quotes.
  const unquoted = plain.map((text) => text.replaceAll('"', ''))
  fc.assert(
    fc.property(plain, plain, fc.array(unquoted, { maxLength: 3 }), (reason, comment, values) => {
      const properties = values.map((value) => ({ ptype: 'header', property: 'x', value }))
      const result = { method: 'dkim', result: 'fail', reason, comment, properties }
      const field = formatAuthenticationResults({ authservId: 'x', results: [result] })
      const [read] = parseAuthenticationResults(
        field.slice('Authentication-Results:'.length, -2),
      ).results
      assert.equal(read?.reason ?? '', reason)
      assert.equal(read?.comment ?? '', comment)
      assert.deepEqual(
        read?.properties.map((p) => p.value),
        values,
      )
    }),
    { numRuns: 1000 },
  )
})

test('any text gives a reading, never an exception, and always the same', () => {
  fc.assert(
    fc.property(anyText, anyText, (a, b) => {
      const value = `mx.south.example; ${a}=${b}`
      assert.deepEqual(parseAuthenticationResults(value), parseAuthenticationResults(value))
      assert.equal(claimsToBe(value, 'mx.south.example'), true)
    }),
    { numRuns: 2000 },
  )
})

test('time grows with the length and no faster; statements and problems are bounded', async () => {
  for (const part of ['(', '"', ';', '=', 'a=b;', 'a.b=c ', '.', 'a ', '\\', '("', ')', 'x']) {
    const value = `x; spf=pass ${part.repeat(Math.ceil(300_000 / part.length))}`
    const read = await withinCpu(2000, part, () => {
      claimsToBe(value.slice(2), 'y')
      return parseAuthenticationResults(value)
    })
    assert.ok(read.results.length <= 200 && read.problems.length <= 20)
  }
})

test('what stands in a comment or in quotes is no statement, however it is written', () => {
  const fields = [
    'mx.south.example (x; dmarc=pass header.from=north.example); spf=fail',
    'mx.south.example; (dmarc=pass header.from=north.example;) spf=fail',
    'mx.south.example; spf=fail (; dmarc=pass header.from=north.example)',
    'mx.south.example; spf=fail (a \\) ; dmarc=pass header.from=north.example)',
    'mx.south.example; spf=fail (a (b) ; dmarc=pass header.from=north.example)',
    'mx.south.example; spf=fail (((a) b) ; dmarc=pass header.from=north.example',
    'mx.south.example; spf=fail reason="; dmarc=pass header.from=north.example"',
    'mx.south.example; ??? (; dmarc=pass) ; spf=fail',
    'mx.south.example; ??? "; dmarc=pass" ; spf=fail',
  ]
  for (const field of fields) {
    const said = parseAuthenticationResults(field).results.map(
      ({ method, result }) => `${method}=${result}`,
    )
    assert.deepEqual(said, ['spf=fail'], field)
  }
})

test('our name is found as any word before the first statement, and nowhere else', () => {
  const ours = 'mx.south.example'
  for (const [field, claims] of [
    ['a b mx.south.example; spf=pass', true],
    ['a (x) "b" 1 "mx.south.example" ; spf=pass', true],
    [`${'a '.repeat(49)}mx.south.example; spf=pass`, true],
    [`${'a '.repeat(50)}mx.south.example; spf=pass`, false],
    ['a (mx.south.example) b; spf=pass', false],
    ['a; spf=pass smtp.mailfrom=mx.south.example', false],
    ['xmx.south.example; spf=pass', false],
  ] as const) {
    assert.equal(claimsToBe(field, ours), claims, field.slice(0, 40))
  }
})

test('a field of a version that nobody knows is removed, whoever it names', () => {
  for (const [head, reason] of [
    ['mx.north.example', null],
    ['mx.north.example 1', null],
    ['mx.north.example 01', null],
    ['mx.north.example 2', 'unknown-version'],
    ['mx.north.example 11', 'unknown-version'],
    ['mx.north.example x', 'unknown-version'],
    ['mx.south.example 2', 'claims-our-name'],
  ] as const) {
    assert.equal(mustRemove(`${head}; spf=pass`, 'mx.south.example'), reason, head)
  }
})

test('of a head that does not end only the beginning is read, and the field is removed', () => {
  const ours = 'mx.south.example'
  for (const [head, reason] of [
    [`${'x'.repeat(999)};`, null],
    [`x${' '.repeat(998)};`, null],
    ['x'.repeat(1000), null],
    ['x'.repeat(1001), 'endless-head'],
    [`${'x'.repeat(1000)};`, 'endless-head'],
    [`x (${';'.repeat(1000)})`, 'endless-head'],
    [`"${';'.repeat(1000)}"`, 'endless-head'],
    [`${'é,'.repeat(500)} ${ours};`, 'endless-head'],
    [`${' '.repeat(980)}${ours};`, 'claims-our-name'],
    [`${ours} (${'x'.repeat(900)});`, 'claims-our-name'],
  ] as const) {
    assert.equal(
      mustRemove(head.endsWith(';') ? `${head} spf=pass` : head, ours),
      reason,
      head.slice(0, 20),
    )
  }
})

test('a name in UTF-8 is read whole, whatever stands where reading ends', () => {
  const value = String.fromCharCode(
    ...new TextEncoder().encode(`bücher.example; ${'é'.repeat(900)}`),
  )
  for (const more of ['', 'x', 'xx']) {
    assert.equal(mustRemove(value + more, 'xn--bcher-kva.example'), 'claims-our-name')
  }
})

test('no line of a field is longer than 998 octets, however long and however written its values', () => {
  for (const value of [
    'x'.repeat(5000),
    '"'.repeat(5000),
    'a b '.repeat(2000),
    `${'\\"'.repeat(3000)}`,
  ]) {
    const results: readonly MethodResult[] = [
      {
        method: 'spf',
        result: 'fail',
        reason: value,
        comment: value,
        properties: [{ ptype: 'smtp', property: 'mailfrom', value }],
      },
    ]
    const field = formatAuthenticationResults({ authservId: 'mx.south.example', results })
    for (const line of field.split('\r\n')) assert.ok(line.length <= 998, `${line.length} octets`)
    const [read] = parseAuthenticationResults(
      field.replace(/^[^:]*: /, '').replace(/\r\n /g, ' '),
    ).results
    const shown = read?.properties[0]?.value ?? ''
    // It is cut where it says so, and not lost.
    assert.ok(shown.endsWith('...') && shown.length > 300 && shown.length <= 400, `${shown.length}`)
  }
})
