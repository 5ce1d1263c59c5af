import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ending, type EndStage } from './ending.ts'

test('a wish to end goes further and never back, and tells its last reason', () => {
  const ending = new Ending()
  const seen: EndStage[] = []
  ending.watch(() => seen.push(ending.stage))
  ending.ask('go-on', 'nothing')
  assert.deepEqual([ending.stage, ending.why], ['go-on', ''])
  ending.ask('begin-nothing', 'it is late')
  ending.ask('at-once', 'somebody pressed a key')
  ending.ask('wait-for-answer', 'too late to wait')
  ending.ask('at-once', 'again')
  assert.deepEqual(seen, ['begin-nothing', 'at-once'])
  assert.deepEqual([ending.stage, ending.why], ['at-once', 'somebody pressed a key'])
})

test('who does not watch any more hears nothing', () => {
  const ending = new Ending()
  let heard = 0
  const stop = ending.watch(() => heard++)
  ending.watch(() => heard++)
  stop()
  ending.ask('at-once', 'x')
  assert.equal(heard, 1)
})
