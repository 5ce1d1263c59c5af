import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WaybillError } from '../base/error.ts'
import type { NewAct } from '../store/ports/acts.ts'
import { notMeant, type Operation, perform, textMember } from './act.ts'
import { InTurn } from './in-turn.ts'

const actor = { by: 'ann', door: 'command line', why: 'he asked' } as const

/** Paints what is named; what is asked for twice is asked for by the server of tests. */
const paint: Operation<{ readonly painted: string[] }, { readonly name: string }, number> = {
  name: 'paint',
  read: (input) => ({ name: textMember('paint', input, 'name') }),
  run({ painted }, { name }) {
    if (name === 'sky') throw new WaybillError('not-found', 'Too high.')
    return Promise.resolve(painted.push(name))
  },
  tell: ({ name }, count) => (name === 'nothing' ? undefined : { name, count }),
}

async function run(
  input: unknown,
): Promise<{ acts: NewAct[]; painted: string[]; result: unknown }> {
  const acts: NewAct[] = []
  const painted: string[] = []
  const put = (act: NewAct): Promise<number> => Promise.resolve(acts.push(act))
  const context = { desk: { painted }, acts: { put }, now: () => 5 }
  const result = await perform(paint, context, { input, actor }).catch(
    (problem: unknown) => problem,
  )
  return { acts, painted, result }
}

test('what is done leaves an act: who, when, by which door, what and why', async () => {
  const { acts, painted, result } = await run({ name: 'door' })
  assert.deepEqual([painted, result], [['door'], 1])
  const act = { at: 5, who: 'ann', door: 'command line', what: 'paint', why: 'he asked' }
  assert.deepEqual(acts, [{ ...act, detail: { name: 'door', count: 1 } }])
})

test('what fails leaves none, nor does what is not meant, nor what changed nothing', async () => {
  for (const input of [{ name: 'sky' }, { name: '' }, { name: 7 }, {}, null, 'door']) {
    const { acts, result } = await run(input)
    assert.ok(result instanceof WaybillError, JSON.stringify(input))
    assert.deepEqual(acts, [])
  }
  assert.deepEqual((await run({ name: 'nothing' })).acts, [])
})

test('input that is not meant so is told with what is wanted', async () => {
  const { result } = await run({ name: 7 })
  assert.deepEqual(result, notMeant('paint', '"name" as text'))
  assert.match(String(result), /"paint" wants "name" as text\./)
})

test('work in turn is done one after the other, also after one that failed', async () => {
  const turn = new InTurn()
  const did: string[] = []
  const work = (name: string) => async (): Promise<string> => {
    did.push(`${name} begins`)
    await new Promise(setImmediate)
    did.push(`${name} ends`)
    if (name === 'b') throw new Error('b fails')
    return name
  }
  const all = await Promise.allSettled(['a', 'b', 'c'].map((name) => turn.do(work(name))))
  assert.deepEqual(
    all.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(did, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})
