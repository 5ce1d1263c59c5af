/** How long the page takes to show a list, in a browser where there is one. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { flags } from '../test/console/test-support/browser-flags.ts'
import { atTheEnd, type Lifetime } from '../test/interop/clean-up.ts'
import { findProgram } from '../test/interop/peers.ts'

const visits = 20

/** What runs in the browser, whose names are unknown here. */
const untilRows = `
  const frame = () => new Promise((done) => requestAnimationFrame(done))
  const untilRows = async () => {
    while (document.querySelectorAll('a.row').length < 50) await frame()
    await frame()
  }`

/** Bundles the page into a folder. */
export function bundlePage(folder: string): void {
  const script = fileURLToPath(new URL('../scripts/console.mjs', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`list: the page could not be bundled: ${stderr}`)
}

/** Prints how long the first rows take from the address, and from a click on a filter. */
export async function benchListPage(bench: Lifetime, address: string): Promise<void> {
  const executablePath = findProgram('chromium')
  if (executablePath === undefined) {
    console.log('  on the page: not measured, chromium is not installed')
    return
  }
  const browser = await chromium.launch({ executablePath, args: flags })
  atTheEnd(bench, () => browser.close())
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const [opened, clicked]: [number[], number[]] = [[], []]
  for (let visit = 0; visit < visits; visit++) {
    await page.goto(address)
    opened.push(await rowsDrawn(page))
    clicked.push(await afterClick(page))
  }
  print('page opened, to its rows', opened)
  print('page, click on a filter, to its rows', clicked)
}

function print(what: string, times: number[]): void {
  times.sort((a, b) => a - b)
  const [half, most] = [0.5, 0.95].map((part) => times[Math.floor(part * visits)] ?? NaN)
  console.log(`  ${what.padEnd(40)} ${half?.toFixed(0)} ms, 95% within ${most?.toFixed(0)} ms`)
}

/** Since the navigation began, until all rows have been drawn. */
async function rowsDrawn(page: Page): Promise<number> {
  return await page.evaluate<number>(`(async () => {
    ${untilRows}
    await untilRows()
    return performance.now()
  })()`)
}

/** Since the click, until the rows that were there have gone and others have been drawn. */
async function afterClick(page: Page): Promise<number> {
  return await page.evaluate<number>(`(async () => {
    ${untilRows}
    const before = document.querySelector('a.row')
    const began = performance.now()
    document.querySelectorAll('button.chip')[1]?.click()
    while (before?.isConnected === true) await frame()
    await untilRows()
    return performance.now() - began
  })()`)
}
