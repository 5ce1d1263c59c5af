import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { silent } from '../base/log.ts'
import { MemoryResolver } from '../dns/memory-resolver.ts'
import { RecordingResolver } from '../dns/recording-resolver.ts'
import { tcpDialer } from '../io/dialer.ts'
import { testAuthority, testCertificate } from '../io/test-support/certificates.ts'
import { openPolicyHost } from '../io/test-support/policy-host.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { StoppableNetwork } from './stoppable-network.ts'
import { Sts } from './sts.ts'

const name = 'mta-sts.south.example'
const policy = 'version: STSv1\nmode: enforce\nmx: mx.south.example\nmax_age: 604800\n'
const resolver = new MemoryResolver({
  '_mta-sts.south.example': { TXT: ['v=STSv1; id=2026;'] },
  [name]: { A: ['192.0.2.1'] },
})

async function open(
  t: TestContext,
  store: Store,
  clock: ManualClock,
): Promise<{ readonly sts: Sts; readonly asked: readonly string[] }> {
  const { port, asked } = await openPolicyHost(t, await testCertificate([name]), (response) => {
    const head = { 'content-type': 'text/plain', 'content-length': policy.length }
    response.writeHead(200, head).end(policy)
  })
  const { certificate } = await testAuthority()
  const network = new StoppableNetwork(tcpDialer, resolver)
  const sts = new Sts({
    placeOf: () => ({ host: '127.0.0.1', port }),
    register: store.register,
    network,
    trustAnchors: [certificate],
    clock,
    random: () => 0,
    log: silent,
    report: (problem) => assert.fail(String(problem)),
  })
  t.after(async () => {
    network.shut()
    await sts.stop()
  })
  return { sts, asked }
}

test('a policy comes over HTTPS, stays in the store, and is fetched again each day', async (t) => {
  const clock = new ManualClock(Date.now())
  const store = openMemoryStore()
  const { sts, asked } = await open(t, store, clock)
  const recorder = new RecordingResolver(resolver)
  const first = await sts.policies.of('south.example', recorder)
  assert.ok(first.type === 'policy' && first.from === 'fetched')
  assert.deepEqual(first.policy.mx, ['mx.south.example'])
  assert.deepEqual(
    recorder.answers.map((one) => `${one.name} ${one.type}`),
    ['_mta-sts.south.example TXT', `${name} A`, `${name} AAAA`],
  )
  assert.deepEqual(JSON.parse(JSON.stringify(first)), first, 'plain data')
  const again = await open(t, store, clock)
  const second = await again.sts.policies.of('south.example', resolver)
  assert.ok(second.type === 'policy' && second.from === 'kept')
  assert.equal(again.asked.length, 0)
  sts.start()
  for (let hour = 0; hour < 25; hour++) {
    clock.advance(3_600_000)
    while (clock.pending === 0) await new Promise<void>((go) => setImmediate(go))
  }
  assert.equal(asked.length, 2)
  const third = await sts.policies.of('south.example', resolver)
  assert.ok(third.type === 'policy' && third.fetchedAt > first.fetchedAt)
  const { kept, failed } = sts.lastRefresh ?? {}
  assert.deepEqual([kept, failed], [1, 0])
  assert.equal(again.sts.lastRefresh, undefined, 'there was no round yet')
})

test('what is being fetched ends when the server stops', async (t) => {
  const { port } = await openPolicyHost(t, await testCertificate([name]), () => network.shut())
  const network = new StoppableNetwork(tcpDialer, resolver)
  const { certificate } = await testAuthority()
  const sts = new Sts({
    placeOf: () => ({ host: '127.0.0.1', port }),
    register: openMemoryStore().register,
    network,
    trustAnchors: [certificate],
    clock: new ManualClock(),
    random: () => 0,
    log: silent,
    report: (problem) => assert.fail(String(problem)),
  })
  const found = await sts.policies.of('south.example', resolver)
  assert.ok(found.type === 'failed')
  assert.equal(found.trouble.text, 'This server stops.')
})
