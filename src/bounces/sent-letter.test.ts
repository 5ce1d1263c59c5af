import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Step } from '../journey/steps.ts'
import { namedIn, vouchedFor } from './sent-letter.ts'

const taken = { recipient: 'Ann@north.example', host: 'mx1.mail.example', ip: '192.0.2.10' }

/** No more of a step than is looked at. */
function proof(type: 'iprev' | 'spf', result: string, name: string): Step {
  return { type, verdict: { result, name, domain: name } } as unknown as Step
}

test('a recipient is named by either address, in any case, and by no other', () => {
  assert.equal(namedIn([taken], ['x@y.example', 'ann@NORTH.example']), taken)
  assert.equal(namedIn([taken], [undefined, 'ann@south.example', '']), undefined)
  assert.equal(namedIn([taken], []), undefined)
})

test('the server that took it vouches for a report, and so does a proved name beside it', () => {
  assert.equal(vouchedFor(taken, '192.0.2.10', []), true)
  assert.equal(vouchedFor({ ...taken, ip: '' }, '', []), false)
  for (const [step, wanted] of [
    [proof('iprev', 'pass', 'out7.mail.example'), true],
    [proof('iprev', 'fail', 'out7.mail.example'), false],
    [proof('spf', 'pass', 'bounces.north.example'), true],
    [proof('spf', 'softfail', 'bounces.north.example'), false],
    [proof('spf', 'pass', 'othermail.example'), false],
    [proof('spf', 'pass', 'mail.example.attacker.example'), false],
  ] as const) {
    assert.equal(vouchedFor(taken, '203.0.113.1', [step]), wanted, JSON.stringify(step))
  }
  // A public suffix of two labels is nobody's proof.
  const british = { ...taken, host: 'mx.north.co.uk', recipient: 'a@north.co.uk' }
  assert.equal(vouchedFor(british, '', [proof('spf', 'pass', 'south.co.uk')]), false)
  assert.equal(vouchedFor(british, '', [proof('spf', 'pass', 'out.north.co.uk')]), true)
})
