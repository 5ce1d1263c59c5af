import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatReply } from '../smtp/reply.ts'
import { storeBroken, storeBusy, storeFull } from '../store/problems.ts'
import {
  dmarcRefusal,
  faultReply,
  notYours,
  notYoursIn,
  replies,
  unreadableHeader,
} from './replies.ts'

test('a fault of ours is always told as one that passes, and never what it is', () => {
  const cause = new Error('SQLITE_IOERR at /var/lib/waybill/waybill.db')
  const table: readonly (readonly [unknown, number, string])[] = [
    [storeFull(cause), 452, '4.3.1'],
    [storeBusy(cause), 451, '4.3.2'],
    [storeBroken(cause), 451, '4.3.0'],
    [cause, 451, '4.3.0'],
    ['thrown text', 451, '4.3.0'],
    [undefined, 451, '4.3.0'],
  ]
  for (const [problem, code, enhanced] of table) {
    const reply = faultReply(problem)
    assert.deepEqual([reply.code, reply.enhanced], [code, enhanced])
    assert.match(reply.lines.join(' '), /Nothing was lost; please try again/)
    assert.doesNotMatch(reply.lines.join(' '), /SQL|database|store|\/var/i)
  }
})

test('every reply can be sent: its codes agree and it is plain text', () => {
  const all = [
    ...Object.values(replies),
    notYours('jürgen@evil.example\r\n250 OK', 'me@south.example'),
    notYoursIn('Resent-From', 'jürgen@evil.example\r\n250 OK', 'me@south.example'),
    dmarcRefusal('north.example', 'reject'),
    unreadableHeader({ type: 'too-long', maxOctets: 1_048_576 }),
  ]
  for (const reply of all) {
    const [line, ...more] = formatReply(reply)
    assert.deepEqual(more, [])
    assert.match(line ?? '', /^[245]\d\d [245]\.\d\.\d{1,2} [\x20-\x7e]+$/)
  }
})

test('text of strangers is cut and cleaned before it is said', () => {
  const [line = ''] = notYours(`${'x'.repeat(500)}@evil.example`, 'me@south.example').lines
  assert.ok(line.length < 200)
})
