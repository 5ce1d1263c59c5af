import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Settings } from '../config/settings.ts'
import { parseResolvConf, type ResolvConf } from '../io/resolv-conf.ts'
import { stubOptions } from './resolver.ts'

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
