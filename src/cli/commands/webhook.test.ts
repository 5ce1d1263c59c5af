import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ControlSocket } from '../../control/control-socket.ts'
import { performByName } from '../../desk/named.ts'
import { webhookOperations } from '../../desk/webhooks.ts'
import { ends, put } from '../../hooks/test-support/letters.ts'
import { testWebhooks } from '../../hooks/test-support/webhooks.ts'
import { systemClock } from '../../io/clock.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/ports/store.ts'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'
import type { Ran } from './runner.test-support.ts'

/** A running server whose receivers answer as it is told, and how commands ask it. */
async function open(
  t: TestContext,
  answer: { status: number },
): Promise<{
  readonly store: Store
  readonly webhook: (...args: string[]) => Promise<Ran>
}> {
  const { folder, remove } = testFolder()
  const store = openMemoryStore()
  const webhooks = testWebhooks(store, {
    send: async () => ({ status: answer.status, text: 'said', retryAfter: '' }),
  })
  await webhooks.start()
  const place = { desk: { webhooks }, acts: store.acts, now: () => 1_000_000 }
  const control = await ControlSocket.open({
    folder,
    clock: systemClock,
    version: '1.2.3',
    answer: ({ operation, input, by, why = '' }) => {
      const actor = { by, door: 'control socket', why } as const
      return performByName(new Map(webhookOperations), place, { operation, input, actor })
    },
    report: (problem) => assert.fail(String(problem)),
  })
  t.after(async () => {
    await control.close()
    await webhooks.stop()
    await store.close()
    remove()
  })
  const run = runner(t)
  return { store, webhook: (...args) => run('webhook', ...args, '--data', folder) }
}

test('a webhook is added, tested, listed and removed by asking the server', async (t) => {
  const answer = { status: 200 }
  const { store, webhook } = await open(t, answer)
  assert.match((await webhook('list')).messages, /no webhooks yet: waybill webhook add/)
  const url = 'https://example.com/hooks'
  const added = await webhook(
    'add',
    url,
    '--events',
    'message.,delivery.failed',
    '--why',
    'the shop',
  )
  assert.equal(added.code, 0, added.messages)
  assert.match(added.out, /^whsec_\S+\n$/)
  assert.match(added.messages, /secret of wh_1\. It is shown this once/)
  assert.equal(
    (await webhook('list')).out,
    `wh_1  ${url}  message. delivery.failed, 0 waiting, on\n`,
  )
  assert.doesNotMatch((await webhook('list', '--json')).out, /whsec_/)

  assert.deepEqual(await codeAndOut(webhook('test', 'wh_1')), [0, '200  said\n'])
  answer.status = 500
  assert.deepEqual(await codeAndOut(webhook('test', 'wh_1')), [1, '500  said\n'])

  await put(store, 'JOURNEY1', ends.refused)
  let tries = ''
  while (tries === '') tries = (await webhook('attempts', 'wh_1')).out
  assert.match(tries, /message\.refused {2}500, waiting, again /)

  const removed = await webhook('remove', 'wh_1')
  assert.deepEqual([removed.code, removed.out], [0, `${url} is told nothing more.\n`])
  assert.equal((await webhook('remove', 'wh_1')).code, 5)
  const [, , , add] = await store.acts.list({ limit: 10 })
  assert.deepEqual([add?.what, add?.why], ['webhook add', 'the shop'])
})

async function codeAndOut(ran: Promise<Ran>): Promise<readonly unknown[]> {
  const { code, out } = await ran
  return [code, out]
}

test('without a server it is said that none runs', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const { code, messages } = await runner(t)('webhook', 'list', '--data', folder)
  assert.equal(code, 4)
  assert.match(messages, /No server runs on/)
})
