/** A stolen password: what its thief sends is held, everybody is told, and one command lets it go on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readHeldAccounts } from '../desk/hold-rules.ts'
import { QueueDesk } from '../desk/queue.ts'
import { countSent } from '../policy/account-habit.ts'
import { habitKind } from '../policy/account-habits.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/ports/store.ts'
import { FakeServer } from './test-support/fake-server.ts'
import { first, openSender, type Sender } from './test-support/sender.ts'
import { receiver as user } from './test-support/south.ts'
import { storedText } from './test-support/test-site.ts'

const dayMs = 86_400_000
const postmaster = 'other@south.example'
const habit = {
  rules: {
    factor: 5,
    least: { hour: 100, day: 1000 },
    newMs: 14 * dayMs,
    exempt: new Set<string>(),
    passMs: dayMs,
  },
  postmaster,
}

/** Recipients of one letter of the thief, 50 at a time. */
function victims(from: number): readonly string[] {
  return Array.from({ length: 50 }, (_, n) => `v${from * 50 + n}@north.example`)
}

/** A store in which the user is known for 60 days, and sends at most 20 an hour. */
async function knownFor60Days(): Promise<Store> {
  const store = openMemoryStore()
  const now = Date.now()
  let figure = countSent(undefined, 20, now - 60 * dayMs)
  for (let day = 59; day > 0; day--) figure = countSent(figure, 20, now - day * dayMs)
  const entry = { kind: habitKind, key: user, json: JSON.stringify(figure), changedAt: now }
  await store.register.put([entry])
  return store
}

/** What `waybill account release` does. */
async function release({ south }: Sender): Promise<void> {
  const { site, store, clock } = south
  const { rules, pauses } = site.letters
  const ann = { by: 'ann', door: 'command line', why: 'it was a mistake' } as const
  const desk = new QueueDesk({
    queue: store.queue,
    rules,
    pauses,
    now: () => clock.now(),
    withdraw: (ids) => site.letters.withdraw(ids),
    canTell: false,
    giveUp: assert.fail,
  })
  for (const rule of await rules.list()) {
    await rules.remove(rule.id)
    const items = await store.queue.list({ filter: { held: true }, limit: 10_000 })
    await desk.release({ items, rule: rule.id }, ann)
  }
  site.wakeQueue()
}

test('a stolen account is held, told everywhere, and after its release all arrives', async (t) => {
  const store = await knownFor60Days()
  const sender = await openSender(t, { store, habit })
  const { south, network, submit } = sender
  const north = await FakeServer.open(t)
  network.at(first, north.port)
  const ids: string[] = []
  for (let n = 0; n < 24; n++) ids.push(await submit({ to: victims(n) }))

  // Nothing is left that may go.
  await south.when(async () => {
    const free = await store.queue.list({ filter: { held: false }, limit: 1 })
    const [account] = await readHeldAccounts(store.register, south.clock.now())
    return account !== undefined && free.length === 0 ? true : undefined
  })
  const arrived = (): readonly string[] => north.letters.flatMap(({ rcpt }) => rcpt)
  const before = arrived().length
  assert.ok(before < 400, `${before} of 1200 went out before it was seen`)
  const [held, ...others] = await readHeldAccounts(store.register, south.clock.now())
  assert.deepEqual(others, [])
  assert.match(held?.why ?? '', /^sent \d+ in the last hour; usually at most 20$/)
  assert.deepEqual([held?.account, held?.by], [user, 'waybill'])

  // The log, the audit with its event, and a mail: once each.
  const told = south.logged.filter(({ event }) => event === 'account-held')
  assert.deepEqual(
    told.map(({ level, fields }) => [level, fields['account'], fields['why']]),
    [['warning', user, held?.why]],
  )
  const acts = await south.when(async () => {
    const found = await store.acts.list({ what: 'account held', limit: 10 })
    return found.length > 0 ? found : undefined
  })
  assert.deepEqual(
    acts.map(({ who, door, why, detail }) => [who, door, why, detail['account']]),
    [['waybill', 'server', held?.why, user]],
  )
  const [mail, ...more] = await south.when(async () => {
    const found = await store.mailboxes.items({ account: postmaster })
    return found.length > 0 ? found : undefined
  })
  assert.ok(mail !== undefined && more.length === 0)
  const text = await storedText(store, mail.messageId)
  assert.match(text, /^Subject: Held: what receiver@south\.example sends\r$/m)
  assert.ok(text.includes(`${user} ${held?.why}`), text)
  assert.match(text, /waybill account release 'receiver@south\.example'/)

  // Each letter that waits says why.
  const last = await sender.settled(ids.at(-1) ?? '', 1)
  const step = last.record.steps.find(({ type }) => type === 'held')
  assert.ok(step?.type === 'held')
  assert.deepEqual([step.by, step.door, step.why], ['waybill', 'server', held?.why])

  // What comes while it is held is taken, and waits too.
  ids.push(await submit({ to: victims(24) }))
  await south.when(async () => {
    const free = await store.queue.list({ filter: { held: false }, limit: 1 })
    return free.length === 0 ? true : undefined
  })
  assert.equal(arrived().length, before)

  await release(sender)
  await south.when(async () => {
    return (await store.queue.list({ limit: 1 })).length === 0 ? true : undefined
  })
  const all = arrived()
  assert.equal(all.length, 25 * 50)
  assert.equal(new Set(all).size, 25 * 50, 'nobody got two')

  // Not again at once.
  await submit({ to: victims(25) })
  await submit({ to: victims(26) })
  await submit({ to: victims(27) })
  await south.when(async () => {
    return (await store.queue.list({ limit: 1 })).length === 0 ? true : undefined
  })
  assert.deepEqual(await readHeldAccounts(store.register, south.clock.now()), [])
  assert.equal(south.logged.filter(({ event }) => event === 'account-held').length, 1)
  assert.deepEqual(south.reported, [])
})
