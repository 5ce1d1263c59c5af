import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpoolShare } from './disk-share.ts'
import { newSpoolSlots, SpoolCount } from './spool-count.ts'

test('what all threads take is one sum; what a lost one took can be forgotten', () => {
  const slots = newSpoolSlots(3)
  const [one, two, other] = [0, 1, 2].map((mine) => new SpoolCount(slots, mine))
  one?.add(10)
  two?.add(5_000_000_000)
  two?.add(-1)
  assert.equal(other?.total, 5_000_000_009)
  other?.forget(1)
  assert.equal(one?.total, 10)
})

test('one share of the disk is for the strangers of all threads together', () => {
  const slots = newSpoolSlots(2)
  const disk = (): { size: number; free: number } => ({ size: 2000, free: 1000 })
  const [one, two] = [0, 1].map((mine) => {
    return new SpoolShare(disk, 10, undefined, new SpoolCount(slots, mine))
  })
  one?.take('a', 60)
  assert.throws(() => two?.take('b', 41), { code: 'store-full' })
  two?.take('b', 40)
  assert.throws(() => one?.take('a', 1), { code: 'store-full' })
  assert.deepEqual([one?.taken, two?.taken], [100, 100])
  one?.giveBack('a')
  one?.giveBack('a')
  assert.equal(two?.taken, 40)
})
