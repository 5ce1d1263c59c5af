import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { LogLine } from '../base/log.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { parseResolvConf, type ResolvConf } from '../io/resolv-conf.ts'
import { FollowingResolver, type OpenResolver } from './following-resolver.ts'

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
