import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DnsRecord, isOfServer, standing, toneOf, zoneText } from './model.ts'

const mail: DnsRecord = {
  name: 'south.example',
  type: 'MX',
  value: '10 mx.south.example.',
  reason: '',
  purpose: 'mail',
  status: 'published',
}
const optional = { ...mail, purpose: 'tls-reports', optional: true, status: 'missing' } as const

test('what is missing is a failure, unless mail goes without it', () => {
  assert.equal(toneOf({ ...mail, status: 'missing' }), 'fail')
  assert.equal(toneOf(optional), 'none')
  assert.equal(toneOf({ ...mail, status: 'fits' }), 'pass')
  assert.equal(toneOf({ ...mail, status: 'unknown' }), 'unknown')
})

test('how a domain stands is told in numbers and words, the worst first', () => {
  assert.deepEqual(standing([mail, optional]), { tone: 'pass', text: '1 published' })
  const missing = { ...mail, status: 'missing' }
  assert.deepEqual(standing([mail, missing]), { tone: 'fail', text: '1 missing, 1 published' })
  const differs = { ...mail, status: 'differs' }
  assert.deepEqual(standing([mail, differs]), { tone: 'fail', text: '1 differs, 1 published' })
  const unknown = { ...mail, status: 'unknown' }
  assert.deepEqual(standing([mail, unknown]), { tone: 'unknown', text: '1 unknown, 1 published' })
})

test('records of the server are told apart from those of the domain', () => {
  assert.ok(!isOfServer(mail, 'south.example'))
  assert.ok(isOfServer({ ...mail, purpose: 'address', name: 'mx.south.example' }, 'south.example'))
  assert.ok(isOfServer({ ...mail, purpose: 'spf', name: 'mx.south.example' }, 'south.example'))
  assert.ok(!isOfServer({ ...mail, purpose: 'spf' }, 'south.example'))
})

test('a zone file has what is known, and the rest as a comment', () => {
  assert.equal(
    zoneText([mail, { ...mail, type: 'A', value: '' }]),
    'south.example. MX 10 mx.south.example.\n; south.example. A (unknown)',
  )
})
