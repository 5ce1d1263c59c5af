import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
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
