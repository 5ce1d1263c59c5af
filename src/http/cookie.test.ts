import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noSessionCookies, sessionCookie, sessionIn } from './cookie.ts'

test('the cookie of HTTPS counts before one that anybody near could have set', () => {
  // A page of the same host without TLS can set the plain one (RFC 6265 §8.6), and not the other.
  assert.equal(sessionIn('waybill_session=theirs; __Host-waybill=ours'), 'ours')
  assert.equal(sessionIn('__Host-waybill=ours; waybill_session=theirs'), 'ours')
  assert.equal(sessionIn('waybill_session=plain'), 'plain')
})

test('a cookie of another name is none of ours', () => {
  assert.equal(sessionIn(undefined), undefined)
  assert.equal(sessionIn('my_waybill_session=a; waybill_sessions=b; waybill_session'), undefined)
  assert.equal(sessionIn(' other=1;waybill_session=a=b '), 'a=b')
})

test('logging out takes both cookies away', () => {
  assert.deepEqual(noSessionCookies(), [
    '__Host-waybill=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0',
    'waybill_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
  ])
  assert.equal(sessionCookie('t', false), 'waybill_session=t; Path=/; HttpOnly; SameSite=Strict')
})
