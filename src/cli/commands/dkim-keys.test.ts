import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testFolder } from '../../store/test-folder.ts'

interface Ran {
  readonly out: string
  readonly messages: string
  readonly code: number
}

test('a record to publish is written as config dns writes it: strings of 255 octets at most', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const config = join(folder, 'waybill.toml')
  const lines = [
    'hostname = "mx.south.example"',
    'domains = ["south.example"]',
    `data = ${JSON.stringify(join(folder, 'data'))}`,
    '[dns]',
    'servers = ["127.0.0.1:1"]',
  ]
  writeFileSync(config, lines.join('\n'))
  const child = fork(join(import.meta.dirname, 'runner.test-support.ts'))
  t.after(() => child.kill())
  const run = async (...args: string[]): Promise<Ran> => {
    child.send([...args, '--config', config])
    // What `Ran` of that file says.
    const [ran] = (await once(child, 'message')) as [Ran]
    return ran
  }
  const wanted = (await run('config', 'dns')).out
    .split('\n')
    .filter((line) => line.includes('._domainkey.'))
  assert.equal(wanted.length, 2)
  const { out } = await run('dkim', 'keys', 'south.example')
  const told = Array.from(out.matchAll(/^ {2}publish: (.*)$/gm), ([, record]) => record)
  assert.deepEqual(told, wanted)
  for (const record of told) {
    for (const [, text = ''] of record?.matchAll(/"([^"]*)"/g) ?? []) assert.ok(text.length <= 255)
  }
})
