import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ControlSocket } from '../../control/control-socket.ts'
import { systemClock } from '../../io/clock.ts'
import { acceptance, journey, message, queueItem } from '../../store/contract-cases.ts'
import { openReadOnlyStore } from '../../store/sqlite/sqlite-reader.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'

const later = Date.UTC(2100, 0, 2, 3, 4, 5)

/** A folder with three letters that wait, two of them for south.example. */
async function waiting(t: TestContext): Promise<string> {
  const { folder, remove } = testFolder()
  t.after(remove)
  const data = join(folder, 'data')
  const store = await openSqliteStore({ folder: data })
  const north = { recipient: 'eve@north.example', destination: 'north.example' }
  await store.post.accept(
    acceptance({
      message: message('m1', 'Subject: out\r\n\r\nHello\r\n'),
      queue: [
        queueItem('q1', { journeyId: '1m8aaaa', nextAttemptAt: later }),
        queueItem('q2', { journeyId: '1m8bbbb', nextAttemptAt: later }),
        queueItem('q3', { journeyId: '1m8cccc', nextAttemptAt: later, ...north }),
      ],
      journeys: ['1m8aaaa', '1m8bbbb', '1m8cccc'].map((id) => journey(id, { direction: 'out' })),
    }),
  )
  await store.close()
  return data
}

/** How each of the three waits, by a reader of its own. */
async function states(data: string): Promise<Record<string, string>> {
  const reader = openReadOnlyStore({ folder: data })
  const items = await reader.queue.list({ limit: 10 })
  reader.close()
  return Object.fromEntries(
    items.map(({ id, held, nextAttemptAt }) => {
      const due = nextAttemptAt <= Date.now() ? 'due' : 'waits'
      return [id, held ? 'held' : due]
    }),
  )
}

test('queue hold keeps back what fits, queue retry lets it go now, and the list says so', async (t) => {
  const data = await waiting(t)
  const run = runner(t)
  const held = await run('queue', 'hold', 'to:@south.example', '--data', data)
  assert.deepEqual(
    [held.code, held.out],
    [0, 'Mail for 2 recipients will be kept back until waybill queue release.\n'],
  )
  assert.deepEqual(await states(data), { q1: 'held', q2: 'held', q3: 'waits' })
  const again = await run('queue', 'hold', 'to:@south.example', '--data', data, '--json')
  assert.deepEqual([again.code, again.out], [5, '{"held":0,"left":0}\n'])
  const one = await run('queue', 'retry', '1M8aa', '--data', data)
  assert.deepEqual([one.code, one.out], [0, 'Mail for 1 recipient will be tried now.\n'])
  assert.deepEqual(await states(data), { q1: 'due', q2: 'held', q3: 'waits' })
  const { out } = await run('queue', 'list', '--data', data)
  const rows = out.split('\n').map((line) => line.slice(0, 30).trimEnd())
  assert.deepEqual(rows.toSorted(), [
    '',
    '1m8aaaa  now',
    '1m8bbbb  held',
    '1m8cccc  2100-01-02 03:04:05Z',
  ])
  const released = await run('queue', 'release', '--all', '--data', data)
  assert.deepEqual([released.code, released.out], [0, 'Mail for 1 recipient will go on now.\n'])
  assert.deepEqual(await states(data), { q1: 'due', q2: 'due', q3: 'waits' })
  const all = await run(
    'queue',
    'retry',
    '--all',
    '--data',
    data,
    '--json',
    '--why',
    'line is back',
  )
  assert.deepEqual([all.code, all.out], [0, '{"retried":3}\n'])
  assert.deepEqual(await states(data), { q1: 'due', q2: 'due', q3: 'due' })
  const audit = await run('audit', '--data', data, '--json')
  const acts = audit.out.split('\n').filter((line) => line !== '')
  const told = acts.map((line): unknown => {
    const { what, why, door, detail } = JSON.parse(line)
    return [what, why, door, detail]
  })
  const here = 'command line'
  assert.deepEqual(told, [
    ['queue retry', 'line is back', here, { chosen: ['--all'], letters: 3 }],
    ['queue release', '', here, { chosen: ['--all'], letters: 1 }],
    ['queue retry', '', here, { chosen: ['1M8aa'], letters: 1 }],
    ['queue hold', '', here, { chosen: ['to:@south.example'], letters: 2 }],
  ])
})

test('queue show tells of a letter that waits, and says so of one that does not', async (t) => {
  const data = await waiting(t)
  const run = runner(t)
  const shown = await run('queue', 'show', '1m8cccc', '--data', data)
  assert.equal(shown.code, 0, shown.messages)
  assert.match(shown.out, /^1m8cccc {2}from .+\n/)
  assert.match(shown.out, /\n {2}to eve@north\.example\n {4}by {11}north\.example\n/)
  assert.match(shown.out, /\n {4}attempts {5}none yet\n {4}next {9}2100-01-02 03:04:05Z\n/)
  const json = JSON.parse((await run('queue', 'show', '1m8c', '--data', data, '--json')).out)
  assert.deepEqual([json.id, json.journey, json.held], ['q3', '1m8cccc', false])
  await run('queue', 'hold', '1m8cccc', '--data', data)
  const held = await run('queue', 'show', '1m8cccc', '--data', data)
  assert.match(held.out, /next {9}held until waybill queue release\n/)
  const none = await run('queue', 'show', '1m8zzzz', '--data', data)
  assert.equal(none.code, 5)
  const store = await openSqliteStore({ folder: data })
  await store.post.accept(acceptance({ journeys: [journey('1m8dddd', { status: 'delivered' })] }))
  await store.close()
  const over = await run('queue', 'show', '1m8dddd', '--data', data)
  assert.equal(over.code, 5)
  assert.match(over.messages, /The letter 1m8dddd does not wait: delivered\./)
})

test('queue retry wants to be told which letters, and says when there is none', async (t) => {
  const data = await waiting(t)
  const run = runner(t)
  for (const args of [[], ['--all', 'to:anna']]) {
    const ran = await run('queue', 'retry', ...args, '--data', data)
    assert.equal(ran.code, 2)
    assert.match(ran.messages, /It must be said which letters are meant\.\n {2}Either --all, or/)
  }
  const wrong = await run('queue', 'retry', 'too:anna', '--data', data)
  assert.equal(wrong.code, 2)
  const none = await run('queue', 'retry', 'to:@west.example', '--data', data)
  assert.deepEqual([none.code, none.out], [5, ''])
  assert.match(none.messages, /Nothing that waits fits that\./)
  assert.deepEqual(await states(data), { q1: 'waits', q2: 'waits', q3: 'waits' })
})

test('queue drop gives letters up, and wants to be sure', async (t) => {
  const data = await waiting(t)
  const run = runner(t)
  const unsure = await run('queue', 'drop', 'to:@south.example', '--data', data, '--no-notice')
  assert.equal(unsure.code, 2)
  assert.match(
    unsure.messages,
    /Give up mail for 2 recipients\? .* not told\. Nobody is here to be asked\./,
  )
  assert.deepEqual(await states(data), { q1: 'waits', q2: 'waits', q3: 'waits' })
  const silent = await run('queue', 'drop', '--all', '--yes', '--data', data)
  assert.equal(silent.code, 2)
  assert.match(silent.messages, /No server runs, so the senders cannot be told\./)
  const drop = ['queue', 'drop', 'to:@south.example', '--no-notice', '--yes', '--data', data]
  const done = await run(...drop, '--why', 'spam')
  assert.deepEqual([done.code, done.out], [0, 'Mail for 2 recipients is given up.\n'])
  assert.deepEqual(await states(data), { q3: 'waits' })
  const again = await run(...drop, '--json')
  assert.deepEqual([again.code, again.out], [5, '{"dropped":0,"left":0}\n'])
  const audit = await run('audit', '--data', data)
  assert.match(
    audit.out,
    /queue drop {2}by .* {2}chosen=to:@south\.example recipients=2 told=false, "spam"\n/,
  )
})

test('what waits is counted by age and destination, and nothing is done without being sure', async (t) => {
  const data = await waiting(t)
  const run = runner(t)
  const shape = await run('queue', 'shape', 'domain:.example', '--data', data)
  assert.equal(shape.code, 0, shape.messages)
  const [head, whole, first] = shape.out.split('\n')
  assert.match(head ?? '', /^destination +all held +5 +10 .* 1280 1280\+$/)
  assert.match(whole ?? '', /^all +3 +0 /)
  assert.match(first ?? '', /^south\.example +2 +0 /)
  const json = JSON.parse(
    (await run('queue', 'shape', '--by', 'sender', '--data', data, '--json')).out,
  )
  assert.deepEqual([json.by, json.total, json.groups.length], ['sender', 3, 1])
  const bySite = await run('queue', 'shape', '--by', 'site', '--data', data)
  assert.match(bySite.messages, /none could be asked: each is told alone/)
  assert.match(bySite.out, /^site .*\n.*\nsouth\.example +2 /)
  const bounce = ['queue', 'bounce', 'domain:south.example', '--data', data]
  const dry = await run(...bounce, '--dry-run')
  assert.deepEqual([dry.code, dry.out], [0, 'Mail for 2 recipients would be given up.\n'])
  const unsure = await run(...bounce)
  assert.equal(unsure.code, 2)
  assert.match(unsure.messages, /Give up mail for 2 recipients\? .* is told\. Nobody is here/)
  const held = await run('queue', 'hold', '--all', '--dry-run', '--json', '--data', data)
  assert.deepEqual([held.code, held.out], [0, '{"dry_run":true,"held":3}\n'])
  assert.deepEqual(await states(data), { q1: 'waits', q2: 'waits', q3: 'waits' })
})

test('an id of several letters, or of none, changes none of them', async (t) => {
  const data = await waiting(t)
  const run = runner(t)
  const store = await openSqliteStore({ folder: data })
  await store.post.accept(
    acceptance({
      message: message('m2', 'Subject: out\r\n\r\nHello\r\n'),
      queue: [queueItem('q4', { messageId: 'm2', journeyId: '1m8bbcc', nextAttemptAt: later })],
      journeys: [journey('1m8bbcc', { direction: 'out' })],
    }),
  )
  await store.close()
  const sure = ['--yes', '--no-notice', '--data', data]
  const several = await run('queue', 'drop', '1m8aaaa', '1m8bb', ...sure)
  assert.equal(several.code, 2)
  assert.match(several.messages, /"1m8bb" is .+ several ids\.\n {2}One of: 1m8bbbb, 1m8bbcc\n/)
  const none = await run('queue', 'drop', '1m8aaaa', 'to:@north.example', ...sure)
  assert.equal(none.code, 5)
  assert.match(none.messages, /No letter that waits and fits has the id "1m8aaaa"/)
  assert.deepEqual(await states(data), { q1: 'waits', q2: 'waits', q3: 'waits', q4: 'waits' })
})

test('the server that runs is asked, with where the letters go', async (t) => {
  const data = await waiting(t)
  const run = runner(t)
  const store = await openSqliteStore({ folder: data })
  t.after(() => store.close())
  const heard: unknown[] = []
  const control = await ControlSocket.open({
    folder: data,
    clock: systemClock,
    version: '0',
    answer({ operation, input }) {
      heard.push(operation, input)
      return Promise.resolve({ letters: 7, left: 0 })
    },
    report: assert.fail,
  })
  const done = await run('queue', 'retry', 'to:eve', '--data', data)
  assert.deepEqual([done.code, done.out], [0, 'Mail for 7 recipients will be tried now.\n'])
  await control.close()
  const items = [{ id: 'q3', destination: 'north.example' }]
  assert.deepEqual(heard, ['queue retry', { items, chosen: ['to:eve'], before: 0, more: false }])
})

test('the lab tries its queue alone', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  await (await openSqliteStore({ folder: join(folder, 'north') })).close()
  const ran = await runner(t)('queue', 'retry', '--all', '--data', folder)
  assert.equal(ran.code, 2)
  assert.match(ran.messages, /tried by the lab alone/)
})
