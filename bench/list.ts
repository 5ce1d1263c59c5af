/** Lists and searches among many stored messages, over the HTTP API and on the page. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { Archives } from '../src/desk/archives.ts'
import { labAccess } from '../src/http/access.ts'
import { HttpServer } from '../src/http/http-server.ts'
import { openSearch } from '../src/search/index/search-thread.ts'
import { contentOf } from '../src/store/ports/contents.ts'
import type { StoredJourney } from '../src/store/ports/journeys.ts'
import type { Store } from '../src/store/ports/store.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { atTheEnd, type Lifetime } from '../test/interop/clean-up.ts'
import { shortFolder } from '../test/interop/processes.ts'
import { withCleanUp } from './clean-up.ts'
import { letterOf } from './letters.ts'
import { benchListPage, bundlePage } from './list-page.ts'

const stored = Number(process.env['WAYBILL_BENCH_MESSAGES'] ?? 100_000)
const requests = 40
const atOnce = 2000
const fixture = fileURLToPath(
  new URL('../test/fixtures/0.3.0/south/waybill.db.gz', import.meta.url),
)

/** What is asked for, by the row that it belongs to. */
const asked = {
  list: ['', 'status:delivered', 'to:receiver77@perf.example', 'from:sender'],
  search: [
    'letter',
    '"letter 777"',
    'lett -quick',
    'a',
    'dmarc:fail',
    'spf:pass larger:1k',
    'to:receiver77@perf.example fox',
    'nowhere',
  ],
} as const

/** Prints how long answers take, once all are in the index. */
export async function benchList(names: readonly (keyof typeof asked)[]): Promise<void> {
  await withCleanUp(async (bench) => {
    const folder = await shortFolder(bench)
    const model = await realJourney(join(folder, 'model'))
    const store = await openSqliteStore({ folder: join(folder, 'data') })
    atTheEnd(bench, () => store.close())
    const began = performance.now()
    for (let at = 0; at < stored; at += atOnce) await fill(store, model, at)
    const filled = (performance.now() - began) / 1000
    const { ask, address } = await serve(bench, store, folder)
    const indexed = performance.now()
    while (!(await ask('nowhere')).searchedAll);
    console.log(`${names.join(' and ')}: ${stored} messages with their journeys, pages of 50;`)
    const seconds = ((performance.now() - indexed) / 1000).toFixed(0)
    console.log(`  stored in ${filled.toFixed(0)} s, in the index after ${seconds} s`)
    for (const name of names) {
      for (const query of asked[name]) {
        const times: number[] = []
        let found = 0
        for (let n = 0; n < requests; n++) {
          const { ms, rows } = await ask(query)
          times.push(ms)
          found = rows
        }
        times.sort((a, b) => a - b)
        const [half, most] = [0.5, 0.95].map((part) => times[Math.floor(part * requests)] ?? NaN)
        const what = `${name} ${query === '' ? '(all)' : query}`.padEnd(40)
        console.log(
          `  ${what} ${half?.toFixed(1)} ms, 95% within ${most?.toFixed(1)} ms; ${found} rows`,
        )
      }
      if (name === 'list') await benchListPage(bench, address)
    }
    console.log('')
  })
}

/** A letter that was really delivered once: its journey is as long as they are. */
async function realJourney(folder: string): Promise<StoredJourney> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'waybill.db'), gunzipSync(readFileSync(fixture)))
  const store = await openSqliteStore({ folder })
  const { rows } = await store.journeys.search({ filter: { status: 'delivered' }, limit: 1 })
  const [journey] = await store.journeys.listed(rows.map(({ id }) => id))
  await store.close()
  if (journey === undefined) throw new Error('list: the fixture has no delivered letter')
  return journey
}

async function fill(store: Store, model: StoredJourney, from: number): Promise<void> {
  const puts = Array.from({ length: Math.min(atOnce, stored - from) }, (_, i) => {
    const serial = from + i
    const id = `BENCH${String(serial).padStart(8, '0')}`
    const to = `receiver${serial % 1000}@perf.example`
    const subject = `Letter ${serial}`
    const content = contentOf(letterOf(2000, serial))
    const named = model.json.replaceAll(model.rcptTo[0] ?? '', to)
    const record = { ...JSON.parse(named), id, subject }
    return store.post.accept({
      message: { id: `m${id}`, content, prefix: new Uint8Array(0), omit: [] },
      queue: [],
      mailbox: [
        { account: to, role: 'inbox', messageId: `m${id}`, journeyId: id, receivedAt: serial },
      ],
      journeys: [
        {
          id,
          direction: 'in',
          startedAt: model.startedAt + serial,
          status: 'delivered',
          mailFrom: 'sender@sender.example',
          rcptTo: [to],
          subject,
          summary: model.summary,
          json: JSON.stringify(record),
          shared: [],
          messageId: `m${id}`,
          author: 'sender@sender.example',
          headerMessageId: `<${serial}@sender.example>`,
        },
      ],
    })
  })
  await Promise.all(puts)
}

type Ask = (query: string) => Promise<{ ms: number; rows: number; searchedAll: boolean }>

/** The page and the API over it, on a port. */
async function serve(
  bench: Lifetime,
  store: Store,
  folder: string,
): Promise<{ readonly ask: Ask; readonly address: string }> {
  const page = join(folder, 'page')
  bundlePage(page)
  const search = openSearch({
    folder: join(folder, 'data'),
    told: (problem) => console.error(problem),
  })
  atTheEnd(bench, () => search.close())
  const server = await HttpServer.open({
    address: '127.0.0.1',
    port: 0,
    page,
    mode: 'lab',
    version: '',
    archives: new Archives([
      { name: '', reads: store, search: (query, page) => search.search(query, page) },
    ]),
    access: labAccess,
    now: () => Date.now(),
    newId: () => 'request',
    report: (problem) => console.error(problem),
  })
  atTheEnd(bench, () => server.close())
  const address = `http://127.0.0.1:${server.port}`
  const ask: Ask = async (query) => {
    const url = `${address}/v1/messages?limit=50&q=${encodeURIComponent(query)}`
    const began = performance.now()
    const answer = await fetch(url)
    const { data, searched_all: searchedAll }: { data: unknown[]; searched_all: boolean } =
      JSON.parse(await answer.text())
    return { ms: performance.now() - began, rows: data.length, searchedAll }
  }
  return { ask, address }
}
