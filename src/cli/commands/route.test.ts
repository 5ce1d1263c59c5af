import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../io/clock.ts'
import { openDnsServer } from '../../io/dns-server.ts'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'

test('waybill route says where a letter would go, and sends nothing', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const zone = join(folder, 'zone.json')
  writeFileSync(
    zone,
    JSON.stringify({
      'south.example': { MX: ['10 mx1.south.example', '20 mx2.south.example'] },
      'mx1.south.example': { A: ['192.0.2.1'] },
      'mx2.south.example': { A: ['192.0.2.2'] },
      'null.example': { MX: ['0 .'] },
    }),
  )
  const run = runner(t)
  const { code, out } = await run('route', 'bob@south.example', '--zone', zone, '--json')
  const found = JSON.parse(out)
  assert.equal(code, 0, out)
  assert.deepEqual(found.targets, [
    { host: 'mx1.south.example', address: '192.0.2.1' },
    { host: 'mx2.south.example', address: '192.0.2.2' },
  ])
  assert.deepEqual([found.schema, found.transport.result], ['waybill.route/1', 'go'])
  const text = await run('route', 'bob@south.example', '--zone', zone)
  assert.match(text.out, /MX of south\.example is mx1\.south\.example/)
  assert.match(text.out, /how safe\?/)
  assert.deepEqual([found.limits, found.standing], [[], null])
  const config = join(folder, 'waybill.toml')
  writeFileSync(
    config,
    `hostname = "mx.north.example"
domains = ["north.example"]
data = ${JSON.stringify(join(folder, 'data'))}
[[destination]]
domains = ["south.example"]
per_hour = 10
[[sender]]
addresses = ["ann@north.example"]
per_minute = 2
`,
  )
  const ofSettings = ['route', 'bob@south.example', '--zone', zone, '--config', config]
  const before = await run(...ofSettings, '--from', 'ann@north.example')
  assert.match(before.out, /in force +At most 10 letters an hour, by the rule south\.example\.\n/)
  assert.match(before.out, /in force +At most 2 letters a minute of ann@north\.example/)
  assert.doesNotMatch(before.out, /not now/)
  assert.equal((await run(...ofSettings, '--from', 'ann')).code, 2)
  await run('suppress', 'add', 'bob@south.example', '--config', config, '--why', 'He left.')
  const after = await run(...ofSettings)
  assert.match(after.out, /not now +Nothing is sent to this address \(by-hand\): He left\.\n/)
  const none = await run('route', 'bob@null.example', '--zone', zone)
  assert.equal(none.code, 1)
  assert.equal((await run('route', 'bob', '--zone', zone)).code, 2)
})

test('the DNS servers of the settings are asked, and another one where the command names it', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const [ofSettings, ofCommand] = await Promise.all(
    ['203.0.113.1', '203.0.113.2'].map(async (address) => {
      const zones = {
        '': {
          'south.example': { MX: ['10 mx.south.example'] },
          'mx.south.example': { A: [address] },
        },
      }
      const server = await openDnsServer({ port: 0, clock: systemClock, zones })
      t.after(() => server.close())
      return `${server.endpoint.address}:${server.endpoint.port}`
    }),
  )
  assert.ok(ofSettings !== undefined && ofCommand !== undefined)
  const config = join(folder, 'waybill.toml')
  writeFileSync(
    config,
    `hostname = "mx.north.example"
domains = ["north.example"]
data = ${JSON.stringify(join(folder, 'data'))}
[dns]
servers = ["${ofSettings}"]
`,
  )
  const run = runner(t)
  const asked = ['route', 'bob@south.example', '--config', config, '--json']
  const addresses = async (...args: string[]): Promise<unknown> => {
    const { out } = await run(...args)
    return JSON.parse(out).targets.map(({ address }: { address: string }) => address)
  }
  assert.deepEqual(await addresses(...asked), ['203.0.113.1'])
  assert.deepEqual(await addresses(...asked, '--server', ofCommand), ['203.0.113.2'])
})
