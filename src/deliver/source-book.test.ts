import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { LogLine } from '../base/log.ts'
import type { Pause } from '../post/batch.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import type { Source } from '../source/source.ts'
import { type PausedSources, SourceBook, type SourceBookOptions } from './source-book.ts'
import { SourceCounts } from './source-counts.ts'

const start = Date.parse('2026-12-01T00:00:00Z')
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const one: Source = {
  name: 'one',
  pool: 'news',
  weight: 1,
  hostname: 'a.example',
  ipv4: '192.0.2.1',
}
const two: Source = { ...one, name: 'two', hostname: 'b.example', ipv4: '192.0.2.2' }
const sentBy = { account: 'ann', reversePath: 'ann@south.example' }
const senders = [{ addresses: [], accounts: ['ann'], pool: 'news' }]
const site = 'mx.north.example'

function opened(
  sources: readonly Source[],
  more: Partial<Pick<SourceBookOptions, 'persons' | 'log'>> = {},
) {
  const clock = new ManualClock(start)
  const { register } = openMemoryStore()
  const report = (problem: unknown): never => {
    throw problem
  }
  const here = new Set(['192.0.2.1', '192.0.2.2'])
  const restarted = async () => {
    const counts = new SourceCounts({ register, clock, report })
    await counts.load(sources.map(({ name }) => name))
    const book = new SourceBook({ clock, counts, isHere: (ip) => here.has(ip), ...more })
    book.use({ sources, senders, poolTo: () => undefined })
    return { book, counts }
  }
  return { clock, here, restarted }
}

const to = { site, families: [4], letters: 1 } as const

/** How many of so many letters may go, and from where. */
async function send(book: SourceBook, letters: number): Promise<string> {
  const lane = book.laneOf(sentBy, 'north.example', site)
  assert.ok(lane !== undefined)
  const { choice } = await book.take(lane, { ...to, letters })
  return choice.type === 'wait' ? 'wait' : `${choice.source} ${choice.letters}`
}

test('a warm-up over eight days, with a crash each noon: no day goes beyond its plan', async () => {
  const perDay = [50, 75, 110, 170, 250]
  const { clock, restarted } = opened([{ ...one, warmUp: { from: '2026-12-02', perDay } }])
  const days: number[] = []
  for (let day = 0; day < 8; day++) {
    let went = 0
    let { book } = await restarted()
    for (let hour = 0; hour < 24; hour++) {
      if (hour === 12) ({ book } = await restarted())
      const said = await send(book, 40)
      went += said === 'wait' ? 0 : Number(said.split(' ')[1])
      clock.advance(hourMs)
    }
    days.push(went)
  }
  // None before its first day; all that there is (24 × 40) when the plan is over.
  const planned = [0, ...perDay, 960, 960]
  for (const [day, went] of days.entries()) {
    const most = planned[day] ?? 0
    assert.ok(went <= most, `day ${day}: ${went} of ${most}`)
    // What a crash took from a plan is a claim: a tenth, and at least ten.
    assert.ok(went >= most - Math.max(10, Math.ceil(most / 10)), `day ${day}: ${went} of ${most}`)
  }
})

test('a crash between the claim and the letter takes no letter of the plan twice', async () => {
  const { restarted } = opened([{ ...one, warmUp: { from: '2026-12-01', perDay: [20] } }])
  const { book } = await restarted()
  assert.equal(await send(book, 4), 'one 4')
  // It dies here: nobody has seen one of the four.
  const next = await restarted()
  assert.equal(await send(next.book, 20), 'one 6', 'the claim was of fourteen')
  assert.equal(await send(next.book, 1), 'wait')
})

test('looking counts nothing; what did not go is given back, and others join as long as there is room', async () => {
  const { restarted } = opened([{ ...one, warmUp: { from: '2026-12-01', perDay: [10] } }])
  const { book } = await restarted()
  const lane = book.laneOf(sentBy, 'north.example', site)
  assert.ok(lane !== undefined)
  assert.equal(book.foresee(lane, to).choice.type, 'source')
  assert.equal(book.standings[0]?.today, 0)
  assert.equal(await send(book, 6), 'one 6')
  book.giveBack('one', 2)
  assert.equal(book.standings[0]?.today, 4)
  assert.equal(await book.join('one', site, 9), 6)
  assert.deepEqual([await book.join('one', site, 1), await book.join('gone', site, 1)], [0, 0])
  assert.equal(await book.join('one', site, 0), 0)
  assert.deepEqual(book.standings[0]?.warmUp, { day: 1, letters: 10 })
})

test('a site that refuses a source pauses it there, three of other places pause it everywhere, and it ends', async () => {
  const lines: LogLine[] = []
  const { restarted, clock } = opened([one, two], { log: (line) => void lines.push(line) })
  const { book } = await restarted()
  const first = (await send(book, 1)).split(' ')[0] ?? ''
  const second = first === 'one' ? 'two' : 'one'
  const pauseBy = (place: string): Pause => {
    const refuser = { organization: place, network: place }
    return { of: 'source', forMs: hourMs, because: 'It is listed.', refuser }
  }
  book.refused(first, site, pauseBy('north'))
  assert.equal(await send(book, 1), `${second} 1`)
  assert.equal(await book.join(first, site, 1), 0)
  assert.equal(await book.join(first, 'mx.west.example', 1), 1)
  const told = book.standings.find(({ name }) => name === first)?.pauses
  assert.deepEqual(told, [{ site, because: 'It is listed.', since: start, until: start + hourMs }])
  clock.advance(60_000)
  book.refused(first, 'mx.west.example', pauseBy('west'))
  book.refused(first, 'mx2.west.example', pauseBy('west'))
  assert.equal(await book.join(first, 'mx.fourth.example', 1), 1, 'two of them are of one place')
  book.refused(first, 'mx.east.example', pauseBy('east'))
  book.refused(first, 'mx.fifth.example', pauseBy('fifth'))
  assert.deepEqual(
    lines.map(({ level, fields }) => [level, fields['of'], fields['source']]),
    [['error', 'all', first]],
    'it is told once',
  )
  book.forget('mx.fifth.example')
  assert.equal(await book.join(first, 'mx.fourth.example', 1), 0)
  const [all] = book.standings.find(({ name }) => name === first)?.pauses ?? []
  assert.deepEqual([all?.site, all?.since, all?.until], [undefined, start + 60_000, start + hourMs])
  book.forget(site)
  assert.equal(await send(book, 1), `${first} 1`, 'two sites do not count for all')
  book.refused(first, site, pauseBy('north'))
  clock.advance(hourMs)
  assert.equal(await send(book, 1), `${first} 1`)
  assert.deepEqual(
    book.standings.map(({ pauses }) => pauses.length),
    [0, 0],
  )
})

test('a source that goes is forgotten, one that has lost its address sends nothing', async () => {
  const { restarted, here } = opened([one])
  const { book } = await restarted()
  book.refused('one', site, { of: 'source', forMs: dayMs, because: 'x' })
  book.use({ sources: [], senders, poolTo: () => undefined })
  assert.equal(book.laneOf(sentBy, 'north.example', site), undefined)
  book.use({ sources: [one], senders, poolTo: () => undefined })
  assert.equal(await send(book, 1), 'one 1')
  here.delete('192.0.2.1')
  assert.equal(await send(book, 1), 'wait')
})

test('what a person paused holds until its time, and says since when', async () => {
  let until: number | undefined = start + hourMs
  const persons: PausedSources = {
    ofSource: () => ({ since: start - 5, until, because: 'By hand.' }),
  }
  const { restarted, clock } = opened([one], { persons })
  const { book } = await restarted()
  assert.equal(await send(book, 1), 'wait')
  const told = { because: 'By hand.', since: start - 5 }
  assert.deepEqual(book.standings[0]?.pauses, [{ ...told, until }])
  clock.advance(hourMs)
  assert.equal(await send(book, 1), 'one 1')
  until = undefined
  assert.deepEqual([await send(book, 1), book.standings[0]?.pauses], ['wait', [told]])
})
