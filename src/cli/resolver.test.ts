import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import type { Resolver } from '../dns/resolver.ts'
import { systemClock } from '../io/clock.ts'
import { openDnsServer } from '../io/dns-server.ts'
import { readServer } from './options.ts'
import { commandResolver, DeadlineResolver, readZone } from './resolver.ts'

const folder = mkdtempSync(join(tmpdir(), 'waybill-resolver-'))
after(() => rmSync(folder, { recursive: true }))

function write(text: string): string {
  const path = join(folder, 'zone.json')
  writeFileSync(path, text)
  return path
}

test('a zone file is the DNS', async () => {
  const resolver = await commandResolver(write('{"a.example":{"A":["192.0.2.1"]}}'))
  const answer = await resolver.resolve('a.example', 'A')
  assert.deepEqual(answer.type === 'found' && answer.records, ['192.0.2.1'])
  assert.equal((await resolver.resolve('b.example', 'A')).type, 'noName')
})

const faults: readonly (readonly [string, string, RegExp])[] = [
  ['{', 'usage', /is not JSON/],
  ['[]', 'usage', /a zone is an object of names/],
  ['{"a":{"A":["x"]}}', 'usage', /a A: cannot read "x"/],
]
for (const [text, code, message] of faults) {
  test(`the zone ${text} is told as wrong, with an example`, async () => {
    await assert.rejects(readZone(write(text)), (problem) => {
      assert.ok(problem instanceof WaybillError)
      assert.deepEqual([problem.code, problem.hint?.startsWith('Example')], [code, true])
      assert.match(problem.message, message)
      return true
    })
  })
}

test('a zone file that is not there is not found', async () => {
  await assert.rejects(readZone(join(folder, 'nowhere')), (problem) => {
    return problem instanceof WaybillError && problem.code === 'not-found'
  })
})

test('an evaluation has its time for DNS, and no more', async () => {
  const clock = new ManualClock()
  const answers: (() => void)[] = []
  const slow: Resolver = {
    resolve() {
      return new Promise((resolve) => {
        answers.push(() => resolve({ type: 'noName', ttlSeconds: 0, dnssec: 'insecure' }))
      })
    },
  }
  const resolver = new DeadlineResolver(slow, clock, 1000)
  const first = resolver.resolve('a', 'A')
  answers[0]?.()
  assert.equal((await first).type, 'noName')
  assert.equal(clock.pending, 0)
  clock.advance(600)
  const second = resolver.resolve('b', 'A')
  clock.advance(399)
  assert.equal(clock.pending, 1)
  clock.advance(1)
  assert.deepEqual(await second, { type: 'failed', reason: 'timeout' })
  assert.deepEqual(await resolver.resolve('c', 'A'), { type: 'failed', reason: 'timeout' })
  assert.equal(answers.length, 2, 'what is too late is not asked')
})

test('a DNS server is named by its address, with a port or without', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['127.0.0.1:1053', '127.0.0.1', 1053],
    ['192.0.2.1', '192.0.2.1', 53],
    ['localhost:1053', '127.0.0.1', 1053],
    ['[2001:db8::1]:65535', '2001:db8::1', 65_535],
    ['[::1]', '::1', 53],
    ['::1', '::1', 53],
  ]
  for (const [text, address, port] of cases) {
    assert.deepEqual(readServer(text), { address, port }, text)
  }
  for (const text of [
    '',
    'ns.example:53',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '127.0.0.1:x',
    '[::1',
  ]) {
    assert.throws(() => readServer(text), /Wants the IP address/, text)
  }
})

test('a server that is named is asked, and its answers are kept', async () => {
  let questions = 0
  const server = await openDnsServer({
    port: 0,
    clock: systemClock,
    zones: { '': { 'a.example': { A: ['192.0.2.1'] } } },
    onQuestion: () => questions++,
  })
  try {
    const resolver = await commandResolver(undefined, server.endpoint)
    for (let n = 0; n < 3; n++) {
      const answer = await resolver.resolve('a.example', 'A')
      assert.deepEqual(answer.type === 'found' && answer.records, ['192.0.2.1'])
    }
    assert.equal(questions, 1)
  } finally {
    await server.close()
  }
})
