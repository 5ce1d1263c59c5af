/**
 * Kills the whole server at random moments under load, again and again, and counts what it had
 * acknowledged and lost. `WAYBILL_CRASH_ROUNDS` makes it longer.
 */
import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { test } from 'node:test'
import type { Zone } from '../dns/zone-table.ts'
import { systemClock } from '../io/clock.ts'
import { openDnsServer } from '../io/dns-server.ts'
import { hashPassword } from '../io/password.ts'
import { openReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { ReadPorts } from '../store/reads.ts'
import { testFolder } from '../store/test-folder.ts'
import { startServer, type StartedServer, writeConfig } from './test-support/processes.ts'
import { journeyIn, replayAll } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'

const rounds = Number(process.env['WAYBILL_CRASH_ROUNDS'] ?? '4')
const clients = 10
const receiver = 'receiver@south.example'
const password = 'letmein'

const zone: Zone = {
  'stranger.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  // What is sent there waits in the queue.
  'waiting.example': { MX: { error: 'SERVFAIL' } },
}

/** A letter that was answered with 250: its id, and a word that stands in it alone. */
interface Acknowledged {
  readonly id: string
  readonly word: string
  readonly queued: boolean
}

/** Sends letter after letter until the connection breaks. */
async function sendUntilTheEnd(
  { ports }: StartedServer,
  kind: 'stranger' | 'user',
  acknowledged: (letter: Acknowledged) => void,
): Promise<void> {
  const queued = kind === 'user'
  try {
    const port = ports[queued ? 'submissions' : 'smtp'] ?? 0
    const talk = await SmtpTalk.greeted(port, { tls: queued })
    if (queued) await talk.login(receiver, password, 235)
    const [from, to] = queued
      ? [receiver, 'someone@waiting.example']
      : ['x@stranger.example', receiver]
    for (;;) {
      const word = randomBytes(12).toString('hex')
      // Some are long enough for a file of their own.
      const length = randomInt(20) === 0 ? 300_000 : randomInt(6000)
      const filler = 'x'
        .repeat(70)
        .concat('\n')
        .repeat(Math.ceil(length / 71))
      const message = `From: ${from}\nSubject: ${word}\n\n${filler}${word}\n`
      const said = await talk.letter({ from, to, message })
      if (said.code === 250) acknowledged({ id: referenceIn(said), word, queued })
    }
  } catch {
    // The kill, at whatever moment it came.
  }
}

async function isThere(read: ReadPorts, letter: Acknowledged): Promise<boolean> {
  const { id, word, queued } = letter
  const message = await read.messages.open(id)
  if (message === undefined) return false
  const chunks: Uint8Array[] = []
  for await (const chunk of message.chunks()) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('latin1')
  const { status } = await journeyIn(read, id)
  const kept = queued ? status === 'queued' || status === 'deferred' : status === 'delivered'
  return kept && text.includes(`Subject: ${word}\r\n`) && text.endsWith(`\r\n${word}\r\n`)
}

test(`killed ${rounds} times under load, the server has all that it answered with 250`, async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const dns = await openDnsServer({ port: 0, clock: systemClock, zones: { '': zone } })
  t.after(() => dns.close())
  const hash = await hashPassword(password)
  const more = `password_hash = ${JSON.stringify(hash)}`
  const config = writeConfig(folder, { dnsPort: dns.endpoint.port, more, threads: 2 })
  const letters: Acknowledged[] = []
  for (let round = 0; round < rounds; round++) {
    const server = await startServer(t, ['--config', config, '--ports', 'auto', '--log', 'faults'])
    const first = Promise.withResolvers<void>()
    const take = (letter: Acknowledged): void => {
      letters.push(letter)
      first.resolve()
    }
    const sending = Array.from({ length: clients }, (_, n) =>
      sendUntilTheEnd(server, n === 0 ? 'user' : 'stranger', take),
    )
    await first.promise
    await new Promise((resolve) => setTimeout(resolve, randomInt(250)))
    assert.equal(await server.stop('SIGKILL'), 'SIGKILL')
    await Promise.all(sending)
    assert.equal(server.said(), '')
  }
  const data = `${folder}/data`
  // The next start mends whatever was half done.
  await (await openSqliteStore({ folder: data })).close()
  const read = openReadOnlyStore({ folder: data })
  const lost: Acknowledged[] = []
  for (const letter of letters) if (!(await isThere(read, letter))) lost.push(letter)
  assert.deepEqual(lost, [], 'acknowledged, but lost')
  const inbox = new Set((await read.mailboxes.items({})).map(({ messageId }) => messageId))
  const queue = new Set((await read.queue.list({ limit: 1e6 })).map(({ messageId }) => messageId))
  for (const { id, queued } of letters) assert.ok((queued ? queue : inbox).has(id), id)
  const { replayed } = await replayAll(read)
  read.close()
  t.diagnostic(`${rounds} kills, ${letters.length} answered with 250, 0 lost, ${replayed} replayed`)
})
