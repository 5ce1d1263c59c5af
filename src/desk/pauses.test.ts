import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueuePort } from '../store/ports/queue.ts'
import { acceptance, lease, message, queueItem, settlement } from '../store/contract-cases.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { QueueDesk } from './queue.ts'
import { dueAgain } from './due-again.ts'
import { pauseAdd, pauseEnd } from './pause-operations.ts'
import { HoldRules } from './hold-rules.ts'
import {
  mostPauses,
  pauseKey,
  pauseNotice,
  PersonPauses,
  readPauseKey,
  readPauses,
} from './pauses.ts'

const ann = { by: 'ann', door: 'command line', why: 'they move house' } as const

function open(): { pauses: PersonPauses; clock: { now: number }; again: () => PersonPauses } {
  const { register } = openMemoryStore()
  const clock = { now: 1000 }
  const again = () => new PersonPauses({ register, now: () => clock.now })
  return { pauses: again(), clock, again }
}

test('what is meant by words has one key, and what means nothing says what is wanted', () => {
  const table: readonly (readonly [written: string, key: string])[] = [
    ['all', 'all'],
    ['destination Example.COM', 'destination example.com'],
    ['destination .example.com', 'destination .example.com'],
    ['destination *.bücher.example', 'destination *.xn--bcher-kva.example'],
    ['destination [192.0.2.1]', 'destination [192.0.2.1]'],
    ['source 192.0.2.1', 'source 192.0.2.1'],
    ['source ::ffff:192.0.2.1', 'source 192.0.2.1'],
  ]
  for (const [written, key] of table) assert.equal(pauseKey(readPauseKey(written)), key, written)
  for (const wrong of ['', 'example.com', 'destination', 'destination a..b', 'destination ..b']) {
    assert.throws(() => readPauseKey(wrong), /is no domain/, wrong)
  }
  assert.throws(() => readPauseKey('source X/1'), /is neither an IP address nor the name/)
})

test('a pause is of a domain, of those below it, or of all; that which ends last is told', async () => {
  const { pauses, clock } = open()
  const add = (key: string, until?: number) => {
    return pauses.add({ of: readPauseKey(key), ...(until === undefined ? {} : { until }) }, ann)
  }
  assert.equal(pauses.of('a.example'), undefined)
  await add('destination a.example', 2000)
  await add('destination *.b.example')
  await add('destination .c.example', 3000)
  const ends = (destination: string) => {
    const found = pauses.of(destination)
    return found === undefined ? 'goes' : (found.until ?? 'stands')
  }
  const all = ['a.example', 'A.example', 'x.a.example', 'b.example', 'x.b.example', 'c.example']
  assert.deepEqual(all.map(ends), [2000, 2000, 'goes', 'goes', 'stands', 3000])
  assert.equal(ends('y.x.c.example'), 3000)
  await add('all', 2500)
  assert.deepEqual(all.map(ends), [2500, 2500, 2500, 2500, 'stands', 3000])
  assert.deepEqual(pauses.of('c.example'), {
    since: 1000,
    until: 3000,
    because: 'Mail to .c.example is paused on this server.',
    inFull: 'Mail to .c.example is paused by ann until 1970-01-01T00:00:03Z: they move house.',
  })
  clock.now = 2500
  assert.deepEqual(all.map(ends), ['goes', 'goes', 'goes', 'goes', 'stands', 3000])
  assert.deepEqual(
    pauses.list().map(({ key }) => key),
    ['destination *.b.example', 'destination .c.example'],
  )
})

test('pauses last over a restart, one of each, and end when somebody ends them', async () => {
  const { pauses, again } = open()
  await pauses.add({ of: readPauseKey('source 192.0.2.1') }, ann)
  await pauses.add({ of: readPauseKey('source 192.0.2.1'), until: 5000 }, { ...ann, why: '' })
  const other = again()
  assert.equal(other.of('a.example'), undefined, 'it was not read yet')
  await other.load()
  assert.deepEqual(other.list(), pauses.list())
  assert.equal(
    other.of('a.example')?.inFull,
    'Mail from 192.0.2.1 is paused by ann until 1970-01-01T00:00:05Z.',
  )
  const ended = await other.remove(['source 192.0.2.1', 'all'])
  assert.deepEqual(
    ended.map(({ key }) => key),
    ['source 192.0.2.1'],
  )
  assert.deepEqual([other.of('a.example'), await other.remove(['all'])], [undefined, []])
})

test('there are so many pauses and no more', async () => {
  const { pauses } = open()
  for (let n = 0; n < mostPauses; n++) {
    await pauses.add({ of: readPauseKey(`destination d${n}.example`) }, ann)
  }
  await assert.rejects(pauses.add({ of: { type: 'all' } }, ann), /There are 1000 pauses/)
  await pauses.add({ of: readPauseKey('destination d1.example'), until: 9000 }, ann)
})

test('what was put off for a pause is due again when it ends, and nothing else', async () => {
  const { queue, post } = openMemoryStore()
  const ids = ['q1', 'q2', 'q3']
  const items = ids.map((id) => queueItem(id))
  await post.accept(acceptance({ message: message('m1', 'x'), queue: items }))
  const { now } = lease()
  const put = (queueId: string, problem: string, nextAttemptAt: number) => {
    return settlement({ queueId, outcome: { type: 'deferred', nextAttemptAt, problem } })
  }
  await queue.lease(lease())
  const because = pauseNotice({ type: 'all' })
  await queue.settle([
    put('q1', because, now + 9000),
    put('q2', 'Mailbox full', now + 9000),
    put('q3', because, now - 1),
  ])
  assert.equal(await dueAgain(queue, because, now), 1)
  const due = await queue.list({ limit: 9 })
  assert.deepEqual(
    due.map(({ id, nextAttemptAt }) => [id, nextAttemptAt - now]),
    [
      ['q3', -1],
      ['q1', 0],
      ['q2', 9000],
    ],
  )
})

const unasked = (): Promise<never> => Promise.reject(new Error('nobody asks for it'))

test('a pause that cannot be ended stands, and ends the next time, at whatever step it failed', async () => {
  const steps = ['list', 'release', 'release second', 'remove'] as const
  for (const at of steps) {
    const { queue, post, register } = openMemoryStore()
    const { now } = lease()
    let fault: string | undefined
    let releases = 0
    const failAt = (...names: readonly string[]): void => {
      if (fault !== undefined && names.includes(fault)) throw new Error('disk full')
    }
    const pauses = new PersonPauses({
      now: () => now,
      register: {
        put: (entries) => register.put(entries),
        list: (query) => register.list(query),
        async remove(kind, keys) {
          failAt('remove')
          return register.remove(kind, keys)
        },
      },
    })
    const faulty: Pick<QueuePort, 'list' | 'release'> = {
      async list(query) {
        failAt('list')
        return queue.list(query)
      },
      async release(ids, when) {
        assert.equal(pauses.of('a.example'), undefined, 'who is due is not put off again')
        failAt('release', ++releases > 1 ? 'release second' : '')
        return queue.release(ids, when)
      },
    }
    const desk = new QueueDesk({
      queue: { ...faulty, hold: unasked, take: unasked, settle: unasked },
      rules: new HoldRules({ register, queue, now: () => now }),
      pauses,
      now: () => now,
      withdraw: unasked,
      canTell: false,
      giveUp: unasked,
    })
    const ids = ['q1', 'q2']
    const all = pauseNotice({ type: 'all' })
    const of = readPauseKey('destination a.example')
    await post.accept(
      acceptance({ message: message('m1', 'x'), queue: ids.map((id) => queueItem(id)) }),
    )
    await queue.lease(lease())
    const put = (queueId: string, problem: string) => {
      return settlement({
        queueId,
        outcome: { type: 'deferred', nextAttemptAt: now + 9000, problem },
      })
    }
    await queue.settle([put('q1', all), put('q2', pauseNotice(of))])
    await pauses.add({ of: { type: 'all' } }, ann)
    await pauses.add({ of }, ann)
    const keys = ['all', 'destination a.example']
    fault = at
    await assert.rejects(pauseEnd.run({ queue: desk }, { keys }, ann), /disk full/, at)
    const store = await readPauses(register, now)
    assert.equal(store.length, 2, at)
    assert.notEqual(pauses.of('a.example'), undefined, `${at}: it is told that they stand`)
    fault = undefined
    const { ended } = await pauseEnd.run({ queue: desk }, { keys }, ann)
    assert.deepEqual(ended, keys, at)
    assert.equal(pauses.of('a.example'), undefined, at)
    const waiting = await queue.list({ limit: 9 })
    assert.deepEqual(
      waiting.map(({ nextAttemptAt }) => nextAttemptAt),
      [now, now],
      at,
    )
  }
})

test('the audit has what was paused and resumed', () => {
  const asked = pauseAdd.read({ key: 'destination A.example', until: 5000 })
  const pause = { key: 'x', ...asked, ...ann, addedAt: 0 }
  assert.deepEqual(pauseAdd.tell?.(asked, pause), {
    of: 'destination a.example',
    until: '1970-01-01T00:00:05.000Z',
  })
  assert.deepEqual(pauseEnd.tell?.({ keys: ['all'] }, { ended: ['all'], due: 3 }), { of: ['all'] })
  assert.equal(pauseEnd.tell?.({ keys: ['all'] }, { ended: [], due: 0 }), undefined)
  assert.throws(() => pauseEnd.read({ keys: 'all' }), /wants "keys"/)
})
