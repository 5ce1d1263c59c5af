import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { Dialled } from '../io/dialer.ts'
import { JourneyBuilder } from '../journey/builder.ts'
import type { RouteTarget } from '../route/found-route.ts'
import { headStartMs, type Raced, Racer, rivalOf } from './race.ts'

const at = (address: string, family: RouteTarget['family'], host = 'mx.example'): RouteTarget => {
  return { host, preference: 10, address, family, dnssec: 'insecure' }
}
const six = at('2001:db8::25', 6)
const four = at('192.0.2.25', 4)
const how = { port: 25, timeoutMs: 30_000 }

const failed: Dialled = { type: 'failed', reason: 'refused', text: 'refused' }

/** A network whose dials end when a test says so, on a clock that it moves. */
function bench(): {
  readonly race: (first?: RouteTarget, second?: RouteTarget | null) => Promise<Raced>
  readonly dialled: string[]
  readonly dropped: string[]
  readonly end: (target: RouteTarget, how: 'connects' | 'fails') => Promise<void>
  readonly pass: (ms: number) => Promise<void>
  readonly steps: () => readonly string[]
} {
  const clock = new ManualClock()
  const dialled: string[] = []
  const dropped: string[] = []
  const ends = new Map<string, (dialled: Dialled) => void>()
  const dial = ({ ip }: { readonly ip: string }): Promise<Dialled> => {
    dialled.push(ip)
    return new Promise((resolve) => {
      ends.set(ip, resolve)
    })
  }
  const racer = new Racer({ dial, realPlace: () => undefined }, clock)
  let log = new JourneyBuilder('id', clock)
  return {
    race: (first = six, second = four) => {
      log = new JourneyBuilder('id', clock)
      dialled.length = 0
      return racer.dial([first, second ?? undefined], how, log)
    },
    dialled,
    dropped,
    end: async ({ address }, ending) => {
      // A peer of which nothing but its end is wanted here.
      const peer = { destroy: () => dropped.push(address) } as never
      ends.get(address)?.(ending === 'fails' ? failed : { type: 'connected', peer })
      await turn()
    },
    pass: async (ms) => {
      clock.advance(ms)
      await turn()
    },
    steps: () => {
      return log.steps.map((step) => {
        assert.ok(step.type === 'dial')
        return `${step.ip} ${step.problem ?? 'connected'}`
      })
    },
  }
}

test('who answers within its head start is alone', async () => {
  const { race, dialled, end, pass, steps } = bench()
  const raced = race()
  await pass(headStartMs - 1)
  await end(six, 'connects')
  assert.equal((await raced).reached, six)
  await pass(headStartMs)
  assert.deepEqual(dialled, [six.address])
  assert.deepEqual(steps(), ['2001:db8::25 connected'])
})

test('who fails within its head start ends the race: the next address is another attempt', async () => {
  const { race, dialled, end } = bench()
  const raced = race()
  await end(six, 'fails')
  const { dialled: result, used } = await raced
  assert.equal(result.type, 'failed')
  assert.deepEqual(used, [six])
  assert.deepEqual(dialled, [six.address])
})

test('beside one that is silent the other family is dialled, and the first connection wins', async () => {
  const { race, dialled, dropped, end, pass, steps } = bench()
  const raced = race()
  await pass(headStartMs)
  assert.deepEqual(dialled, [six.address, four.address])
  await end(four, 'connects')
  const { reached, used } = await raced
  assert.equal(reached, four)
  assert.deepEqual(used, [four], 'the other one may still be tried')
  const told = ['2001:db8::25 no answer before that of 192.0.2.25', '192.0.2.25 connected']
  assert.deepEqual(steps(), told)
  await end(six, 'connects')
  assert.deepEqual(dropped, [six.address], 'not a word is said over it')
  assert.deepEqual(steps(), told)
})

test('the first one may still win', async () => {
  const { race, dropped, end, pass } = bench()
  const raced = race()
  await pass(headStartMs)
  await end(six, 'connects')
  assert.equal((await raced).reached, six)
  await end(four, 'connects')
  assert.deepEqual(dropped, [four.address])
})

test('where one fails the other is waited for, and where both do both are through', async () => {
  const cases = [
    [six, four],
    [four, six],
  ] as const
  for (const [sooner, later] of cases) {
    const { race, end, pass, steps } = bench()
    const won = race()
    await pass(headStartMs)
    await end(sooner, 'fails')
    await end(later, 'connects')
    assert.equal((await won).reached, later)
    assert.deepEqual((await won).used, [sooner, later])
    assert.deepEqual(steps(), [`${sooner.address} refused`, `${later.address} connected`])
    // What has won is dialled first now.
    const lost = race(sooner, later)
    await pass(headStartMs)
    await end(sooner, 'fails')
    await end(later, 'fails')
    const { dialled, reached, used } = await lost
    assert.equal(dialled.type, 'failed')
    assert.equal(reached, later)
    assert.deepEqual(used, [sooner, later])
  }
})

test('a family that has won goes first for ten minutes, and until it fails', async () => {
  const { race, dialled, end, pass } = bench()
  const first = race()
  await pass(headStartMs)
  await end(four, 'connects')
  await first
  const second = race()
  assert.deepEqual(dialled, [four.address])
  await end(four, 'connects')
  await second
  await pass(10 * 60_000)
  const third = race()
  assert.deepEqual(dialled, [six.address])
  await pass(headStartMs)
  await end(four, 'connects')
  await third
  const fourth = race()
  assert.deepEqual(dialled, [four.address])
  await end(four, 'fails')
  assert.deepEqual((await fourth).used, [four])
  const fifth = race()
  assert.deepEqual(dialled, [six.address])
  await end(six, 'connects')
  await fifth
})

test('without a rival the address is waited for as long as it takes', async () => {
  const { race, dialled, end, pass } = bench()
  const raced = race(six, null)
  await pass(29_000)
  await end(six, 'connects')
  assert.deepEqual((await raced).used, [six])
  assert.deepEqual(dialled, [six.address])
})

test('a rival is of the same host and of the other family', () => {
  const other = at('192.0.2.26', 4, 'mx2.example')
  const second = at('2001:db8::26', 6)
  assert.equal(rivalOf(six, [second, other, four]), four)
  assert.equal(rivalOf(six, [second, other]), undefined)
  assert.equal(rivalOf(at('/run/lmtp', 'unix'), [four]), undefined)
})
