/** How much a page that follows many events has to do: counted, for times depend on the machine. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { root } from '../docs/page.ts'
import { openBrowser, openPage } from './test-support/browser.ts'

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.html': 'text/html',
}

/** A server that has nothing but the page, a list, and events when the test tells some. */
async function openTeller(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-live-'))
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'console.mjs'), folder])
  assert.equal(built.status, 0, built.stderr.toString())
  const files: ReadonlyMap<string, Buffer> = new Map(
    ['index.html', ...readdirSync(join(folder, 'assets')).map((name) => `assets/${name}`)].map(
      (name) => [`/${name}`, readFileSync(join(folder, name))] as const,
    ),
  )
  rmSync(folder, { recursive: true, force: true })
  const streams: ServerResponse[] = []
  const asked = { lists: 0 }
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://localhost').pathname
    const json = (value: object): void => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(value))
    }
    if (path === '/v1/events/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n')
      streams.push(response)
    } else if (path === '/v1/session') json({ mode: 'lab', who: 'lab', scopes: ['read', 'manage'] })
    else if (path === '/v1/messages') json(listPage(asked.lists++))
    else {
      const name = files.has(path) ? path : '/index.html'
      response.setHeader('content-type', types[extname(name)] ?? '')
      response.end(files.get(name))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  let told = 0
  return {
    at: `http://localhost:${address.port}`,
    asked,
    tell(count: number): void {
      const events = Array.from({ length: count }, () => {
        const id = `EVENT${String(told++).padStart(5, '0')}`
        const data = { id, at: '2026-11-27T20:00:00Z', site: 'south', from: 'a@b.example' }
        return `id: ${told}\nevent: message.accepted\ndata: ${JSON.stringify(data)}\n\n`
      })
      for (const stream of streams) stream.write(events.join(''))
    },
  }
}

/** Fifty rows, of which the first has another summary each time. */
function listPage(serial: number): object {
  const data = Array.from({ length: 50 }, (_, n) => ({
    id: `ROW${n}`,
    site: 'south',
    direction: 'in',
    status: 'delivered',
    summary: n === 0 ? `Seen ${serial}` : '',
    subject: n === 0 ? `Seen ${serial}` : `Letter ${n}`,
    mail_from: 'a@b.example',
    rcpt_to: ['c@d.example'],
    author: null,
    started_at: '2026-11-27T20:00:00Z',
    message_id_header: '',
    checks: {},
    outcome: { word: 'delivered' },
  }))
  return { data, has_more: true, next: 'x', searched_all: true }
}

interface Counted {
  /** How many lines were new at each change of the page. */
  readonly lines: readonly number[]
  /** How many elements came in all. */
  readonly elements: number
}

/** From now on counts what comes into the page. */
async function count(page: Page): Promise<void> {
  await page.evaluate(() => {
    const counted = { lines: [] as number[], elements: 0 }
    Object.assign(window, { counted })
    new MutationObserver((changes) => {
      const added = changes.flatMap(({ addedNodes }) => {
        return Array.from(addedNodes).filter((node) => node instanceof Element)
      })
      if (added.length === 0) return
      counted.lines.push(added.filter(({ tagName }) => tagName === 'LI').length)
      for (const one of added) counted.elements += 1 + one.querySelectorAll('*').length
    }).observe(document.body, { childList: true, subtree: true })
  })
}

async function countedOn(page: Page): Promise<Counted> {
  return (await page.evaluate(() => (window as Window & { counted?: Counted }).counted)) as Counted
}

test('the log draws a burst of a thousand events twenty lines at a time, and keeps 150', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const teller = await openTeller(t)
  const page = await openPage(browser, t)
  await page.goto(`${teller.at}/log`)
  await page.getByText('Listening.').waitFor()
  await count(page)
  for (let told = 0; told < 1000; told += 20) teller.tell(20)
  await page.locator('[data-row="EVENT00999"]').waitFor()
  const { lines, elements } = await countedOn(page)
  assert.ok(Math.max(...lines) <= 20, `${Math.max(...lines)} lines at once`)
  assert.equal(await page.locator('.log li').count(), 150)
  const each = elements / lines.reduce((sum, one) => sum + one, 0)
  assert.ok(each <= 7, `${each} elements a line`)
})

test('the list asks once for many events, and makes no row again that is as it was', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const teller = await openTeller(t)
  const page = await openPage(browser, t)
  await page.goto(teller.at)
  await page.locator('.rows li:nth-child(50)').waitFor()
  await page.getByText('live', { exact: false }).first().waitFor()
  await count(page)
  const before = teller.asked.lists
  for (let told = 0; told < 200; told += 20) teller.tell(20)
  await page.getByText('Seen 1').waitFor()
  assert.ok(teller.asked.lists - before <= 2, `${teller.asked.lists - before} times`)
  const { elements } = await countedOn(page)
  assert.ok(elements <= 5, `${elements} elements`)
})
