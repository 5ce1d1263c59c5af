import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './config.ts'
import { settingWarnings } from './warnings.ts'

function read(networks: readonly string[], anySender = false): ReturnType<typeof parseConfig> {
  return parseConfig(`
hostname = "mail.example.com"
domains = ["example.com"]
[submission]
trusted_networks = ${JSON.stringify(networks)}
trusted_any_sender = ${anySender}
`)
}

/** What would be an open relay, or nearly one, in every form in which it can be written. */
const refused = [
  '0.0.0.0/0',
  '0.0.0.0/1',
  '128.0.0.0/1',
  '192.0.2.1/0',
  '8.0.0.0/7',
  '::/0',
  '2000::/3',
  '::ffff:0.0.0.0/96',
  '::ffff:0.0.0.0/97',
  '2001::/16',
  '::/1',
]
for (const text of refused) {
  test(`${text} may not be trusted`, () => {
    const config = read([text])
    assert.ok(config.type === 'problems')
    assert.match(config.problems[0]?.problem ?? '', /open relay/)
  })
}

const warned: readonly (readonly [text: string, warnings: number])[] = [
  ['192.168.1.20', 0],
  ['10.0.0.0/8', 0],
  ['172.16.0.0/12', 0],
  ['fc00::/7', 0],
  ['127.0.0.0/8', 0],
  ['203.0.113.0/24', 0],
  ['203.0.112.0/23', 1],
  ['8.0.0.0/8', 1],
  ['172.0.0.0/8', 1],
  ['2001:db8::/56', 0],
  ['2001:db8::/32', 1],
  ['::ffff:203.0.112.0/119', 1],
]
for (const [text, warnings] of warned) {
  test(`${text} may be trusted, with ${warnings} warnings`, () => {
    const config = read([text])
    assert.ok(config.type === 'settings', JSON.stringify(config))
    assert.equal(settingWarnings(config.settings).length, warnings)
  })
}

test('any sender from the internet is warned of, and from a private network is not', () => {
  const count = (text: string): number => {
    const config = read([text], true)
    assert.ok(config.type === 'settings')
    return settingWarnings(config.settings).length
  }
  assert.deepEqual(['10.0.0.0/8', '203.0.113.9'].map(count), [0, 1])
})
