import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkChips, chosen, isChosen, statusChips } from './filters.ts'

const [any, delivered, refused] = statusChips
const [spf] = checkChips

test('a chip writes its own word and leaves the others', () => {
  assert.ok(any && delivered && refused && spf)
  assert.equal(chosen('to:anna', refused), 'to:anna status:refused')
  assert.equal(chosen('status:refused to:anna', delivered), 'to:anna status:delivered')
  assert.equal(chosen('to:anna status:refused', any), 'to:anna')
  assert.equal(chosen('status:refused', spf), 'status:refused spf:fail')
})

test('chosen once more, its word is gone', () => {
  assert.ok(refused && any)
  assert.ok(isChosen('status:refused', refused))
  assert.equal(chosen('to:anna status:refused', refused), 'to:anna')
  assert.ok(isChosen('to:anna', any))
  assert.ok(!isChosen('status:failed', any))
})

test('what stands in quotes is one word', () => {
  assert.ok(refused)
  assert.equal(
    chosen('subject:"my status:refused"', refused),
    'subject:"my status:refused" status:refused',
  )
})
