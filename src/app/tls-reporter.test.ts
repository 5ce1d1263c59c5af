import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { silent } from '../base/log.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { TlsReporter } from './tls-reporter.ts'

test('counts are written every few minutes, whatever limits the whole server has', async () => {
  const clock = new ManualClock(Date.UTC(2026, 10, 2))
  const timers: number[] = []
  const watched = {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    setTimer: (ms: number, fn: () => void) => {
      timers.push(ms)
      return clock.setTimer(ms, fn)
    },
  }
  const nobody = (): never => assert.fail('no report is due')
  const whole = {
    from: 'postmaster@south.example',
    store: openMemoryStore(),
    mail: { own: nobody, accept: nobody },
    resolver: new MemoryResolver({}),
    trustAnchors: [],
    clock: watched,
    random: () => 0.5,
    log: silent,
    report: (problem: unknown) => assert.fail(String(problem)),
    limits: { messageBytes: 1 },
  }
  const reporter = new TlsReporter(whole)
  reporter.start()
  await reporter.stop()
  assert.ok(timers.length > 0)
  for (const ms of timers) assert.ok(ms >= 60_000, String(ms))
})
