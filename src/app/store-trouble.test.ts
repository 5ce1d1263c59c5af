import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { dataFolder } from '../store/data-folder.ts'
import { faultPlan } from '../store/fault-plan.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { storeFull } from '../store/problems.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { testFolder } from '../store/test-folder.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { journeyIn } from './test-support/replay-all.ts'
import { referenceIn, SmtpTalk } from './test-support/smtp-talk.ts'
import { openTestSite } from './test-support/test-site.ts'
import { TestNetwork } from './test-support/test-network.ts'
import { northZone, password, receiver } from './test-support/south.ts'
import { writtenJourney } from './test-support/written-journey.ts'

const zone = { ...northZone, '_dmarc.north.example': { TXT: ['v=DMARC1; p=none'] } }
const letter = {
  from: 'sender@north.example',
  to: receiver,
  message: 'From: sender@north.example\nSubject: x\n\nHello\n',
}
const own = { ...letter, from: receiver, message: `From: ${receiver}\nSubject: x\n\nHello\n` }

test('on a full disk letters are put off with 452, and taken when there is room again', async (t) => {
  const plan = faultPlan(() => storeFull())
  const store = openMemoryStore({ beforeChange: plan.step })
  const south = await openTestSite(t, { zone, store })
  const inbound = await SmtpTalk.greeted(south.ports.smtp)
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  for (let round = 0; round < 3; round++) {
    plan.failFrom(1)
    for (const [talk, one] of [
      [inbound, letter],
      [user, { ...own, to: 'someone@north.example' }],
      [user, { ...own, to: 'other@south.example' }],
    ] as const) {
      const said = await talk.letter(one)
      assert.deepEqual([said.code, said.enhanced], [452, '4.3.1'])
      assert.match(said.text, /^The disk here is full\. Nothing was lost; please try again later\./)
    }
    // A connection that cannot be written down is no reason to fall over.
    const other = await SmtpTalk.greeted(south.ports.smtp)
    await other.quit()
    plan.heal()
    assert.equal((await inbound.letter(letter)).code, 250)
    assert.equal((await user.letter({ ...own, to: 'other@south.example' })).code, 250)
  }
  assert.equal((await south.store.mailboxes.items({})).length, 6)
  assert.ok(south.reported.every((line) => /disk of the data folder is full/.test(line)))
})

test('a disk that fills at any step of a letter takes all of it or its record alone', async (t) => {
  const plan = faultPlan(() => storeFull())
  const store = openMemoryStore({ beforeChange: plan.step })
  const south = await openTestSite(t, { zone, store })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  let taken = 0
  for (let step = 1; ; step++) {
    plan.failOnce(step)
    const said = await talk.letter(letter)
    if (said.code === 250) taken++
    else assert.equal(said.code, 452)
    assert.equal((await south.store.counts()).messages, taken, `at step ${step}`)
    // The id that was told leads to a journey, which says nothing of a letter that was filed.
    const { record, status } = await writtenJourney(south, said)
    assert.equal(status, said.code === 250 ? 'delivered' : 'deferred')
    const steps = record.steps.map(({ type }) => type)
    assert.equal(steps.at(-1), said.code === 250 ? 'filed' : 'deferred')
    assert.equal(steps.includes('filed'), said.code === 250)
    if (!plan.heal()) break
  }
  assert.ok(taken > 0)
})

test('a delivery that cannot be settled on a full disk is settled later, and not repeated', async (t) => {
  const plan = faultPlan(() => storeFull())
  const store = openMemoryStore({ beforeChange: plan.step })
  const network = new TestNetwork()
  const south = await openTestSite(t, { zone, store, dialer: network })
  const taken = Promise.withResolvers<void>()
  const north = await FakeServer.open(t, {
    answer(stage) {
      if (stage !== 'dot') return undefined
      plan.failFrom(1)
      taken.resolve()
      return undefined
    },
  })
  network.at('192.0.2.10', north.port)
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  const id = referenceIn(await user.letter({ ...own, to: 'someone@north.example' }))
  await taken.promise
  while (!south.reported.some((line) => line.includes('settle-failed'))) await nextTurn()
  plan.heal()
  south.clock.advance(1000)
  await south.when(async () => ((await south.store.counts()).queued === 0 ? true : undefined))
  assert.equal((await journeyIn(south.store, id)).status, 'delivered')
  assert.equal(north.letters.length, 1)
})

test('a failure that cannot be told on a full disk is told later: the letter stays until then', async (t) => {
  const plan = faultPlan(() => storeFull())
  const store = openMemoryStore({ beforeChange: plan.step })
  const network = new TestNetwork()
  const south = await openTestSite(t, { zone, store, dialer: network })
  const refused = Promise.withResolvers<void>()
  const north = await FakeServer.open(t, {
    answer(stage) {
      if (stage !== 'rcpt') return undefined
      plan.failFrom(1)
      refused.resolve()
      return '550 5.1.1 nobody here'
    },
  })
  network.at('192.0.2.10', north.port)
  const user = await SmtpTalk.greeted(south.ports.submissions, { tls: true })
  await user.login(receiver, password, 235)
  const id = referenceIn(await user.letter({ ...own, to: 'someone@north.example' }))
  await refused.promise
  while (!south.reported.some((line) => line.includes('settle-failed'))) await nextTurn()
  // Neither has the letter ended, nor is there half of a report.
  assert.equal((await south.store.counts()).queued, 1)
  assert.equal((await south.store.mailboxes.items({})).length, 0)
  assert.ok((await south.store.messages.open(id)) !== undefined)
  plan.heal()
  south.clock.advance(1000)
  await south.when(async () => ((await south.store.counts()).queued === 0 ? true : undefined))
  assert.equal((await journeyIn(south.store, id)).status, 'failed')
  assert.equal((await south.store.mailboxes.items({ account: receiver })).length, 1)
  assert.equal(north.connections, 1, 'nobody was asked twice')
})

test('while another program locks the database letters are put off, and then taken', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const store = await openSqliteStore({ folder, busyTimeoutMs: 20 })
  const south = await openTestSite(t, { zone, store })
  const talk = await SmtpTalk.greeted(south.ports.smtp)
  const shell = new DatabaseSync(dataFolder(folder).database, { timeout: 5000 })
  shell.exec('BEGIN IMMEDIATE')
  const said = await talk.letter(letter)
  assert.deepEqual([said.code, said.enhanced], [451, '4.3.2'])
  assert.match(said.text, /Nothing was lost; please try again/)
  assert.doesNotMatch(said.text, /database|SQL/i)
  assert.ok(south.reported.some((line) => /Another program keeps the database locked/.test(line)))
  shell.exec('ROLLBACK')
  shell.close()
  assert.equal((await talk.letter(letter)).code, 250)
  assert.equal((await south.store.mailboxes.items({})).length, 1)
})

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
