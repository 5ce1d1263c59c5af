/** What lies in the spool while a long letter comes, and what must not stay there. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { dataFolder } from '../store/data-folder.ts'
import { openSqliteStore, type SqliteStoreOptions } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { testsOf, threadsOfTest } from './test-support/both-ways.ts'
import { SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, type TestSite } from './test-support/test-site.ts'
import { northZone, password, receiver } from './test-support/south.ts'
import { writtenJourney } from './test-support/written-journey.ts'

const test = testsOf('spool')

const zone = { ...northZone, '_dmarc.north.example': { TXT: ['v=DMARC1; p=none'] } }
const sender = 'sender@north.example'
const lines = (octets: number): string => `${'x'.repeat(70)}\r\n`.repeat(Math.ceil(octets / 72))

interface Opened {
  readonly south: TestSite
  readonly spooled: () => readonly string[]
  /** Waits until nothing is spooled; the test's time limit ends a wait for ever. */
  readonly empty: () => Promise<void>
}

async function opened(
  t: TestContext,
  options: Partial<SqliteStoreOptions> = {},
  site: Parameters<typeof openTestSite>[1] = {},
): Promise<Opened> {
  const { south, folder } = await openOnDisk(t, options, { zone, ...site })
  const spooled = (): readonly string[] => readdirSync(dataFolder(folder).spool)
  const empty = async (): Promise<void> => {
    while (spooled().length > 0) await nextTurn()
  }
  return { south, spooled, empty }
}

/** With session threads the site has a store on disk of its own. */
async function openOnDisk(
  t: TestContext,
  options: Partial<SqliteStoreOptions>,
  site: Parameters<typeof openTestSite>[1],
): Promise<{ readonly south: TestSite; readonly folder: string }> {
  if (threadsOfTest() > 0) {
    const south = await openTestSite(t, site)
    return { south, folder: south.folder ?? '' }
  }
  const { folder, remove } = testFolder()
  const store = await openSqliteStore({ folder, ...options })
  const south = await openTestSite(t, { ...site, store })
  t.after(remove)
  return { south, folder }
}

async function beginLetter(talk: SmtpTalk, from: string): Promise<void> {
  await talk.say(`MAIL FROM:<${from}>`, 250)
  await talk.say(`RCPT TO:<${receiver}>`, 250)
  await talk.say('DATA', 354)
  talk.write(`From: ${from}\r\n\r\n${lines(700_000)}`)
  await talk.flushed()
}

test('a long letter that is broken off leaves nothing in the spool, from whomever it is', async (t) => {
  const { south, spooled, empty } = await opened(t)
  const stranger = await SmtpTalk.greeted(south.ports.smtp)
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  await beginLetter(stranger, sender)
  await beginLetter(user, receiver)
  while (spooled().length < 2) await nextTurn()
  stranger.reset()
  user.destroy()
  await empty()
  const dropped = await south.when(async () => {
    const rows = await south.store.journeys.list({ limit: 9 })
    return rows.length === 2 ? rows : undefined
  })
  assert.deepEqual(
    dropped.map(({ status }) => status),
    ['dropped', 'dropped'],
  )
  assert.equal((await south.store.counts()).messages, 0)
})

test('a long letter that is refused, too big, or put off leaves nothing in the spool', async (t) => {
  const { south, empty } = await opened(t, {}, { limits: { messageBytes: 1_000_000 } })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await beginLetter(talk, sender)
  talk.write(`${lines(500_000)}.\r\n`)
  await talk.read(552)
  await empty()
  await beginLetter(talk, sender)
  talk.write('bare\nline\r\n.\r\n')
  await talk.read(550)
  await empty()
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  await user.say(`MAIL FROM:<${receiver}>`, 250)
  await user.say('RCPT TO:<other@south.example>', 250)
  await user.say('DATA', 354)
  user.write(`From: somebody@else.example\r\n\r\n${lines(700_000)}.\r\n`)
  await user.read(550)
  await empty()
  await beginLetter(talk, sender)
  talk.write('.\r\n')
  await talk.read(250)
  await empty()
  assert.equal((await south.store.counts()).messages, 1)
})

test('when their share of the disk is used up, strangers hear 452 and users go on', async (t) => {
  const disk = { size: 10_000_000, free: 10_000_000 }
  const { south, empty } = await opened(t, { disk: () => disk })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  await beginLetter(talk, sender)
  talk.write('.\r\n')
  const said = await talk.read(452)
  assert.match(
    said.text,
    /^4\.3\.1|The disk here is full\. Nothing was lost; please try again later\./,
  )
  const { record, status } = await writtenJourney(south, said)
  assert.equal(status, 'deferred')
  assert.equal(record.steps.at(-1)?.type, 'deferred')
  assert.ok(south.reported.some((line) => /strangers' share of the disk/.test(line)))
  await empty()
  // What fits into memory, and what our own users send, is none of it.
  const short = { from: sender, to: receiver, message: `From: ${sender}\n\nshort\n` }
  assert.equal((await talk.letter(short)).code, 250)
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  await beginLetter(user, receiver)
  user.write('.\r\n')
  await user.read(250)
  await empty()
})

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
