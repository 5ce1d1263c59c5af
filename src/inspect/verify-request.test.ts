import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { octetString } from '../base/octets.ts'
import { readVerifyRequest } from './verify-request.ts'

const spf = { ip: '192.0.2.1', helo: 'mx.example', mailFrom: 'a@b.example' }

function read(json: unknown) {
  const result = readVerifyRequest(json)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

function subject<T extends 'message' | 'parts'>(json: unknown, type: T) {
  const { subject: found } = read(json)
  assert.equal(found.type, type)
  return found
}

test('a message comes with the facts of its connection', () => {
  const request = read({ id: 7, message: 'AP8N', ...spf, now: 1_700_000_000.9, dns: {} })
  assert.deepEqual([request.id, request.now, request.zone?.size], [7, 1_700_000_000, 0])
  assert.ok(request.subject.type === 'message')
  assert.equal(octetString(request.subject.octets), '\0\xff\r')
  assert.deepEqual(request.subject.sender, spf)
})

test('without an address nothing is known of the connection', () => {
  assert.deepEqual(subject({ message: '' }, 'message'), {
    type: 'message',
    octets: Buffer.alloc(0),
    sender: undefined,
  })
})

test('what is not said is empty, and brackets are not part of a path', () => {
  const found = subject({ spf: { ip: '::1', mailFrom: '<>' } }, 'parts')
  assert.deepEqual(found, {
    type: 'parts',
    spf: { ip: '::1', helo: '', mailFrom: '' },
    dmarc: undefined,
  })
})

test('parts may be asked for together', () => {
  const dmarc = { from: 'b.example', spf: null, dkim: null }
  const found = subject({ spf, dmarc }, 'parts')
  assert.deepEqual(found, {
    type: 'parts',
    spf,
    dmarc: { from: { type: 'domain', domain: 'b.example' }, spf: null, dkim: [] },
  })
})

test('an exchange may be a text or a pair', () => {
  const { zone } = read({ spf, dns: { 'B.example.': { MX: ['10 mx.b.example', [20, 'MX2']] } } })
  const name = zone?.get('b.example')
  assert.deepEqual(name?.type === 'name' && name.records.MX, {
    type: 'records',
    records: [
      { preference: 10, exchange: 'mx.b.example' },
      { preference: 20, exchange: 'mx2' },
    ],
  })
})

const froms: readonly (readonly [unknown, unknown])[] = [
  ['b.example', { type: 'domain', domain: 'b.example' }],
  ['a@b.example', { type: 'fields', values: ['a@b.example'] }],
  [
    'Ann <a@b.example>, c@d.example',
    { type: 'fields', values: ['Ann <a@b.example>, c@d.example'] },
  ],
  [['a@b.example', 'c@d.example'], { type: 'fields', values: ['a@b.example', 'c@d.example'] }],
]
for (const [from, wanted] of froms) {
  test(`the author ${JSON.stringify(from)}`, () => {
    const found = subject({ dmarc: { from } }, 'parts')
    assert.ok(found.type === 'parts')
    assert.deepEqual(found.dmarc?.from, wanted)
  })
}

const given: readonly (readonly ['spf' | 'dkim', string])[] = [
  ...['none', 'neutral', 'pass', 'fail', 'softfail', 'policy', 'temperror', 'permerror'].map(
    (result) => ['spf', result] as const,
  ),
  ...['none', 'pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror'].map(
    (result) => ['dkim', result] as const,
  ),
  ['spf', 'Pass'],
  ['dkim', 'PermError'],
]
for (const [method, result] of given) {
  test(`${method} may have come to ${result}`, () => {
    const one = { result, domain: 'b.example' }
    const dmarc = { from: 'b.example', ...(method === 'spf' ? { spf: one } : { dkim: [one] }) }
    const found = subject({ dmarc }, 'parts')
    assert.ok(found.type === 'parts')
    const read = method === 'spf' ? found.dmarc?.spf : found.dmarc?.dkim[0]
    assert.deepEqual(read, { result: result.toLowerCase(), domain: 'b.example' })
  })
}

test('what did not pass may be without a domain, as our own answers have it', () => {
  const dkim = [{ result: 'permerror', domain: null, selector: null, reason: 'tag-missing' }]
  const spfNone = { result: 'none', domain: null }
  const found = subject({ dmarc: { from: 'b.example', spf: spfNone, dkim } }, 'parts')
  assert.ok(found.type === 'parts')
  assert.deepEqual(found.dmarc?.spf, { result: 'none', domain: '' })
  assert.deepEqual(found.dmarc?.dkim, [{ result: 'permerror', domain: '' }])
})

const encodings: readonly (readonly [string, string | undefined])[] = [
  ['', ''],
  ['eA==', 'x'],
  ['eA', 'x'],
  ['eHg=', 'xx'],
  ['eHh4', 'xxx'],
  ['eHh\r\n4\n', 'xxx'],
  ['eA=', undefined],
  ['e', undefined],
  ['e===', undefined],
  ['eHh4=', undefined],
  ['eH!4', undefined],
  ['eA==eA==', undefined],
  ['=', undefined],
  ['é', undefined],
]
for (const [message, octets] of encodings) {
  test(`the base64 ${JSON.stringify(message)} is ${octets === undefined ? 'an error' : 'read'}`, () => {
    const result = readVerifyRequest({ message })
    const found =
      result.ok && result.value.subject.type === 'message'
        ? octetString(result.value.subject.octets)
        : undefined
    assert.equal(found, octets)
  })
}

const problems: readonly (readonly [unknown, unknown, RegExp])[] = [
  [null, null, /^a request is a JSON object/],
  [[], null, /^a request is a JSON object/],
  ['x', null, /^a request is a JSON object/],
  [{ id: {} }, null, /^id: /],
  [{ id: [1] }, null, /^id: /],
  [{ id: 'a' }, 'a', /^has none of message, spf and dmarc/],
  [{ id: 1, message: 5 }, 1, /^message: is not base64/],
  [{ id: 1, message: '', spf }, 1, /^message: comes without/],
  [{ id: 1, message: '', ip: 5 }, 1, /^ip: /],
  [{ id: 1, message: '', ...spf, helo: 5 }, 1, /^helo: /],
  [{ id: 1, spf: 'x' }, 1, /^spf: is an object/],
  [{ id: 1, spf: {} }, 1, /^spf\.ip: /],
  [{ id: 1, spf: { ip: '::1', mailFrom: 5 } }, 1, /^spf\.mailFrom: /],
  [{ id: 1, dmarc: {} }, 1, /^dmarc\.from: /],
  [{ id: 1, dmarc: { from: 'a', spf: 'pass' } }, 1, /^dmarc\.spf: /],
  [{ id: 1, dmarc: { from: 'a', spf: { result: 'pass' } } }, 1, /^dmarc\.spf\.domain: /],
  [{ id: 1, dmarc: { from: 'a', dkim: {} } }, 1, /^dmarc\.dkim: is a list/],
  [{ id: 1, dmarc: { from: 'a', dkim: [{ domain: 'a' }] } }, 1, /^dmarc\.dkim\.result: /],
  [
    { id: 1, dmarc: { from: 'a', spf: { result: 'passed', domain: 'a' } } },
    1,
    /^dmarc\.spf\.result: "passed" is not one of none, neutral, pass, /,
  ],
  [{ id: 1, dmarc: { from: 'a', spf: { result: '', domain: 'a' } } }, 1, /^dmarc\.spf\.result: /],
  [
    { id: 1, dmarc: { from: 'a', dkim: [{ result: 'softfail', domain: 'a' }] } },
    1,
    /^dmarc\.dkim\.result: "softfail" is not one of none, pass, fail, /,
  ],
  [
    { id: 1, dmarc: { from: 'a', spf: { result: 'pass', domain: null } } },
    1,
    /^dmarc\.spf\.domain: /,
  ],
  [{ id: 1, spf, now: '5' }, 1, /^now: /],
  [{ id: 1, spf, now: -1 }, 1, /^now: /],
  [{ id: 1, spf, dns: [] }, 1, /^dns: a zone is/],
  [{ id: 1, spf, dns: { a: { A: ['x'] } } }, 1, /^dns: a A: cannot read "x"/],
]
for (const [json, id, problem] of problems) {
  test(`${JSON.stringify(json)} is told as wrong`, () => {
    const result = readVerifyRequest(json)
    assert.ok(!result.ok)
    assert.deepEqual(result.problem.id, id)
    assert.match(result.problem.problem, problem)
  })
}

test('nothing that JSON can hold makes the reader throw (property)', () => {
  const known = ['id', 'message', 'spf', 'dmarc', 'dns', 'now', 'ip', 'from', 'dkim', 'A', 'TXT']
  const keys = fc.constantFrom(...known, 'x')
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, true, 0, -1, '', 'x', '__proto__'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(keys, tie('value'), { maxKeys: 6 }),
    ),
  })).value
  fc.assert(
    fc.property(value, (json) => {
      const result = readVerifyRequest(json)
      if (!result.ok) assert.equal(typeof result.problem.problem, 'string')
    }),
    { numRuns: 2000 },
  )
})
