import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../../base/log.ts'
import { DiskRoom } from './store-intake.ts'
import { storeBusy, storeFull } from '../problems.ts'

test('that there is room again is told once, and only after the disk was full', async () => {
  const told: LogLine[] = []
  const room = new DiskRoom((line) => void told.push(line))
  const written = (): Promise<string> => room.after(Promise.resolve('written'))
  assert.equal(await written(), 'written')
  await assert.rejects(room.after(Promise.reject(storeBusy())), { code: 'store-busy' })
  await written()
  assert.deepEqual(told, [])
  for (let n = 0; n < 2; n++) {
    await assert.rejects(room.after(Promise.reject(storeFull())), { code: 'store-full' })
  }
  assert.deepEqual(told, [])
  await written()
  await written()
  const fields = { did: 'the disk has room again, and mail is taken' }
  assert.deepEqual(told, [{ level: 'info', event: 'store', fields }])
  await assert.rejects(room.after(Promise.reject(storeFull())), { code: 'store-full' })
  await written()
  assert.equal(told.length, 2)
})
