/** Days of deliveries in seconds: what the parts of the queue come to together. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Fate, Simulation, type SimulatedServer } from './test-support/simulation.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const good: SimulatedServer = { takesMs: 50, says: () => ({ type: 'delivered' }) }

test('five days: who greylists, is down, hangs, limits rates, or is full; nothing lost, nothing late', async () => {
  const firstSeen = new Map<string, number>()
  let recent: number[] = []
  const start = Date.UTC(2026, 10, 27)
  const servers: Readonly<Record<string, SimulatedServer>> = {
    good,
    grey: {
      takesMs: 50,
      says: ({ id }, now) => {
        const first = firstSeen.get(id) ?? now
        firstSeen.set(id, first)
        if (now - first >= 4 * minute) return { type: 'delivered' }
        return { type: 'deferred', kind: 'greylisted' }
      },
    },
    down: { takesMs: second, isUp: (now) => now - start >= 2 * day, says: good.says },
    hang: { takesMs: 5 * minute, isUp: () => false, says: good.says },
    limited: {
      takesMs: 50,
      says: (_item, now) => {
        recent = recent.filter((at) => at > now - minute)
        if (recent.length < 100) {
          recent.push(now)
          return { type: 'delivered' }
        }
        const pause = { of: 'destination', forMs: 2 * minute, because: 'too many' } as const
        return { type: 'deferred', kind: 'rate-limited', pause }
      },
    },
    full: { takesMs: 50, says: () => ({ type: 'deferred', kind: 'mailbox-full' }) },
  }
  const nameOf = (destination: string): string => destination.replace(/\d*\.example$/, '')
  const simulation = new Simulation((destination) => servers[nameOf(destination)] ?? good)
  const count = 10_000
  const names = ['good', 'good', 'good', 'good', 'grey', 'grey', 'down', 'hang', 'limited', 'full']
  for (let n = 0; n < count; n++) {
    const name = names[n % 10] ?? ''
    // Ten destinations of each, and one that limits rates.
    const destination =
      name === 'limited' ? 'limited.example' : `${name}${((n / 10) % 10) | 0}.example`
    simulation.add(`${name}-${n}`, { destination, reversePath: `x@s${n % 7}.example` })
  }
  simulation.dispatcher.start()
  await simulation.run(6 * day)
  await simulation.dispatcher.stop()

  assert.equal(simulation.waiting, 0)
  assert.equal(new Set(simulation.fates.map(({ id }) => id)).size, count)
  const of = (name: string): readonly Fate[] => {
    return simulation.fates.filter(({ id }) => id.startsWith(`${name}-`))
  }
  const latest = (name: string): number => Math.max(...of(name).map(({ at }) => at - start))
  const attempts = (name: string): number => Math.max(...of(name).map((fate) => fate.attempts))
  for (const name of ['good', 'grey', 'down', 'limited']) {
    assert.ok(
      of(name).every(({ type }) => type === 'delivered'),
      name,
    )
  }
  assert.ok(latest('good') < 5 * minute, `the good ones are done after ${latest('good')} ms`)
  assert.ok(latest('grey') < 20 * minute && attempts('grey') <= 2)
  // When they are up again, the letters come as they are due: within the longest wait.
  assert.ok(latest('down') > 2 * day && latest('down') < 2 * day + 5 * hour)
  assert.ok(latest('limited') < 10 * hour, `the limited one is done after ${latest('limited')} ms`)
  for (const name of ['hang', 'full']) {
    assert.ok(of(name).every(({ type, at }) => type === 'failed' && at - start >= 5 * day - hour))
    assert.ok(latest(name) < 5 * day + 5 * hour)
  }
  assert.ok(attempts('full') <= 36, `a full mailbox is tried ${attempts('full')} times`)
  assert.ok(Math.max(...simulation.most.values()) <= 10)
})

/** When the letters to the good destinations are done, beside others or alone. */
async function doneAfter(hanging: number): Promise<number> {
  const hangs: SimulatedServer = { takesMs: 5 * minute, isUp: () => false, says: good.says }
  const slower = { ...good, takesMs: 500 }
  const simulation = new Simulation((name) => (name.startsWith('hang') ? hangs : slower))
  const letters = 50 * 400
  for (let n = 0; n < letters; n++) {
    simulation.add(`g${n}`, { destination: `good${n % 50}.example` })
    if (n < hanging * 20) simulation.add(`h${n}`, { destination: `hang${n % hanging}.example` })
  }
  simulation.dispatcher.start()
  await simulation.run(hour, () => simulation.fates.length === letters)
  const end = simulation.clock.now() - simulation.start
  simulation.dispatcher.breakOff('at-once')
  assert.equal(simulation.fates.length, letters)
  return end
}

test('150 destinations that hang cost 50 good ones less than a tenth', async () => {
  const [alone, beside] = [await doneAfter(0), await doneAfter(150)]
  assert.ok(beside < alone * 1.1, `${beside} ms beside them, ${alone} ms alone`)
})

test('a server that defers a sixth and refuses a sixth takes as long as one that takes all', async () => {
  const run = async (says: SimulatedServer['says']): Promise<number> => {
    const simulation = new Simulation(() => ({ takesMs: 50, says }))
    for (let n = 0; n < 6000; n++) simulation.add(`${n}`, { destination: `d${n % 20}.example` })
    const tried = (): number => simulation.fates.length
    simulation.dispatcher.start()
    await simulation.run(4 * minute, () => tried() === 5000)
    return simulation.clock.now() - simulation.start
  }
  const all = await run(() => ({ type: 'delivered' }))
  const some = await run(({ id }) => {
    const sixth = Number(id) % 6
    if (sixth === 0) return { type: 'deferred', kind: 'try-later' }
    return { type: sixth === 1 ? 'failed' : 'delivered' }
  })
  assert.ok(some <= all * 1.5, `${some} ms with trouble, ${all} ms without`)
})

test('who has 100,000 letters waiting does not keep back who has one', async () => {
  const simulation = new Simulation(() => ({ takesMs: 50, says: good.says }))
  for (let n = 0; n < 100_000; n++) {
    const destination = `d${n % 500}.example`
    simulation.add(`b${n}`, { destination, reversePath: 'news@big.example' })
  }
  simulation.dispatcher.start()
  await simulation.run(10 * second)
  simulation.add('one', { destination: 'other.example', reversePath: 'anna@small.example' })
  simulation.add('two', { destination: 'd7.example', reversePath: 'bob@little.example' })
  const added = simulation.clock.now()
  simulation.dispatcher.notify()
  const small = (): readonly Fate[] => {
    return simulation.fates.filter(({ id }) => id === 'one' || id === 'two')
  }
  await simulation.run(minute, () => small().length === 2)
  const took = small().map(({ at }) => at - added)
  assert.ok(simulation.waiting > 80_000)
  assert.ok(took.length === 2 && Math.max(...took) < 10 * second, `${took.join(' and ')} ms`)
  simulation.dispatcher.breakOff('at-once')
})
