import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { openMemoryHooks } from '../store/memory/hooks.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { PatientWriting } from './patient-writing.ts'
import { cameAt, ends, put } from './test-support/letters.ts'
import { testWebhooks } from './test-support/webhooks.ts'

/** A disk that is full until it is told otherwise. */
function fullDisk() {
  let isFull = true
  const waited: (() => void)[] = []
  return {
    /** Resolves at the next write that fails. */
    met: () => new Promise<void>((resolve) => waited.push(resolve)),
    free: () => void (isFull = false),
    async write(): Promise<void> {
      await Promise.resolve()
      if (!isFull) return
      for (const resolve of waited.splice(0)) setImmediate(resolve)
      throw new Error('full')
    },
  }
}

test('a write that cannot be done is tried again, and told once', async () => {
  const clock = new ManualClock()
  const told: string[] = []
  const writing = new PatientWriting({ clock, report: (problem) => told.push(String(problem)) })
  const disk = fullDisk()
  const first = disk.met()
  const done = writing.do(() => disk.write())
  await first
  const second = disk.met()
  clock.advance(5000)
  await second
  disk.free()
  clock.advance(5000)
  assert.equal(await done, true)
  assert.deepEqual(told, ['Error: full'])
})

test('what waits when all is stopped is left', async () => {
  const writing = new PatientWriting({ clock: new ManualClock(), report: () => undefined })
  const disk = fullDisk()
  const met = disk.met()
  const done = writing.do(() => disk.write())
  await met
  writing.stop()
  assert.equal(await done, false)
})

for (const write of ['advance', 'settle'] as const) {
  test(`a full disk at "${write}" loses no event, and sends none again without a rest`, async (t) => {
    const clock = new ManualClock(cameAt)
    const port = openMemoryHooks()
    const disk = fullDisk()
    const sent: string[] = []
    let arrived = Promise.withResolvers<void>()
    const store = openMemoryStore()
    const webhooks = testWebhooks(store, {
      clock,
      port: {
        ...port,
        advance: async (made) => {
          if (write === 'advance' && made.deliveries.length > 0) await disk.write()
          await port.advance(made)
        },
        settle: async (verdict) => {
          if (write === 'settle') await disk.write()
          await port.settle(verdict)
          arrived.resolve()
        },
      },
      send(request) {
        sent.push(request.body)
        return Promise.resolve({ status: 204, text: '', retryAfter: '' })
      },
      report: () => undefined,
    })
    t.after(() => webhooks.stop())
    await webhooks.start()
    await webhooks.add({ url: 'http://127.0.0.1/hook', events: ['message.accepted'] })
    const met = disk.met()
    await put(store, '1m85227pqw6rzhpb', ends.queued)
    await met
    assert.equal(sent.length, write === 'settle' ? 1 : 0)
    disk.free()
    clock.advance(5000)
    await arrived.promise
    assert.equal(sent.length, 1)
    arrived = Promise.withResolvers()
    await put(store, '1m8522e0g7b3k1zt', ends.queued)
    await arrived.promise
    assert.equal(sent.length, 2)
  })
}
