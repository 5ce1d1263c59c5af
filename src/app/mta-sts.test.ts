/** Letters for a domain with an MTA-STS policy, by whole servers, and the report of the day. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openPolicyServer } from '../io/policy-server.ts'
import { readReports } from '../io/report-reader.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { attempts, first, openSender, type Sender } from './test-support/sender.ts'
import { certificateFor } from './test-support/south.ts'

const policyIp = '192.0.2.30'
const zone = {
  'north.example': { MX: ['10 mx.north.example'] },
  'mx.north.example': { A: [first] },
  '_mta-sts.north.example': { TXT: ['v=STSv1; id=2026;'] },
  'mta-sts.north.example': { A: [policyIp] },
  '_smtp._tls.north.example': { TXT: ['v=TLSRPTv1; rua=mailto:tls@north.example'] },
}

interface House extends Sender {
  readonly north: FakeServer
}

async function open(
  t: TestContext,
  { mode, mx, names }: { mode: string; mx: string; names: readonly [string, ...string[]] },
): Promise<House> {
  const text = `version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: 604800\n`
  const host = 'mta-sts.north.example'
  const policies = await openPolicyServer(await certificateFor([host]), { [host]: text })
  t.after(() => policies.close())
  const sender = await openSender(t, {
    zone,
    transport: () => ({ dane: true, mtaSts: true, least: 'opportunistic', memory: 'note' }),
    policyPlace: (ip) => {
      return ip === policyIp ? { host: '127.0.0.1', port: policies.port } : 'not of this test'
    },
    tlsReports: { from: 'postmaster@south.example' },
  })
  const north = await FakeServer.open(t, { tls: await certificateFor(names) })
  sender.network.at(first, north.port)
  return { ...sender, north }
}

/** What the domain is told of the day, once it has arrived there. */
async function reportOf({ south, north }: House, letters: number): Promise<readonly string[]> {
  const isMade = async (): Promise<boolean> => {
    const items = await south.store.queue.list({ limit: 9 })
    const waits = items.some(({ recipient }) => recipient === 'tls@north.example')
    return waits || north.letters.length >= letters
  }
  // Once it is on its way the clock stands still, so that no wait of the delivery ends at once.
  for (let hour = 0; hour < 40 && !(await isMade()); hour++) {
    south.clock.advance(3_600_000)
    for (let turn = 0; turn < 50 && !(await isMade()); turn++) {
      await new Promise<void>((go) => setImmediate(go))
    }
  }
  await south.when(() => (north.letters.length >= letters ? true : undefined))
  const [last] = north.letters.slice(-1)
  assert.equal(last?.rcpt.join(), 'RCPT TO:<tls@north.example>')
  const octets = new Uint8Array(Buffer.from(last?.text ?? '', 'latin1'))
  const [found] = await readReports({ name: '', octets })
  assert.ok(found?.reading.type === 'tls')
  assert.deepEqual(found.reading.problems, [])
  return found.reading.policies.map((one) => {
    const kinds = one.failures.map(({ resultType, failedSessions }) => {
      return ` ${resultType} ${failedSessions}`
    })
    return `${one.policyType}: ${one.successfulSessions} good${kinds.join('')}`
  })
}

test('an enforced policy is fetched and kept, its host takes the letter over TLS, and is told', async (t) => {
  const mx = 'mx.north.example'
  const house = await open(t, { mode: 'enforce', mx, names: [mx] })
  const journey = await house.settled(await house.submit(), 1)
  assert.equal(journey.status, 'delivered')
  const step = journey.record.steps.find((one) => one.type === 'transport')
  assert.ok(step?.facts.sts.type === 'policy' && step.facts.sts.from === 'fetched')
  const [entry] = await house.south.store.register.list({ kind: 'mta-sts', now: 0, limit: 9 })
  assert.equal(entry?.key, 'north.example')
  assert.deepEqual(
    house.north.letters.map(({ tls }) => tls),
    [true],
  )
  assert.deepEqual(await reportOf(house, 2), ['sts: 1 good'])
})

test('a host that the enforced policy does not list gets no letter, but the report of it', async (t) => {
  const house = await open(t, {
    mode: 'enforce',
    mx: 'other.north.example',
    names: ['mx.north.example'],
  })
  const journey = await house.settled(await house.submit(), 1)
  assert.equal(journey.status, 'deferred')
  assert.deepEqual(attempts(journey), ['deferred'])
  assert.deepEqual(house.north.letters, [])
  const told = await reportOf(house, 1)
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /^sts: 0 good validation-failure \d+$/)
})

test('a policy that is tested stops nothing, and what would have been stopped is told', async (t) => {
  const house = await open(t, {
    mode: 'testing',
    mx: 'mx.north.example',
    names: ['elsewhere.example'],
  })
  const journey = await house.settled(await house.submit(), 1)
  assert.equal(journey.status, 'delivered')
  assert.deepEqual(await reportOf(house, 2), ['sts: 0 good certificate-host-mismatch 1'])
})
