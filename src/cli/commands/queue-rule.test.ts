import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { acceptance, journey, message, queueItem } from '../../store/contract-cases.ts'
import { openReadOnlyStore } from '../../store/sqlite/sqlite-reader.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'

const later = Date.UTC(2100, 0, 2, 3, 4, 5)
const ann = 'ann@north.example'

/** A folder with two letters that wait, one of them of an account. */
async function waiting(t: TestContext): Promise<string> {
  const { folder, remove } = testFolder()
  t.after(remove)
  const data = join(folder, 'data')
  const store = await openSqliteStore({ folder: data })
  const ids = ['1m8aaaa', '1m8bbbb']
  await store.post.accept(
    acceptance({
      message: message('m1', 'Subject: out\r\n\r\nHello\r\n'),
      queue: ids.map((journeyId, at) => {
        const own = at === 0 ? { account: ann } : {}
        return queueItem(`q${at}`, { journeyId, nextAttemptAt: later, ...own })
      }),
      journeys: ids.map((id) => journey(id, { direction: 'out' })),
    }),
  )
  await store.close()
  return data
}

/** Why each of them is held. */
async function holds(data: string): Promise<readonly string[]> {
  const reader = openReadOnlyStore({ folder: data })
  const items = await reader.queue.list({ limit: 10, after: '' })
  reader.close()
  return items.map(({ held, holdReason }) => (held ? holdReason : 'goes'))
}

test('a hold rule holds what waits, is listed with how much, and lets it go at its end', async (t) => {
  const data = await waiting(t)
  const run = runner(t)
  const add = ['queue', 'rule', 'add', 'to:bob', 'subject:two words', '-id:x', '--data', data]
  const wrong = await run(...add)
  assert.equal(wrong.code, 2)
  const rule = ['queue', 'rule', 'add', 'domain:south.example', '--data', data]
  const made = await run(...rule, '--until', '2h', '--why', 'spam wave', '--json')
  assert.equal(made.code, 0, made.messages)
  const { id, held, words } = JSON.parse(made.out)
  assert.deepEqual([held, words], [2, 'domain:south.example'])
  assert.deepEqual(await holds(data), [`hold rule ${id}: spam wave`, `hold rule ${id}: spam wave`])
  const listed = await run('queue', 'rule', 'list', '--data', data)
  assert.match(listed.out, /domain:south\.example {2}until .+ holds 2 {2}spam wave\n/)
  const removed = await run('queue', 'rule', 'remove', id, '--data', data)
  assert.deepEqual(
    [removed.code, removed.out],
    [0, `Rule ${id} is removed. Mail for 2 recipients will go on now.\n`],
  )
  assert.deepEqual(await holds(data), ['goes', 'goes'])
  assert.equal((await run('queue', 'rule', 'remove', id, '--data', data)).code, 5)
})

test('what an account sends is held and released, and nothing of others', async (t) => {
  const data = await waiting(t)
  const run = runner(t)
  const held = await run('account', 'hold', ann, '--data', data, '--why', 'stolen password')
  assert.deepEqual(
    [held.code, held.out],
    [0, `What ${ann} sends is held. Mail for 1 recipient waited and is held.\n`],
  )
  const [own, other] = await holds(data)
  assert.match(own ?? '', /^hold rule .+: stolen password$/)
  assert.equal(other, 'goes')
  const released = await run('account', 'release', ann, '--data', data)
  assert.deepEqual(
    [released.code, released.out],
    [0, `What ${ann} sends goes on. Mail for 1 recipient will go on now.\n`],
  )
  assert.deepEqual(await holds(data), ['goes', 'goes'])
  assert.equal((await run('account', 'release', ann, '--data', data)).code, 5)
})

test('an account that there is not is not held; without the settings it is a warning', async (t) => {
  const data = await waiting(t)
  const run = runner(t)
  const config = `${data}.toml`
  const text = `hostname = "mx.north.example"
data = "${data}"
domains = ["north.example"]
[[account]]
address = "eve@north.example"
`
  writeFileSync(config, text)
  for (const does of ['hold', 'release']) {
    const wrong = await run('account', does, 'eve@north.exmaple', '--config', config)
    assert.deepEqual([wrong.code, wrong.out], [5, ''], does)
    assert.match(wrong.messages, /There is no account eve@north\.exmaple\./)
    assert.match(wrong.messages, /Did you mean "eve@north\.example"\?/)
  }
  const rules = await run('queue', 'rule', 'list', '--data', data, '--json')
  assert.equal(rules.out, '')
  // The last one is no account any more; what waits has its name.
  for (const name of ['Eve@north.example', 'user www-data', 'network 192.168.1.20', ann]) {
    const { code, messages } = await run('account', 'hold', name, '--config', config)
    assert.deepEqual([code, messages], [0, ''], name)
  }
  const unsure = await run('account', 'hold', 'bea@north.example', '--data', data)
  assert.equal(unsure.code, 0)
  assert.match(unsure.messages, /has no account bea@north\.example\..* with --config/)
})

test('a pause is made, listed, told by the status, and ended', async (t) => {
  const data = await waiting(t)
  const run = runner(t)
  const pause = ['pause', '.South.example', '--data', data]
  const made = await run(...pause, '--why', 'they move', '--until', '2100-01-01')
  assert.equal(made.code, 0, made.messages)
  assert.match(
    made.out,
    /^Mail to \.south\.example is paused by .+ until 2100-01-01T00:00:00Z: they move\.\n$/,
  )
  assert.equal((await run('pause', '--data', data)).out, made.out)
  const status = await run('status', '--data', data)
  assert.match(status.out, /Paused {2}Mail to \.south\.example is paused/)
  const refused = await run('queue', 'retry', '1m8aaaa', '--data', data)
  assert.equal(refused.code, 5)
  assert.match(
    refused.messages,
    /1m8aaaa to bob@south\.example: Mail to \.south\.example is paused/,
  )
  const ended = await run('resume', '.south.example', '--data', data, '--json')
  assert.deepEqual(JSON.parse(ended.out), { ended: ['destination .south.example'], due: 0 })
  const again = await run('resume', '.south.example', '--data', data)
  assert.deepEqual([again.code, again.out], [5, ''])
  assert.equal((await run('pause', 'x', '--all', '--data', data)).code, 2)
})
