import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { systemClock } from '../io/clock.ts'
import { openDnsServer } from '../io/dns-server.ts'
import { openReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { startServer, writeConfig } from './test-support/processes.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite } from './test-support/test-site.ts'
import { TestNetwork } from './test-support/test-network.ts'
import { northZone, password, receiver } from './test-support/south.ts'

/** As large as the default limit lets it be. */
const octets = 50 * 1024 * 1024 - 4096
/** What one such letter may cost beyond what the server needs anyway, in MiB. */
const allowedMiB = 64

/** Sends a letter of `octets` octets without ever having it in memory; gives the answer. */
async function sendLarge(
  talk: SmtpTalk,
  letter: { readonly from: string; readonly to: string },
): ReturnType<SmtpTalk['read']> {
  await talk.say(`MAIL FROM:<${letter.from}> SIZE=${octets}`, 250)
  await talk.say(`RCPT TO:<${letter.to}>`, 250)
  await talk.say('DATA', 354)
  const header = `From: ${letter.from}\r\nSubject: large\r\nMIME-Version: 1.0\r\n\r\n`
  talk.write(header)
  const line = `${'A'.repeat(76)}\r\n`
  const chunk = line.repeat(800)
  for (let left = octets - header.length; left > line.length; ) {
    const part = chunk.slice(
      0,
      Math.floor(Math.min(left, chunk.length) / line.length) * line.length,
    )
    talk.write(part)
    await talk.flushed()
    left -= part.length
  }
  talk.write('.\r\n')
  return talk.read()
}

function folderFor(t: TestContext): string {
  const { folder, remove } = testFolder()
  t.after(remove)
  return folder
}

const unseen = existsSync('/proc/self/status')
  ? false
  : 'the memory of a process is read from /proc'

test('a letter of 50 MB comes in on port 25 with little more memory', {
  skip: unseen,
}, async (t) => {
  const folder = folderFor(t)
  const dns = await openDnsServer({ port: 0, clock: systemClock, zones: { '': {} } })
  t.after(() => dns.close())
  const config = writeConfig(folder, { dnsPort: dns.endpoint.port, threads: 2 })
  const server = await startServer(t, ['--config', config, '--ports', 'auto'])
  const talk = await SmtpTalk.greeted(server.ports['smtp'] ?? 0)
  const small = { from: 'x@stranger.example', to: 'receiver@south.example' }
  const message = 'From: x@stranger.example\n\nx\n'
  for (let n = 0; n < 20; n++) assert.equal((await talk.letter({ ...small, message })).code, 250)
  const before = server.peakMemory()
  const said = await sendLarge(talk, small)
  assert.equal(said.code, 250, said.text)
  const grown = server.peakMemory() - before
  t.diagnostic(`${before.toFixed(0)} MiB before, ${grown.toFixed(1)} MiB more`)
  assert.ok(grown < allowedMiB, `${grown} MiB more`)
  await server.stop('SIGTERM')
  const read = openReadOnlyStore({ folder: `${folder}/data` })
  assert.ok(((await read.messages.open(referenceIn(said)))?.size ?? 0) > octets - 100)
  read.close()
})

test('a letter of 50 MB is submitted, signed, delivered and filed with little more memory', {
  skip: unseen,
}, async (t) => {
  const folder = folderFor(t)
  // Both servers of the lab are one process: what is counted is the way out and the way in.
  const lab = await startServer(t, ['--lab', '--ports', 'auto', '--data', folder])
  const talk = await SmtpTalk.greeted(lab.ports['submissions'] ?? 0, { tls: true })
  await talk.login('sender@north.example', 'letmein', 235)
  const small = { from: 'sender@north.example', to: 'receiver@south.example' }
  const message = 'From: sender@north.example\n\nx\n'
  for (let n = 0; n < 20; n++) assert.equal((await talk.letter({ ...small, message })).code, 250)
  const north = openReadOnlyStore({ folder: `${folder}/north` })
  t.after(() => north.close())
  while ((await north.counts()).queued > 0) await pause()
  const before = lab.peakMemory()
  const said = await sendLarge(talk, small)
  assert.equal(said.code, 250, said.text)
  while ((await north.counts()).queued > 0) await pause()
  const grown = lab.peakMemory() - before
  t.diagnostic(`${before.toFixed(0)} MiB before, ${grown.toFixed(1)} MiB more`)
  const { status, view } = await journeyIn(north, referenceIn(said))
  assert.equal(status, 'delivered', view.summary)
  assert.ok(grown < allowedMiB, `${grown} MiB more`)
  assert.equal(await lab.stop('SIGTERM'), 0)
  const south = openReadOnlyStore({ folder: `${folder}/south` })
  t.after(() => south.close())
  // North may still have kept its connection, which was then told that the server stops.
  const rows = await south.journeys.list({ limit: 2 })
  const id = rows.find(({ status }) => status === 'delivered')?.id ?? ''
  const last = await journeyIn(south, id)
  assert.equal(last.status, 'delivered')
  const replay = await last.replay()
  assert.ok(replay.type === 'replayed' && replay.firstDifference === undefined)
})

test('what the server holds does not grow with the letters that it has sent', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  assert.ok(typeof collect === 'function')
  const folder = folderFor(t)
  const network = new TestNetwork()
  const store = await openSqliteStore({ folder })
  const south = await openTestSite(t, { store, zone: northZone, dialer: network, replay: false })
  const north = await FakeServer.open(t)
  network.at('192.0.2.10', north.port)
  const talk = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await talk.login(receiver, password, 235)
  const body = 'Hello there\n'.repeat(1000)
  const message = `From: ${receiver}\nSubject: x\n\n${body}`
  const held: number[] = []
  // The first letters warm up what grows once: compiled code, the pages of the store, kept answers.
  for (let round = 0; round <= 16; round++) {
    for (let n = 0; n < (round === 0 ? 960 : 40); n++)
      await talk.letter({ from: receiver, to: 'a@north.example', message })
    await south.when(async () => ((await store.counts()).queued === 0 ? true : undefined))
    // What the test itself keeps is not the server's.
    north.letters.length = 0
    north.lines.length = 0
    south.logged.length = 0
    for (let turn = 0; turn < 5; turn++) {
      await pause()
      collect()
    }
    const { heapUsed, external, arrayBuffers } = process.memoryUsage()
    held.push((heapUsed + external + arrayBuffers) / 1024)
  }
  await talk.quit()
  // Some of it is let go only every few rounds, so the least of eight stands beside the least of the
  // eight after them.
  const least = (from: number): number => Math.min(...held.slice(from, from + 8))
  const rise = least(9) - least(1)
  // They have 320 letters of 12 KB: were each still held, or only its journey, it would be seen.
  assert.ok(rise < 500, `${held.map((kib) => kib.toFixed(0)).join(', ')} KiB`)
})

/** Another process is looked at, so there is nothing to be called by. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 5)
  })
}
