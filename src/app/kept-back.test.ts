/** A server that runs sends nothing that a person has it keep back, by a rule or by a pause. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseNotice, readPauseKey } from '../desk/pauses.ts'
import { dueAgain } from '../desk/due-again.ts'
import { attempts, openSender, twoExchanges } from './test-support/sender.ts'

const ann = { by: 'ann', door: 'command line', why: 'look first' } as const
const hourMs = 3_600_000

test('a letter that fits a hold rule is held before anybody is called, until the rule ends', async (t) => {
  const { south, network, submit, settled } = await openSender(t)
  south.setZone(twoExchanges)
  const { rules } = south.site.letters
  const until = south.clock.now() + hourMs
  await rules.add({ id: 'r1', words: 'to:someone domain:north.example', until }, ann)
  const id = await submit({ to: ['someone@north.example', 'other@north.example'] })
  const { record } = await settled(id, 2)
  const held = record.steps.flatMap((step) => (step.type === 'held' ? [step] : []))
  assert.deepEqual(
    held.map(({ recipient, rule, by, why, until: end }) => [recipient, rule, by, why, end]),
    [['someone@north.example', 'r1', 'ann', 'look first', until]],
  )
  assert.deepEqual(attempts(await settled(id, 2)), ['deferred'], 'the other one was tried')
  south.clock.advance(hourMs + 1)
  south.site.wakeQueue()
  const after = await settled(id, 3)
  assert.ok(attempts(after).length > 1)
  assert.ok(network.dialled.length > 0)
})

test('a letter to a paused destination is put off untried, and goes when the pause ends', async (t) => {
  const { south, network, submit, settled } = await openSender(t)
  south.setZone(twoExchanges)
  const { pauses } = south.site.letters
  const pause = await pauses.add({ of: readPauseKey('destination .north.example') }, ann)
  const id = await submit()
  const waiting = await settled(id, 1)
  const step = waiting.record.steps.find(({ type }) => type === 'put-off')
  assert.ok(step?.type === 'put-off')
  assert.equal(step.problem, 'Mail to .north.example is paused on this server.')
  assert.deepEqual([attempts(waiting), network.dialled], [[], []])
  const [item] = await south.store.queue.list({ limit: 1 })
  assert.deepEqual([item?.attempts, item?.lastProblem], [0, step.problem])
  await pauses.remove([pause.key])
  const { queue } = south.store
  assert.equal(await dueAgain(queue, pauseNotice(pause.of), south.clock.now()), 1)
  assert.deepEqual(attempts(await settled(id, 2)), ['deferred'])
  assert.ok(network.dialled.length > 0)
})
