/**
 * The data folder that each older version wrote, under today's program: it opens, every journey says
 * what it said, every verdict comes out again, and no letter and no waiting delivery is lost.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

import type { Ran } from '../../src/cli/commands/runner.test-support.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { testFolder } from '../../src/store/test-folder.ts'
import { lostFields } from './lost-fields.ts'

interface Expected {
  readonly journeys: Readonly<Record<string, { readonly show: unknown; readonly replay: unknown }>>
  readonly list: readonly { readonly id: string }[]
  readonly mail: readonly {
    readonly account: string
    readonly id: string
    readonly sha256: string
  }[]
  readonly queue: readonly { readonly id: string; readonly recipient: string }[]
}

const fixtures = join(import.meta.dirname, '..', 'fixtures')
const versions = readdirSync(fixtures)

let runner: ChildProcess

before(() => {
  const source = new URL('../../src/cli/commands/runner.test-support.ts', import.meta.url)
  runner = fork(fileURLToPath(source), { execArgv: process.execArgv })
})

after(() => runner.kill())

test('there is a folder of every release', () => {
  assert.ok(versions.includes('0.1.0') && versions.length >= 1)
})

for (const version of versions) {
  const fixture = join(fixtures, version)
  const expected: Expected = JSON.parse(unpacked('expected.json.gz').toString())
  const place = testFolder()

  before(async () => {
    for (const entry of readdirSync(fixture, { recursive: true, encoding: 'utf8' })) {
      const name = /^((?:north|south)\/.+)\.gz$/.exec(entry)?.[1]
      if (name === undefined) continue
      mkdirSync(dirname(join(place.folder, name)), { recursive: true })
      writeFileSync(join(place.folder, name), unpacked(entry), { mode: 0o600 })
    }
    // What a server does first: it brings the folder up to date.
    for (const site of ['north', 'south']) {
      const store = await openSqliteStore({ folder: join(place.folder, site) })
      await store.close()
    }
  })

  after(() => place.remove())

  function unpacked(name: string): Buffer {
    return gunzipSync(readFileSync(join(fixture, name)))
  }

  function run(...args: readonly string[]): Promise<Ran> {
    return new Promise((resolve) => {
      runner.once('message', (ran) => resolve(ran as Ran))
      runner.send([...args, '--data', place.folder])
    })
  }

  async function lines(...args: readonly string[]): Promise<readonly unknown[]> {
    const { out } = await run(...args, '--json')
    return out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
  }

  test(`the list of ${version} has every journey, with its fields`, async () => {
    assert.ok(expected.list.length >= 12)
    assert.deepEqual(lostFields(expected.list, await lines('list')), [])
  })

  for (const [id, { show, replay }] of Object.entries(expected.journeys)) {
    test(`journey ${id} of ${version} shows its fields with their values`, async () => {
      const [shown] = await lines('show', id)
      assert.deepEqual(lostFields(show, shown), [])
      const text = await run('show', id, '-v')
      assert.equal(text.code, 0, text.messages)
      assert.ok(text.out.includes(id))
    })

    test(`journey ${id} of ${version} replays to the same verdicts`, async () => {
      const [replayed] = await lines('replay', id)
      assert.deepEqual(lostFields(replay, replayed), [])
    })
  }

  test(`every letter of ${version} is in its mailbox, octet for octet`, async () => {
    assert.deepEqual(lostFields(expected.mail.map(withoutHash), await lines('mail', 'list')), [])
    for (const { id, account, sha256 } of expected.mail) {
      const [shown] = await lines('mail', 'show', id, '--account', account)
      const { message } = shown as { readonly message: string }
      const octets = Buffer.from(message, 'base64')
      assert.equal(createHash('sha256').update(octets).digest('hex'), sha256, id)
    }
  })

  test(`what waited in ${version} still waits`, async () => {
    assert.equal(expected.queue.length, 1)
    assert.deepEqual(lostFields(expected.queue, await lines('queue', 'list')), [])
  })
}

function withoutHash(mail: Expected['mail'][number]): unknown {
  return Object.fromEntries(Object.entries(mail).filter(([name]) => name !== 'sha256'))
}
