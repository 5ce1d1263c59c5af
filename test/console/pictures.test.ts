/** The pictures of the docs. `UPDATE=1` takes them anew; without it they are only looked for. */
import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { root } from '../docs/page.ts'
import { allRead, openBrowser, openPage, rowsOf } from './test-support/browser.ts'
import { forged, ordinary, type RunningLab, startLab } from './test-support/lab.ts'

const folder = join(root, 'docs', 'console')

/** Mail of an afternoon, of which every kind is told differently. */
async function fill(lab: RunningLab): Promise<void> {
  await lab.submit(ordinary)
  await lab.send({
    from: 'shop@app.example',
    to: 'anna@customer.example',
    subject: 'Confirm your address',
    text: 'Your code is 482913.\nhttps://app.example/confirm?token=k3x9',
    html: '<h2>Almost there</h2><p>Your code is <b>482913</b>, or <a href="https://app.example/confirm?token=k3x9">confirm here</a>.</p>',
  })
  await lab.send({ from: 'app@shop.example', to: 'nobody@south.example', subject: 'Hello?' })
  await lab.send(forged)
}

async function take(page: Page, name: string): Promise<void> {
  await allRead(page)
  const path = join(folder, `${name}.png`)
  if (process.env['UPDATE'] === '1') await page.screenshot({ path })
  assert.ok(existsSync(path), `${path} is missing: UPDATE=1 takes it`)
  assert.ok(statSync(path).size < 150_000, `${path} is too big for the docs`)
}

test('list, journey, what if and a letter, as the docs show them', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  await fill(lab)
  const page = await openPage(browser, t, { viewport: { width: 1280, height: 680 } })
  await page.goto(lab.page)
  await rowsOf(page, 5)
  await page.locator('span.stream.live').waitFor()
  await take(page, 'messages')
  await page.getByRole('link', { name: /Your account/ }).click()
  await page.locator('[data-summary]').waitFor()
  await page.mouse.move(0, 0)
  await take(page, 'journey')
  await page.getByRole('link', { name: /what if _dmarc\.north\.example TXT/ }).click()
  await page.getByLabel('_dmarc.north.example TXT').fill('v=DMARC1; p=none')
  await page.getByRole('button', { name: 'Decide again' }).click()
  await page.locator('.compare .changed').first().scrollIntoViewIfNeeded()
  await page.emulateMedia({ colorScheme: 'dark' })
  await take(page, 'what-if')
  await page.goto(lab.page)
  await page.getByRole('link', { name: /Confirm your address/ }).click()
  await page.getByRole('link', { name: 'Message', exact: true }).click()
  await page.setViewportSize({ width: 400, height: 760 })
  await take(page, 'narrow')
})
