import assert from 'node:assert/strict'
import { after, type TestContext } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { peersAreHere, program } from '../../interop/peers.ts'
import { flags } from './browser-flags.ts'

/** One for all tests of a file: each has pages of its own, that know nothing of each other. */
let shared: Promise<Browser> | undefined
after(async () => (await shared)?.close())

/** Debian's chromium; `undefined`, and the test skipped with a word, where it is not installed. */
export async function openBrowser(t: TestContext): Promise<Browser | undefined> {
  if (!peersAreHere(t, { programs: ['chromium'] })) return undefined
  shared ??= chromium.launch({ executablePath: program('chromium'), args: flags })
  return await shared
}

/** A page in which nothing went wrong: faults, and what its policy forbids, fail the test. */
export async function openPage(
  browser: Browser,
  t: TestContext,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) faults.push(message.text())
  })
  t.after(async () => {
    await context.close()
    assert.deepEqual(faults, [])
  })
  return page
}

/** The rows of the list, once there are so many. */
export async function rowsOf(page: Page, least: number): Promise<readonly string[]> {
  await page.locator(`.rows li:nth-child(${least})`).waitFor()
  return await page.locator('a.row').evaluateAll((rows) => {
    return rows.map((row) => row.getAttribute('data-row') ?? '')
  })
}

/** Waits until nothing on the page is still being read, and two frames more, in which it is drawn. */
export async function allRead(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('[data-loading]') === null)
  await page.evaluate(() => {
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  })
}
