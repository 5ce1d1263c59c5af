import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { LogLine } from '../base/log.ts'
import type { Settings } from '../config/settings.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { type ResolvConf, parseResolvConf } from '../io/resolv-conf.ts'
import { FollowingResolver, type OpenResolver, stubOptions } from './resolver.ts'

const dns = {
  servers: [],
  trust_ad: false,
  timeout_ms: 3000,
  questions: 256,
  questions_per_address: 32,
}
const conf = parseResolvConf('nameserver 192.0.2.53\noptions timeout:9 attempts:4')
const trusting = parseResolvConf('nameserver 192.0.2.53\noptions trust-ad')

test('without servers in the settings those of resolv.conf are asked, in its way', () => {
  assert.deepEqual(stubOptions(dns, conf), {
    servers: [{ address: '192.0.2.53', port: 53 }],
    timeoutMs: 3000,
    attempts: 4,
    trustAd: false,
    maxInFlight: 256,
    maxPerClient: 32,
  })
})

test('servers in the settings are asked instead', () => {
  const servers = ['127.0.0.1', '192.0.2.1:5353', '[2001:db8::1]:54', '[::1]']
  assert.deepEqual(stubOptions({ ...dns, servers }, conf).servers, [
    { address: '127.0.0.1', port: 53 },
    { address: '192.0.2.1', port: 5353 },
    { address: '2001:db8::1', port: 54 },
    { address: '::1', port: 53 },
  ])
})

test('AD is believed of whom the settings or resolv.conf trust, and of nobody else', () => {
  const cases: readonly (readonly [Partial<Settings['dns']>, ResolvConf, boolean, string?])[] = [
    [{}, conf, false],
    [{}, trusting, true, 'anywhere'],
    [{ trust_ad: true }, conf, true],
    [{ trust_ad: true }, trusting, true, 'anywhere'],
    // The line of the file speaks for the servers of the file.
    [{ servers: ['192.0.2.1'] }, trusting, false],
    [{ servers: ['192.0.2.1'], trust_ad: true }, trusting, true],
  ]
  for (const [settings, file, trustAd, from] of cases) {
    const options = stubOptions({ ...dns, ...settings }, file)
    assert.deepEqual([options.trustAd, options.trustAdFrom], [trustAd, from])
  }
})

const one = 'nameserver 192.0.2.1'
const two = 'nameserver 192.0.2.2'

interface Now {
  /** Absent: it cannot be read. */
  conf: string | undefined
  reads: number
  /** The resolvers that answer. */
  readonly alive: Set<string>
}

/** A machine whose configuration and resolvers change; each resolver that was opened, with its fate. */
function machine(): {
  readonly clock: ManualClock
  readonly told: LogLine[]
  readonly opened: string[]
  readonly resolver: FollowingResolver
  readonly now: Now
  /** The address that answered, or how it failed. */
  readonly ask: () => Promise<string>
} {
  const clock = new ManualClock(0)
  const told: LogLine[] = []
  const opened: string[] = []
  const now: Now = { conf: one, reads: 0, alive: new Set(['192.0.2.1']) }
  const open = ({ servers: [server] }: ResolvConf): OpenResolver => {
    const address = server?.address ?? ''
    const place = opened.push(address) - 1
    let closed = false
    const zone = new MemoryResolver({ 'a.example': { A: [address] } })
    return {
      async resolve(name, type) {
        const silent = closed || !now.alive.has(address)
        return silent ? { type: 'failed', reason: 'no-resolver' } : zone.resolve(name, type)
      },
      close() {
        closed = true
        opened[place] = `${address} closed`
      },
    }
  }
  const read = async (): Promise<ResolvConf> => {
    now.reads++
    if (now.conf === undefined) throw new Error('EACCES')
    return parseResolvConf(now.conf)
  }
  const parts = { read, open, clock, log: (line: LogLine) => told.push(line) }
  const resolver = new FollowingResolver(parseResolvConf(one), parts)
  const ask = async (): Promise<string> => {
    const answer = await resolver.resolve('a.example', 'A')
    return answer.type === 'found'
      ? answer.records.join()
      : answer.type === 'failed'
        ? answer.reason
        : ''
  }
  return { clock, told, opened, resolver, now, ask }
}

test('when no resolver answers, the configuration is read again and its resolvers asked at once', async () => {
  const { clock, told, opened, now, ask } = machine()
  assert.equal(await ask(), '192.0.2.1')
  now.conf = two
  now.alive.add('192.0.2.2')
  clock.advance(5000)
  // Who answers is asked on, whatever the configuration says.
  assert.equal(await ask(), '192.0.2.1')
  assert.equal(now.reads, 0)
  now.alive.delete('192.0.2.1')
  assert.deepEqual(await Promise.all([ask(), ask(), ask()]), [
    '192.0.2.2',
    '192.0.2.2',
    '192.0.2.2',
  ])
  assert.equal(now.reads, 1)
  assert.deepEqual(opened, ['192.0.2.1 closed', '192.0.2.2'])
  const fields = { changed: ['resolv.conf'], servers: ['192.0.2.2'] }
  assert.deepEqual(told, [{ level: 'info', event: 'reloaded', fields }])
})

test('a configuration that is the same, or cannot be read, changes nothing and is not read each time', async () => {
  const { clock, told, opened, now, ask } = machine()
  now.alive.clear()
  clock.advance(4999)
  assert.equal(await ask(), 'no-resolver')
  assert.equal(now.reads, 0)
  clock.advance(1)
  for (const conf of [one, undefined]) {
    now.conf = conf
    assert.deepEqual([await ask(), await ask()], ['no-resolver', 'no-resolver'])
    clock.advance(5000)
  }
  assert.equal(now.reads, 2)
  assert.deepEqual([opened, told], [['192.0.2.1'], []])
  now.conf = two
  now.alive.add('192.0.2.2')
  assert.equal(await ask(), '192.0.2.2')
})

test('what is closed stays closed, and reads nothing', async () => {
  const { clock, opened, resolver, now, ask } = machine()
  now.conf = two
  now.alive.clear()
  clock.advance(5000)
  const asked = ask()
  resolver.close()
  assert.equal(await asked, 'no-resolver')
  clock.advance(5000)
  assert.equal(await ask(), 'no-resolver')
  assert.deepEqual(opened, ['192.0.2.1 closed'])
  assert.ok(now.reads <= 1)
})
