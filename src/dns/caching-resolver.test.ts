import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CachingResolver, type CacheOptions } from './caching-resolver.ts'
import type { DnsAnswer, RecordData, RecordType, Resolver } from './resolver.ts'

/** Answers each question with the next of its prepared answers, and the last again and again. */
class Scripted implements Resolver {
  readonly asked: string[] = []
  readonly #answers: Readonly<Record<string, readonly DnsAnswer<string>[]>>

  constructor(answers: Readonly<Record<string, readonly DnsAnswer<string>[]>>) {
    this.#answers = answers
  }

  async resolve<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<RecordData[T]>> {
    const key = `${type} ${name}`
    const before = this.asked.filter((one) => one === key).length
    this.asked.push(key)
    const answers = this.#answers[key] ?? []
    await Promise.resolve()
    const answer = answers[Math.min(before, answers.length - 1)]
    // The scripts of these tests hold A and TXT answers only, whose records are strings.
    return (answer ?? { type: 'failed', reason: 'servfail' }) as DnsAnswer<RecordData[T]>
  }
}

function found(records: readonly string[], ttlSeconds: number): DnsAnswer<string> {
  return { type: 'found', records, ttlSeconds, dnssec: 'insecure' }
}

function setUp(
  answers: Readonly<Record<string, readonly DnsAnswer<string>[]>>,
  options: Partial<CacheOptions> = {},
): { cache: CachingResolver; inner: Scripted; pass: (seconds: number) => void } {
  let nowMs = 5_000_000
  const inner = new Scripted(answers)
  const cache = new CachingResolver(inner, { now: () => nowMs, ...options })
  return { cache, inner, pass: (seconds) => (nowMs += seconds * 1000) }
}

test('an answer is kept for its TTL, counts down, and is asked for again when it is over', async () => {
  const { cache, inner, pass } = setUp({
    'A a': [found(['192.0.2.1'], 60), found(['192.0.2.2'], 60)],
  })
  assert.deepEqual(await cache.resolve('a', 'A'), found(['192.0.2.1'], 60))
  pass(20)
  assert.deepEqual(await cache.resolve('A.', 'A'), found(['192.0.2.1'], 40))
  pass(39.5)
  assert.deepEqual(await cache.resolve('a', 'A'), found(['192.0.2.1'], 1))
  pass(0.5)
  assert.deepEqual(await cache.resolve('a', 'A'), found(['192.0.2.2'], 60))
  assert.equal(inner.asked.length, 2)
})

test('the order of records is kept', async () => {
  const records = ['192.0.2.9', '192.0.2.1', '192.0.2.5']
  const { cache } = setUp({ 'A a': [found(records, 60)] })
  for (let i = 0; i < 3; i++) {
    const answer = await cache.resolve('a', 'A')
    assert.deepEqual(answer.type === 'found' && answer.records, records)
  }
})

test('questions that come while one is under way share its answer', async () => {
  const { cache, inner } = setUp({ 'A a': [found(['192.0.2.1'], 60)], 'TXT a': [found(['x'], 60)] })
  const all = await Promise.all([
    cache.resolve('a', 'A'),
    cache.resolve('A', 'A'),
    cache.resolve('a', 'TXT'),
    cache.resolve('a.', 'A'),
  ])
  assert.deepEqual(inner.asked, ['A a', 'TXT a'])
  assert.deepEqual(all[1], all[0])
  assert.deepEqual(all[3], all[0])
  const { hits, joined, misses, entries } = cache.statistics
  assert.deepEqual({ hits, joined, misses, entries }, { hits: 0, joined: 2, misses: 2, entries: 2 })
})

test('an answer with TTL 0 is shared while under way and then not kept', async () => {
  const { cache, inner } = setUp({ 'A a': [found(['192.0.2.1'], 0)] })
  await Promise.all([cache.resolve('a', 'A'), cache.resolve('a', 'A')])
  assert.equal(inner.asked.length, 1)
  await cache.resolve('a', 'A')
  assert.equal(inner.asked.length, 2)
})

test('"no such name" and "no such record" are kept for their own TTL, under a cap', async () => {
  const absent = (type: 'noName' | 'noData', ttlSeconds: number): DnsAnswer<string> => ({
    type,
    ttlSeconds,
    dnssec: 'insecure',
  })
  const { cache, inner, pass } = setUp(
    { 'A a': [absent('noName', 100_000)], 'A b': [absent('noData', 30)] },
    { maxNegativeTtlSeconds: 600 },
  )
  await cache.resolve('a', 'A')
  await cache.resolve('b', 'A')
  pass(29)
  assert.deepEqual(await cache.resolve('a', 'A'), absent('noName', 571))
  assert.deepEqual(await cache.resolve('b', 'A'), absent('noData', 1))
  pass(1)
  await cache.resolve('b', 'A')
  pass(570)
  await cache.resolve('a', 'A')
  assert.deepEqual(inner.asked, ['A a', 'A b', 'A b', 'A a'])
})

test('a failure is kept for a few seconds only, at most five minutes', async () => {
  const failed: DnsAnswer<string> = { type: 'failed', reason: 'timeout' }
  const first = setUp({ 'A a': [failed, found(['192.0.2.1'], 60)] })
  assert.deepEqual(await first.cache.resolve('a', 'A'), failed)
  first.pass(4.9)
  assert.deepEqual(await first.cache.resolve('a', 'A'), failed)
  first.pass(0.1)
  assert.equal((await first.cache.resolve('a', 'A')).type, 'found')
  const long = setUp({ 'A a': [failed] }, { failureTtlSeconds: 86_400 })
  await long.cache.resolve('a', 'A')
  long.pass(300)
  await long.cache.resolve('a', 'A')
  assert.equal(long.inner.asked.length, 2)
})

test('TTLs are held between the smallest and the greatest that are allowed', async () => {
  const { cache, inner, pass } = setUp(
    { 'A a': [found(['192.0.2.1'], 1)], 'A b': [found(['192.0.2.1'], 2 ** 31)] },
    { minTtlSeconds: 10, maxTtlSeconds: 100 },
  )
  await cache.resolve('a', 'A')
  await cache.resolve('b', 'A')
  pass(9)
  await cache.resolve('a', 'A')
  assert.equal(inner.asked.length, 2)
  pass(91)
  await cache.resolve('b', 'A')
  assert.deepEqual(inner.asked, ['A a', 'A b', 'A b'])
})

test('what was used longest ago goes first when there are too many entries', async () => {
  const names = ['a', 'b', 'c', 'd']
  const { cache, inner } = setUp(
    Object.fromEntries(names.map((name) => [`A ${name}`, [found(['192.0.2.1'], 60)]])),
    { maxEntries: 3 },
  )
  for (const name of ['a', 'b', 'c', 'a', 'd']) await cache.resolve(name, 'A')
  inner.asked.length = 0
  for (const name of ['a', 'c', 'd']) await cache.resolve(name, 'A')
  assert.deepEqual(inner.asked, [])
  await cache.resolve('b', 'A')
  assert.deepEqual(inner.asked, ['A b'])
})

test('all answers together stay under the limit of memory', async () => {
  const big = 'x'.repeat(60_000)
  const answers = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`TXT n${i}`, [found([big], 60)]]),
  )
  const { cache } = setUp(answers, { maxBytes: 1_000_000 })
  for (let i = 0; i < 50; i++) await cache.resolve(`n${i}`, 'TXT')
  const { bytes, entries } = cache.statistics
  assert.ok(bytes <= 1_000_000 && entries === 16, `${entries} entries of ${bytes} octets`)
  cache.clear()
  assert.deepEqual([cache.statistics.bytes, cache.statistics.entries], [0, 0])
})

test('a resolver that breaks is not remembered', async () => {
  let calls = 0
  const cache = new CachingResolver(
    {
      resolve: async () => {
        calls++
        await Promise.resolve()
        throw new Error('broken')
      },
    },
    { now: () => 0 },
  )
  await assert.rejects(cache.resolve('a', 'A'), /broken/)
  await assert.rejects(cache.resolve('a', 'A'), /broken/)
  assert.equal(calls, 2)
})

test('what could not be asked at all is not kept, so the next question is asked', async () => {
  for (const reason of ['no-place', 'no-resolver', 'silent-zone'] as const) {
    let down = true
    let questions = 0
    const inner: Resolver = {
      resolve: async () => {
        questions++
        if (down) return { type: 'failed', reason }
        return { type: 'noName', ttlSeconds: 60, dnssec: 'insecure' }
      },
    }
    const cache = new CachingResolver(inner, { now: () => 0 })
    assert.equal((await cache.resolve('a.example', 'A')).type, 'failed')
    down = false
    assert.equal((await cache.resolve('a.example', 'A')).type, 'noName')
    assert.equal(questions, 2)
  }
})

test('who joins the question of a client without a place asks on its own behalf', async () => {
  const clients: (string | undefined)[] = []
  const answers: (() => void)[] = []
  const inner: Resolver = {
    resolve: async (_name, _type, client) => {
      clients.push(client)
      await new Promise<void>((done) => answers.push(done))
      if (client?.startsWith('full') === true) return { type: 'failed', reason: 'no-place' }
      return { type: 'noName', ttlSeconds: 60, dnssec: 'insecure' }
    },
  }
  const cache = new CachingResolver(inner, { now: () => 0 })
  const turn = (): Promise<void> => new Promise((done) => setImmediate(done))
  const asking = ['full 1', 'full 2', 'free', 'free too'].map((client) => {
    return cache.resolve('a.example', 'A', client)
  })
  for (let n = 0; n < 5; n++) {
    for (const answer of answers.splice(0)) answer()
    await turn()
  }
  const got = (await Promise.all(asking)).map(({ type }) => type)
  assert.deepEqual(got, ['failed', 'failed', 'noName', 'noName'])
  assert.deepEqual(clients, ['full 1', 'full 2', 'free', 'free too'])
})

test('an answer larger than the cache pushes nothing out', async () => {
  const huge = found(Array(2000).fill('x'.repeat(100)), 60)
  const { cache, inner } = setUp(
    { 'A a': [found(['192.0.2.1'], 60)], 'TXT huge': [huge] },
    { maxBytes: 10_000 },
  )
  await cache.resolve('a', 'A')
  assert.equal((await cache.resolve('huge', 'TXT')).type, 'found')
  await cache.resolve('huge', 'TXT')
  await cache.resolve('a', 'A')
  assert.deepEqual(inner.asked, ['A a', 'TXT huge', 'TXT huge'])
})
