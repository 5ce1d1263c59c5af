import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { formatDkimRecord, generateDkimKey, signDkim } from '../dkim/dkim.ts'
import type { Zone } from '../dns/zone-table.ts'
import { dataFolder } from '../store/data-folder.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { testsOf } from './test-support/both-ways.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite, storedText } from './test-support/test-site.ts'
import { northZone, receiver } from './test-support/south.ts'

const test = testsOf('refused-content')

const key = generateDkimKey('ed25519')
const zone: Zone = {
  ...northZone,
  'k._domainkey.stranger.example': {
    TXT: [formatDkimRecord({ type: 'ed25519', publicKey: key.publicKey })],
  },
  '_dmarc.north.example': { TXT: ['v=DMARC1; p=reject'] },
}
const kept = 262_144

/** In north's name, signed by a stranger: the signature holds, and stands for somebody else. */
function forgery(input: {
  readonly lines: number
  readonly fields?: string
  readonly now: number
}): string {
  const body = `${'x '.repeat(38)}  \r\n`.repeat(input.lines)
  const letter = `From: sender@north.example\r\nSubject: x\r\n${input.fields ?? ''}\r\n${body}`
  const keys = [{ domain: 'stranger.example', selector: 'k', privateKey: key.privateKey }]
  const options = { keys, now: input.now }
  const lasting = signDkim(Buffer.from(letter), options)
  const short = signDkim(Buffer.from(letter), { ...options, expiresAfterSeconds: 60 })
  return [...lasting, ...short].join('') + letter
}

test('of a long refused letter the beginning is kept, and it is decided again bit for bit', async (t) => {
  const { folder, remove } = testFolder()
  const store = await openSqliteStore({ folder })
  const south = await openTestSite(t, { zone, store, replay: false })
  t.after(remove)
  const now = Math.floor(south.clock.now() / 1000)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const message = forgery({ lines: 10_000, now: now - 30 })
  const said = await talk.letter({ from: 'x@stranger.example', to: receiver, message })
  assert.equal(said.code, 550)
  const id = referenceIn(said)
  assert.equal(await storedText(store, id), message.slice(0, kept))
  while (readdirSync(dataFolder(folder).spool).length > 0) await new Promise(setImmediate)
  assert.deepEqual(readdirSync(dataFolder(folder).content), [])

  const journey = await journeyIn(store, id)
  const { replay, steps } = journey.record
  assert.equal(replay?.kept?.octets, kept)
  const dkim = steps.find(({ type }) => type === 'dkim')
  assert.ok(dkim?.type === 'dkim')
  assert.deepEqual(
    dkim.verdicts.map(({ result }) => result),
    ['pass', 'pass'],
  )
  const again = await journey.replay()
  assert.ok(again.type === 'replayed')
  assert.equal(again.firstDifference, undefined)
  assert.ok(again.steps.some(({ type, same }) => type === 'dkim' && same))
  // What a change of DNS does is told as with the whole letter.
  const without = [{ name: 'k._domainkey.stranger.example', type: 'TXT', values: [] }] as const
  const changed = await journey.replay({ dns: without })
  assert.ok(changed.type === 'replayed')
  assert.equal(changed.firstDifference, 'dkim')

  // Once retention has taken it, the journey says that it cannot be decided again, and why.
  assert.equal(journey.view.replay.complete, true)
  await store.retention.prune({ journeysBefore: 0, refusedBefore: south.clock.now() + 1 })
  const later = await journeyIn(store, id)
  assert.equal(later.view.replay.complete, false)
  const gone = await later.replay()
  assert.ok(gone.type === 'impossible')
  assert.match(gone.because, /not kept any more/)
})

test('what only the whole letter could tell is not made up', async (t) => {
  const south = await openTestSite(t, { zone })
  const now = Math.floor(south.clock.now() / 1000)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  // Both have run out long before: nobody asks for the hash of the body.
  const letter = forgery({ lines: 5000, now: now - 864_000 })
  const message = letter.slice(letter.indexOf('DKIM-Signature', 1))
  const said = await talk.letter({ from: 'x@stranger.example', to: receiver, message })
  const journey = await journeyIn(south.store, referenceIn(said))
  assert.deepEqual(journey.record.replay?.kept?.bodyHashes, [])
  const earlier = await journey.replay({ dns: [], now: now - 864_000 })
  assert.ok(earlier.type === 'impossible')
  assert.match(earlier.because, /only the beginning is kept/)
})

test('a header that is longer than what is kept is kept whole', async (t) => {
  const south = await openTestSite(t, { zone })
  const now = Math.floor(south.clock.now() / 1000)
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const fields = Array.from({ length: 500 }, (_, n) => `X-${n}: ${'y'.repeat(900)}\r\n`).join('')
  const message = forgery({ lines: 100, fields, now })
  const said = await talk.letter({ from: 'x@stranger.example', to: receiver, message })
  assert.equal(said.code, 550)
  const id = referenceIn(said)
  const header = message.slice(0, message.indexOf('\r\n\r\n') + 4)
  assert.equal(await storedText(south.store, id), header)
  const again = await (await journeyIn(south.store, id)).replay()
  assert.ok(again.type === 'replayed' && again.firstDifference === undefined)
})

test('a refused letter of just the length that is kept is kept whole', async (t) => {
  const south = await openTestSite(t, { zone })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const start = 'From: sender@north.example\r\n\r\n'
  for (const more of [0, 1]) {
    const message = `${start}${'x'.repeat(kept + more - start.length - 2)}\r\n`
    const said = await talk.letter({ from: 'x@stranger.example', to: receiver, message })
    const id = referenceIn(said)
    assert.equal((await storedText(south.store, id)).length, kept)
    const { replay } = (await journeyIn(south.store, id)).record
    assert.equal(replay?.kept === undefined, more === 0)
  }
})
