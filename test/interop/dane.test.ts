/** DANE over a zone that is signed, served by nsd and proved by unbound. */
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { tlsServer } from '../../src/deliver/test-support/tls-server.ts'
import { letterText } from './letters.ts'
import { peersAreHere } from './peers.ts'
import { openValidator, signedZonePrograms } from './signed-zone.ts'
import { submit } from './swaks.ts'
import { anna, makeTestAuthority, openWaybill, stepsOf, type Waybill } from './waybill.ts'

const needs = { programs: [...signedZonePrograms, 'swaks'] }
const wrong = 'ab'.repeat(32)

interface Scene {
  readonly waybill: Waybill
  readonly heard: readonly string[]
}

/** One server of many names, whose certificate nobody vouches for. */
async function openScene(t: TestContext, trustAd: boolean): Promise<Scene> {
  const authority = await makeTestAuthority()
  const certificate = await authority.issue('elsewhere.example')
  const server = await tlsServer(t, { certificate })
  const key = new X509Certificate(certificate.certificate).publicKey
  const right = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
  const host = (name: string, ...tlsa: readonly string[]): readonly string[] => [
    `${name} MX 10 mx.${name}`,
    `mx.${name} A 203.0.113.41`,
    ...tlsa.map((one) => `_25._tcp.mx.${name} TLSA ${one}`),
  ]
  const resolver = await openValidator(t, [
    {
      origin: 'south.example',
      lines: [
        ...host('right', `3 1 1 ${right}`),
        ...host('wrong', `3 1 1 ${wrong}`),
        ...host('unusable', `1 1 1 ${wrong}`),
        ...host('none'),
        // The base domain stays mx.shared, wherever its records lie.
        ...host('shared'),
        '_25._tcp.mx.shared CNAME records.shared',
        `records.shared TLSA 3 1 1 ${right}`,
        `shared-out MX 10 mx.plain.example.`,
      ],
    },
    {
      origin: 'broken.example',
      lines: ['@ MX 10 mx', 'mx A 203.0.113.41', `_25._tcp.mx TLSA 3 1 1 ${right}`],
      // Signed as it was, and another record now.
      spoil: (text) => text.replace(/(TLSA\s+3 1 1 )(..)/i, (_all, head) => `${head}00`),
    },
    {
      origin: 'plain.example',
      plain: true,
      lines: ['@ MX 10 mx', 'mx A 203.0.113.41', `_25._tcp.mx TLSA 3 1 1 ${wrong}`],
    },
  ])
  const waybill = await openWaybill(t, {
    authority,
    resolver,
    settings: `trust_ad = ${trustAd}\n`,
    network: { '203.0.113.41': { ip: '127.0.0.1', port: server.port } },
  })
  return { waybill, heard: server.heard }
}

/** `result demand reason` of the letters to these domains. */
async function deliver(
  { waybill }: Scene,
  domains: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const told: [string, string][] = []
  for (const domain of domains) {
    const to = `bob@${domain}`
    const message = letterText({ from: anna, to, subject: domain })
    const id = await submit(waybill.ports.submissions, { from: anna, to: [to] }, message)
    const record = await waybill.journeyWhere(`the attempt for ${domain}`, (one) => {
      return one.id === id && stepsOf(one, 'attempt').length > 0
    })
    const [transport] = stepsOf(record, 'transport')
    assert.ok(transport !== undefined && transport.transport.result !== 'no-route')
    const [first] = transport.transport.hosts
    const [attempt] = stepsOf(record, 'attempt')
    told.push([domain, `${attempt?.result} ${first?.demand.type} ${first?.reason}`])
  }
  return Object.fromEntries(told)
}

test('TLSA records decide where the zone is signed, and where it is broken nothing goes', async (t) => {
  if (!peersAreHere(t, needs)) return
  const scene = await openScene(t, true)
  const expected = {
    'right.south.example': 'delivered dane tlsa',
    'wrong.south.example': 'deferred dane tlsa',
    'unusable.south.example': 'delivered encrypted tlsa-unusable',
    'none.south.example': 'delivered opportunistic nobody-asks',
    'shared.south.example': 'delivered dane tlsa',
    'shared-out.south.example': 'delivered opportunistic nobody-asks',
    'broken.example': 'deferred skip tlsa-unknown',
    'plain.example': 'delivered opportunistic nobody-asks',
  }
  assert.deepEqual(await deliver(scene, Object.keys(expected)), expected)
  assert.equal(scene.heard.filter((line) => line.startsWith('MAIL')).length, 6)
})

test('a resolver that is not trusted with DNSSEC proves nothing', async (t) => {
  if (!peersAreHere(t, needs)) return
  const scene = await openScene(t, false)
  assert.deepEqual(await deliver(scene, ['right.south.example', 'wrong.south.example']), {
    'right.south.example': 'delivered opportunistic nobody-asks',
    'wrong.south.example': 'delivered opportunistic nobody-asks',
  })
})
