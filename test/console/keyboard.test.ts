/** The page without a mouse. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser, openPage, rowsOf } from './test-support/browser.ts'
import { forged, ordinary, startLab } from './test-support/lab.ts'

async function focused(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const { activeElement: here } = document
    return here?.getAttribute('data-row') ?? here?.id ?? ''
  })
}

test('from the list to a message, through its views, and back to the same row', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  await lab.send(forged)
  await lab.submit(ordinary)
  const page = await openPage(browser, t)
  const { keyboard } = page
  await page.goto(lab.page)
  const ids = await rowsOf(page, 3)
  await keyboard.press('j')
  assert.equal(await focused(page), ids[0])
  await keyboard.press('j')
  await keyboard.press('j')
  await keyboard.press('k')
  assert.equal(await focused(page), ids[1])
  await keyboard.press('Enter')
  await page.locator('[data-summary]').waitFor()
  assert.ok(page.url().endsWith(`/messages/${ids[1]}`))
  await page.getByRole('link', { name: 'Conversation' }).press('Enter')
  await page.locator('.lines').first().waitFor()
  await keyboard.press('w')
  await page.getByRole('heading', { name: 'What if' }).waitFor()
  await keyboard.press('Escape')
  await page.locator('.drawer').waitFor({ state: 'detached' })
  await keyboard.press('u')
  await rowsOf(page, 3)
  await page.waitForFunction(
    (id) => document.activeElement?.getAttribute('data-row') === id,
    ids[1],
  )
})

test('the search box jumps to a pasted reference, and the help switches single keys off', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  const told = await lab.send(forged)
  const page = await openPage(browser, t)
  const { keyboard } = page
  await page.goto(lab.page)
  const [id] = await rowsOf(page, 1)
  await keyboard.press('/')
  assert.equal(await focused(page), 'search')
  await keyboard.type(told)
  await keyboard.press('Enter')
  await page.locator('[data-summary]').waitFor()
  assert.ok(page.url().endsWith(`/messages/${id}`))
  await keyboard.press('?')
  const isOpen = await page.evaluate(() => document.querySelector('dialog')?.open)
  assert.equal(isOpen, true, 'whatever is typed next is typed into the help')
  const choice = page.getByLabel('Single keys do something')
  await choice.press('Space')
  await keyboard.press('Escape')
  await keyboard.press('/')
  assert.notEqual(await focused(page), 'search')
  await page.reload()
  await page.locator('[data-summary]').waitFor()
  await keyboard.press('/')
  assert.notEqual(await focused(page), 'search')
})

test('the first stop of the keyboard leads past the side bar to the content', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  const page = await openPage(browser, t)
  await page.goto(lab.page)
  await page.getByRole('heading', { name: 'Messages' }).waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'To the content')
  await page.keyboard.press('Enter')
  assert.equal(await focused(page), 'main')
})
