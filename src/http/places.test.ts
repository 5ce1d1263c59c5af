import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Places } from './places.ts'

const never = (): AbortSignal => new AbortController().signal

test('so many of one name are served at once, and the others in order', async () => {
  const places = new Places()
  const begun: string[] = []
  const enter = async (name: string, what: string): Promise<() => void> => {
    const leave = await places.enter(name, { most: 2, signal: never })
    assert.ok(leave)
    begun.push(what)
    return leave
  }
  const [first, second] = await Promise.all([enter('eve', '1'), enter('eve', '2')])
  const third = enter('eve', '3')
  const fourth = enter('eve', '4')
  const other = await enter('ann', 'other')
  assert.deepEqual(begun, ['1', '2', 'other'])
  first()
  // Left twice is left once.
  first()
  const leaveThird = await third
  assert.deepEqual(begun, ['1', '2', 'other', '3'])
  leaveThird()
  ;(await fourth)()
  assert.equal(places.served('eve'), 1)
  second()
  other()
  assert.deepEqual([places.served('eve'), places.served('ann')], [0, 0])
})

test('who is given up while it waits never begins, and keeps nobody from a place', async () => {
  const places = new Places()
  const leave = await places.enter('eve', { most: 1, signal: never })
  const gone = new AbortController()
  const given = places.enter('eve', { most: 1, signal: () => gone.signal })
  const next = places.enter('eve', { most: 1, signal: never })
  gone.abort()
  assert.equal(await given, undefined)
  leave?.()
  const last = await next
  assert.ok(last)
  assert.equal(await places.enter('eve', { most: 1, signal: () => gone.signal }), undefined)
  last()
  assert.equal(places.served('eve'), 0)
})
