/** MTA-STS policy hosts that do harm, and what a whole server makes of them: mail goes, or waits. */
import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test, type TestContext } from 'node:test'
import type { Zone } from '../dns/zone-table.ts'
import { openPolicyHost } from '../io/test-support/policy-host.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { attempts, first, openSender, type Sender } from './test-support/sender.ts'
import { certificateFor } from './test-support/south.ts'

const policyIp = '192.0.2.30'
const policyName = 'mta-sts.north.example'
const policy = 'version: STSv1\nmode: enforce\nmx: mx.north.example\nmax_age: 604800\n'
const plain = { 'content-type': 'text/plain' }

type Answer = (response: ServerResponse) => void
const good: Answer = (response) => {
  response.writeHead(200, { ...plain, 'content-length': policy.length }).end(policy)
}

/** North's records, with the policy's id. */
function zoneOf(id: string): Zone {
  return {
    'north.example': { MX: ['10 mx.north.example'] },
    'mx.north.example': { A: [first] },
    '_mta-sts.north.example': { TXT: [`v=STSv1; id=${id};`] },
    [policyName]: { A: [policyIp] },
  }
}

interface House extends Sender {
  readonly north: FakeServer
  /** What the policy host does from now on. */
  answer(next: Answer): void
  readonly asked: readonly string[]
}

/** @param mxName whom the certificate of north's mail server is for */
async function open(
  t: TestContext,
  begins: Answer,
  {
    mxName = 'mx.north.example',
    policyNames = [policyName],
  }: { readonly mxName?: string; readonly policyNames?: [string, ...string[]] } = {},
): Promise<House> {
  let answer = begins
  const host = await openPolicyHost(t, await certificateFor(policyNames), (response) => {
    answer(response)
  })
  const sender = await openSender(t, {
    zone: zoneOf('2026'),
    transport: () => ({ dane: true, mtaSts: true, least: 'opportunistic', memory: 'note' }),
    policyPlace: (ip) => {
      return ip === policyIp ? { host: '127.0.0.1', port: host.port } : 'not of this test'
    },
  })
  const north = await FakeServer.open(t, { tls: await certificateFor([mxName]) })
  sender.network.at(first, north.port)
  return { ...sender, north, asked: host.asked, answer: (next) => void (answer = next) }
}

/** What became of one letter, and what its record says of the policy. */
async function outcomeOf(house: House): Promise<{ status: string; sts: string }> {
  const journey = await house.settled(await house.submit(), 1)
  const step = journey.record.steps.find((one) => one.type === 'transport')
  assert.ok(step !== undefined)
  const { sts } = step.facts
  const text = sts.type === 'failed' ? `failed: ${sts.trouble.resultType}` : sts.type
  return { status: journey.status, sts: text }
}

function endless(response: ServerResponse): void {
  response.writeHead(200, plain)
  const more = (): void => void (response.write('x'.repeat(8192)) && setImmediate(more))
  response.on('drain', more)
  more()
}

const hostile: readonly (readonly [string, Answer, string])[] = [
  [
    'a redirect',
    (response) => response.writeHead(301, { location: `https://${policyName}/` }).end(),
    'sts-policy-fetch-error',
  ],
  [
    'a page of HTML',
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(policy),
    'sts-policy-fetch-error',
  ],
  ['a policy without end', endless, 'sts-policy-invalid'],
  [
    'a policy that says nothing',
    (response) => response.writeHead(200, { ...plain, 'content-length': 0 }).end(),
    'sts-policy-invalid',
  ],
  ['a connection that is cut', ({ socket }) => socket?.destroy(), 'sts-policy-fetch-error'],
]

for (const [what, answer, expected] of hostile) {
  test(`${what}: the letter goes as if there were no policy, and its record says why`, async (t) => {
    const house = await open(t, answer)
    assert.deepEqual(await outcomeOf(house), { status: 'delivered', sts: `failed: ${expected}` })
    const { length } = house.asked
    await outcomeOf(house)
    assert.equal(house.asked.length, length, 'the next letter does not ask anew at once')
  })
}

test('the certificate of another name: no policy, and the letter goes', async (t) => {
  const house = await open(t, good, { policyNames: ['mta-sts.elsewhere.example'] })
  const expected = { status: 'delivered', sts: 'failed: sts-webpki-invalid' }
  assert.deepEqual(await outcomeOf(house), expected)
  assert.deepEqual(house.asked, [], 'nothing was asked over that connection')
})

test('a host that says nothing keeps a letter, and no longer than its connection lasts', async (t) => {
  const asked = Promise.withResolvers<ServerResponse>()
  const house = await open(t, (response) => asked.resolve(response))
  const outcome = outcomeOf(house)
  const response = await asked.promise
  assert.deepEqual(house.north.letters, [], 'a policy might forbid it')
  response.socket?.destroy()
  const expected = { status: 'delivered', sts: 'failed: sts-policy-fetch-error' }
  assert.deepEqual(await outcome, expected)
})

for (const [what, answer] of hostile) {
  test(`${what}, while a policy is kept that is enforced: the kept one counts`, async (t) => {
    // The policy names this host, and its certificate is somebody else's.
    const house = await open(t, good, { mxName: 'mx.elsewhere.example' })
    const before = await house.settled(await house.submit(), 1)
    assert.equal(before.status, 'deferred')
    house.answer(answer)
    house.south.setZone(zoneOf('2027'))
    const second = await house.settled(await house.submit(), 1)
    const step = second.record.steps.find((one) => one.type === 'transport')
    assert.ok(step?.facts.sts.type === 'policy' && step.facts.sts.from === 'kept')
    assert.deepEqual(attempts(second), ['deferred'])
    assert.equal(house.asked.length, 2, 'it was asked again, for the new id')
    assert.deepEqual(house.north.letters, [], 'nothing was said to a server that proved nothing')
  })
}
