/** What only the running server knows is asked of it by commands, over the socket in its folder. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { silent } from '../base/log.ts'
import { parseConfig } from '../config/config.ts'
import { systemClock } from '../io/clock.ts'
import type { Dialled, Dialer } from '../io/dialer.ts'
import { openDnsServer } from '../io/dns-server.ts'
import { acceptance, journey, message, queueItem } from '../store/contract-cases.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { openServer } from './open-server.ts'
import { waybill, writeConfig } from './test-support/processes.ts'

const zone = {
  'dead.example': { MX: ['10 mx.dead.example'] },
  'mx.dead.example': { A: ['192.0.2.1'] },
  'slow.example': { MX: ['10 mx.slow.example'] },
  'mx.slow.example': { A: ['192.0.2.2'] },
}

/** One server refuses connections, and the other leaves us waiting until the test is over. */
function dialerOf(over: Promise<unknown>): Dialer {
  const refused: Dialled = { type: 'failed', reason: 'refused', text: 'connection refused' }
  return {
    dial: async ({ ip }) => {
      if (ip === '192.0.2.2') await over
      return refused
    },
    realPlace: () => undefined,
  }
}

test('commands ask the server that runs what keeps mail back, and where a letter is', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const dns = await openDnsServer({ port: 0, clock: systemClock, zones: { '': zone } })
  t.after(() => dns.close())
  const config = writeConfig(folder, { dnsPort: dns.endpoint.port })
  await putLetters(join(folder, 'data'))
  const read = parseConfig(readFileSync(config, 'utf8'))
  if (read.type !== 'settings') assert.fail(JSON.stringify(read))
  const over = Promise.withResolvers<void>()
  const server = await openServer({
    log: silent,
    settings: read.settings,
    dialer: dialerOf(over.promise),
    autoPorts: true,
    report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
    broken: (problem) => assert.fail(String(problem)),
  })
  const changes = server.changes({ only: ['journey'] })
  t.after(async () => {
    over.resolve()
    server.hurry()
    await server.close()
  })
  // The first attempt at the dead one is written down, and with it that it is dead.
  await changes.next()
  await changes.return?.()
  const json = async (...args: readonly string[]): Promise<unknown> => {
    const ran = await waybill([...args, '--config', config, '--json'])
    assert.notEqual(ran.out, '', ran.said)
    return JSON.parse(ran.out)
  }

  const asked = ['--server', `127.0.0.1:${dns.endpoint.port}`]
  const dead = (await json('route', 'bob@dead.example', ...asked)) as Route
  assert.deepEqual(
    dead.limits.filter(({ stops }) => stops).map(({ by }) => by),
    ['back-off'],
  )
  assert.match(dead.standing?.down?.because ?? '', /could not be reached: connection refused/)
  const slow = (await json('route', 'bob@slow.example', ...asked)) as Route
  assert.equal(slow.standing, null)

  const why = (await json('why', '1m8slow')) as Why
  const [hold] = why.recipients[0]?.holds ?? []
  assert.equal(hold?.by, 'under-way')
  assert.deepEqual(
    { ...hold.sending, since: '' },
    { since: '', stage: 'connecting', host: 'mx.slow.example', address: '192.0.2.2' },
  )

  const shape = (await json('queue', 'shape', '--by', 'site')) as Shape
  assert.deepEqual(
    shape.groups.map(({ name }) => name),
    ['mx.dead.example', 'mx.slow.example'],
  )
})

interface Route {
  readonly limits: readonly { readonly by: string; readonly stops: boolean }[]
  readonly standing: { readonly down?: { readonly because: string } } | null
}

interface Why {
  readonly recipients: readonly {
    readonly holds: readonly { readonly by: string; readonly sending?: object }[]
  }[]
}

interface Shape {
  readonly groups: readonly { readonly name: string }[]
}

/** A letter for each of the two, as if they had come before. */
async function putLetters(folder: string): Promise<void> {
  const store = await openSqliteStore({ folder })
  const now = Date.now()
  for (const name of ['dead', 'slow']) {
    const [id, messageId] = [`1m8${name}`, `m-${name}`]
    const to = { recipient: `bob@${name}.example`, destination: `${name}.example` }
    const times = { createdAt: now, nextAttemptAt: now, expiresAt: now + 86_400_000 }
    // One commit after the other, so that the rows are in order.
    await store.post.accept(
      acceptance({
        message: message(messageId, 'Subject: out\r\n\r\nHello\r\n'),
        queue: [queueItem(`q-${name}`, { messageId, journeyId: id, ...to, ...times })],
        journeys: [journey(id, { direction: 'out', messageId, json: recordOf(id, to.recipient) })],
      }),
    )
  }
  await store.close()
}

function recordOf(id: string, recipient: string): string {
  return JSON.stringify({
    schema: 'waybill.record/1',
    id,
    direction: 'out',
    mode: 'live',
    host: 'mx.south.example',
    startedAt: Date.now(),
    envelope: { ip: '', helo: '', mailFrom: 'anna@south.example', rcptTo: [recipient] },
    outcome: { status: 'queued', because: [] },
    steps: [],
    conversation: [],
    subject: 'out',
    messageId: '',
  })
}
