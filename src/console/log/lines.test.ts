import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerEvent } from '../types.ts'
import { fits, LogLines } from './lines.ts'

/** Lines that are drawn when the test wants it. */
function lines() {
  const asked: (() => void)[] = []
  const log = new LogLines((run) => asked.push(run))
  /** Draws until nothing is left; gives how many lines were new each time. */
  const draw = (): readonly number[] => {
    const fresh: number[] = []
    for (let run = asked.shift(); run !== undefined; run = asked.shift()) {
      const before = log.shown.value[0]?.key ?? 0
      run()
      fresh.push((log.shown.value[0]?.key ?? 0) - before)
    }
    return fresh
  }
  return { log, asked, draw }
}

function events(count: number, from = 0): readonly ServerEvent[] {
  return Array.from({ length: count }, (_, n) => ({ type: 'message.accepted', id: `e${from + n}` }))
}

test('a burst comes a few lines at a time', () => {
  const { log, asked, draw } = lines()
  for (let n = 0; n < 5; n++) log.heard(events(10, n * 10))
  assert.equal(asked.length, 1)
  assert.deepEqual(draw(), [20, 20, 10])
  assert.equal(log.shown.value[0]?.event.id, 'e49')
  assert.equal(log.shown.value.at(-1)?.event.id, 'e0')
})

test('of 200 events a second each is drawn once, in ten draws a second, and the newest are kept', () => {
  const { log, draw } = lines()
  const drawn: number[] = []
  for (let n = 0; n < 100; n++) {
    log.heard(events(20, n * 20))
    drawn.push(...draw())
    assert.ok(log.shown.value.length <= 150)
  }
  assert.equal(
    drawn.reduce((sum, one) => sum + one, 0),
    2000,
  )
  assert.ok(Math.max(...drawn) <= 20)
  assert.ok(drawn.length <= 100, 'ten times a second')
  assert.equal(log.shown.value[0]?.event.id, 'e1999')
})

test('where nothing is drawn, as in a page that nobody sees, no more is kept than is shown', () => {
  const { log, draw } = lines()
  for (let n = 0; n < 100; n++) log.heard(events(20, n * 20))
  draw()
  assert.equal(log.shown.value.length, 150)
  assert.equal(log.shown.value.at(-1)?.event.id, 'e1850')
})

test('while it is paused nothing is drawn; it goes on with what came', () => {
  const { log, asked, draw } = lines()
  log.heard(events(3))
  log.pause()
  draw()
  log.heard(events(3, 3))
  assert.deepEqual([log.shown.value.length, log.held.value, asked.length], [0, 6, 0])
  log.goOn()
  draw()
  assert.deepEqual([log.shown.value.length, log.held.value], [6, 0])
})

test('what the page tells itself is no line, and details are words that one can look for', () => {
  const { log, draw } = lines()
  const told = { type: 'message.refused', id: 'e1', from: 'a@b.example', note: '', left: null }
  log.heard([{ type: 'page.resumed' }, told])
  draw()
  const [line, ...others] = log.shown.value
  assert.ok(line !== undefined)
  assert.deepEqual([line.details, others], ['from=a@b.example', []])
  assert.ok(fits(line, 'REFUSED e1') && fits(line, 'from=a') && fits(line, ''))
  assert.ok(!fits(line, 'e2'))
})
