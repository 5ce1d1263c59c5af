/**
 * A disk that is really full: a small file system of its own, in a namespace of this process where
 * the system allows that to everybody.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { Store } from '../store/ports/store.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, storedText, type TestSite } from './test-support/test-site.ts'
import { TestNetwork } from './test-support/test-network.ts'
import { northZone, password, receiver } from './test-support/south.ts'

const [, , role = '', disk = ''] = process.argv
const title =
  'a disk that is really full puts letters off, loses none, sends none twice, and works on with room'
switch (role) {
  case 'one thread':
    test('on the full disk', (t) => inside(t, disk))
    break
  case 'session threads':
    test('on the full disk, over session threads', (t) => inside(t, disk, 2))
    break
  default:
    test(title, (t) => outside(t, 'one thread'))
    test(`${title} (session threads)`, (t) => outside(t, 'session threads'))
}

/** Mounts the small disk where only the child sees it, and runs this file again on it. */
function outside(t: TestContext, role: 'one thread' | 'session threads'): void {
  const place = mkdtempSync(join(tmpdir(), 'waybill-disk-'))
  t.after(() => rmSync(place, { recursive: true, force: true }))
  const mount = 'mount -t tmpfs -o size=16m tmpfs "$0"'
  const tried = spawnSync('unshare', ['-rm', 'sh', '-c', mount, place])
  if (tried.status !== 0) {
    t.skip('this system does not let its users mount a file system of their own (unshare -rm)')
    return
  }
  const node = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)]
  const script = `${mount} && exec "$@"`
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawnSync('unshare', ['-rm', 'sh', '-c', script, place, ...node, role, place], {
    encoding: 'utf8',
    env,
    timeout: 60_000,
  })
  assert.equal(child.status, 0, child.stdout + child.stderr)
}

const zone = { ...northZone, '_dmarc.north.example': { TXT: ['v=DMARC1; p=none'] } }

function letter(octets: number): Parameters<SmtpTalk['letter']>[0] {
  const body = `${'x'.repeat(70)}\n`.repeat(Math.ceil(octets / 71))
  const from = 'sender@north.example'
  return { from, to: receiver, message: `From: ${from}\nSubject: x\n\n${body}` }
}

async function inside(t: TestContext, folder: string, count?: number): Promise<void> {
  const ballast = join(folder, 'ballast')
  // The journal has grown by then, and what is moved out of it needs as much room again.
  writeFileSync(ballast, Buffer.alloc(11 << 20, 1))
  const data = join(folder, 'data')
  const network = new TestNetwork()
  const where =
    count === undefined
      ? { store: await openSqliteStore({ folder: data }) }
      : { threads: { count, folder: data } }
  const south = await openTestSite(t, { zone, dialer: network, ...where })
  const { store } = south
  const north = await FakeServer.open(t)
  // Letters that wait for a server which is not there yet.
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  const message = `From: ${receiver}\nSubject: out\n\nHello\n`
  for (let n = 0; n < 30; n++) await user.letter({ from: receiver, to: 'a@north.example', message })
  await user.quit()
  let talk = await SmtpTalk.greeted(south.ports.smtp)
  const taken: string[] = []
  const send = async (octets: number): Promise<number> => {
    const said = await talk.letter(letter(octets))
    if (said.code === 250) taken.push(referenceIn(said))
    else {
      assert.deepEqual([said.code, said.enhanced], [452, '4.3.1'])
      assert.match(said.text, /^The disk here is full\./)
    }
    return said.code
  }
  // Until nothing fits any more, whether it goes into the database or into a file of its own.
  for (const octets of [350_000, 100_000, 3000]) {
    for (let refused = 0; refused < 3; ) if ((await send(octets)) === 452) refused++
    assert.ok(taken.length < 2000, 'the disk is small')
  }
  await check(store, taken)
  await talk.quit()
  await deliverOnFullDisk({ south, network, north }, ballast)
  talk = await SmtpTalk.greeted(south.ports.smtp)
  for (const octets of [350_000, 100_000, 3000]) assert.equal(await send(octets), 250)
  await check(store, taken)
  await talk.quit()
  await south.close()
  const again = await openSqliteStore({ folder: data })
  await check(again, taken)
  await again.close()
}

/**
 * What became of a letter cannot be written down: then no other is sent, and with room again each has
 * gone out once.
 */
async function deliverOnFullDisk(
  { south, network, north }: Delivery,
  ballast: string,
): Promise<void> {
  network.at('192.0.2.10', north.port)
  south.clock.advance(10 * 60_000)
  south.site.wakeQueue()
  const refusals = (): number =>
    south.reported.filter((line) => /(?:lease|settle)-failed/.test(line)).length
  // The store refuses again and again, unless its journal had room for all of it. The clock is moved
  // on so that nobody waits for the next try, and too little to be taken for a server that is silent.
  let seen = 0
  let turns = 0
  for (let left = 30; left > 0; left = (await south.store.counts()).queued) {
    const unwritten = north.letters.length - (30 - left)
    assert.ok(unwritten <= 12, `${unwritten} letters over 6 connections are not written down`)
    if (refusals() > seen) {
      seen = refusals()
      if (seen >= 8) rmSync(ballast, { force: true })
      south.clock.advance(8000)
    }
    if (++turns % 100 === 0) south.site.wakeQueue()
    if (turns % 100 === 0 && turns < 10_000) south.clock.advance(1000)
    await turn()
  }
  rmSync(ballast, { force: true })
  assert.equal(north.letters.length, 30)
}

interface Delivery {
  readonly south: TestSite
  readonly network: TestNetwork
  readonly north: FakeServer
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

async function check(store: Store, taken: readonly string[]): Promise<void> {
  const rows = await store.mailboxes.items({})
  assert.deepEqual(
    rows.map(({ messageId }) => messageId),
    taken,
  )
  for (const id of taken) assert.match(await storedText(store, id), /x\r\n$/)
}
