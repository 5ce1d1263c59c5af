import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { secretHash } from '../../io/secret.ts'
import { openReadOnlyStore } from '../../store/sqlite/sqlite-reader.ts'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'
import type { Ran } from './runner.test-support.ts'

function open(t: TestContext): {
  readonly data: string
  readonly key: (...args: string[]) => Promise<Ran>
  readonly audit: () => Promise<Ran>
} {
  const { folder, remove } = testFolder()
  t.after(remove)
  const config = join(folder, 'waybill.toml')
  const data = join(folder, 'data')
  const lines = [
    'hostname = "mx.south.example"',
    'domains = ["south.example"]',
    `data = ${JSON.stringify(data)}`,
  ]
  writeFileSync(config, lines.join('\n'))
  const run = runner(t)
  return {
    data,
    key: (...args) => run('key', ...args, '--config', config),
    audit: () => run('audit', '--json', '--data', data),
  }
}

test('a key is made, shown without its secret, and taken away', async (t) => {
  const { data, key, audit } = open(t)
  const none = await key('list')
  assert.deepEqual([none.code, none.out], [0, ''])
  assert.match(none.messages, /no keys yet: waybill key add/)

  const wish = ['--scope', 'send,read', '--domain', 'south.example', '--until', '2999-01-31']
  const added = await key('add', 'shop', ...wish, '--why', 'the shop sends')
  assert.equal(added.code, 0)
  const secret = added.out.trim()
  assert.match(secret, /^wb_live_[\w-]{43}$/)
  assert.match(added.messages, /the key "shop".*shown this once/s)

  const { out } = await key('list')
  assert.match(out, /^shop {2}read, send +from south\.example, until 2999-01-31, never used\n$/)
  assert.doesNotMatch(out + (await audit()).out, new RegExp(secret.slice(8)))
  const reader = openReadOnlyStore({ folder: data })
  const kept = await reader.apiKeys.list()
  reader.close()
  assert.deepEqual(
    kept.map(({ sha256 }) => sha256),
    [secretHash(secret)],
  )

  const again = await key('add', 'Shop', '--scope', 'read')
  assert.equal(again.code, 2)
  assert.match(again.messages, /is a key "Shop" already/)
  const gone = await key('remove', 'shop')
  assert.deepEqual([gone.code, gone.out], [0, 'The key "shop" opens nothing any more.\n'])
  assert.equal((await key('remove', 'shop')).code, 5)
  const acts = (await audit()).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    acts.map(({ what, why }) => [what, why]),
    [
      ['key remove', ''],
      ['key add', 'the shop sends'],
    ],
  )
})

test('a key that is nothing to open with is not made', async (t) => {
  const { key } = open(t)
  for (const [args, said] of [
    [['add', 'x'], /--scope/],
    [['add', 'x', '--scope', 'write'], /"write" is none of read, send, manage/],
    [['add', 'x', '--scope', 'read', '--until', 'tomorrow'], /Not a time/],
    [['add', 'x', '--scope', 'read', '--account', 'ann@south.example'], /no account ann@/],
  ] as const) {
    const { code, messages } = await key(...args)
    assert.equal(code, 2, args.join(' '))
    assert.match(messages, said)
  }
})
