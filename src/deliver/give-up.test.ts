import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../base/log.ts'
import { readDsn } from '../report/read-dsn.ts'
import type { Settlement } from '../store/ports/queue.ts'
import { giveUp } from './give-up.ts'
import { noticesIn, reportIn, testItem, testWorld } from './test-support/world.ts'

const given = { by: 'ann', door: 'command line', why: 'a secret reason', owner: 'desk' }

function stepsOf({ steps }: Settlement): readonly Readonly<Record<string, unknown>>[] {
  return JSON.parse(steps)
}

test('a letter that is given up fails, with who and why in its journey', async () => {
  const world = testWorld()
  const lines: LogLine[] = []
  const context = {
    clock: world.clock,
    log: (line: LogLine) => void lines.push(line),
    notices: noticesIn(world),
  }
  const [settlement, ...more] = await giveUp([testItem()], given, context)
  assert.ok(settlement !== undefined)
  assert.deepEqual(more, [])
  const { queueId, owner, outcome, status, summary } = settlement
  assert.deepEqual([queueId, owner, outcome, status], ['q1', 'desk', { type: 'failed' }, 'failed'])
  assert.equal(summary, 'Not delivered to bob@south.example: ann has given it up.')
  const [ended, told] = stepsOf(settlement)
  const { type, by, door, why, silent } = ended ?? {}
  assert.deepEqual(
    [type, by, door, why, silent],
    ['given-up', 'ann', 'command line', 'a secret reason', false],
  )
  assert.equal(told?.['type'], 'notified')
  const [line] = lines
  assert.deepEqual([line?.event, line?.level, line?.fields['id']], ['failed', 'warning', 'j1'])
})

test('the sender is told that it was given up, and not why', async () => {
  const world = testWorld()
  const context = { clock: world.clock, log: world.log, notices: noticesIn(world) }
  const items = [testItem(), testItem({ id: 'q2', recipient: 'eve@south.example' })]
  const [first, second] = await giveUp(items, given, context)
  const octets = reportIn(first) ?? new Uint8Array(0)
  const read = readDsn(octets)
  assert.ok(read.type === 'dsn')
  assert.deepEqual(
    read.recipients.map(({ action, status }) => [action, status]),
    [
      ['failed', '5.3.0'],
      ['failed', '5.3.0'],
    ],
  )
  const text = new TextDecoder().decode(octets)
  assert.match(text, /Whoever runs this server has given it up\./)
  assert.doesNotMatch(text, /secret|ann has/)
  assert.equal(second?.notification, undefined, 'one report for one message')
})

test('nobody is told where that is not wanted', async () => {
  const { clock, log } = testWorld()
  const [settlement] = await giveUp([testItem()], given, { clock, log })
  assert.ok(settlement !== undefined)
  assert.equal(settlement.notification, undefined)
  assert.deepEqual(
    stepsOf(settlement).map(({ type, silent }) => [type, silent]),
    [['given-up', true]],
  )
})
