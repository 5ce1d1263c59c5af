/** The first five minutes with the page, as `docs/console.md` promises them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBrowser, openPage, rowsOf } from './test-support/browser.ts'
import { startLab } from './test-support/lab.ts'

test('an empty lab teaches how to send, sends one itself, and tells its journey', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  const page = await openPage(browser, t)
  await page.goto(lab.page)
  await page.locator('.banner.lab').waitFor()
  await page.getByRole('heading', { name: 'No mail yet' }).waitFor()
  for (const word of ['MAIL FROM:', 'curl smtp://localhost:', 'createTransport']) {
    await page.getByText(word).first().waitFor()
  }
  assert.ok(await page.getByText(`port ${lab.ports['smtp']} of this computer`).isVisible())
  await page.getByRole('button', { name: 'Send me one' }).click()
  await rowsOf(page, 1)
  const fresh = page.locator('button.fresh')
  if (await fresh.isVisible()) await fresh.click()
  await page
    .getByRole('link', { name: /Inbox|Delivered/ })
    .first()
    .click()
  await page.locator('[data-summary]').waitFor()
})

test('a forged letter: the page says why it was refused, and what if its owner only watched', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  const page = await openPage(browser, t)
  await page.goto(`${lab.page}/lab`)
  await page.getByRole('button', { name: 'forged', exact: true }).click()
  await page.getByText('forged has happened').waitFor()
  await page.getByRole('link', { name: 'To the messages' }).click()
  const [id] = await rowsOf(page, 1)
  await page.locator(`[data-row="${id}"]`).click()
  assert.match(
    (await page.locator('[data-summary]').textContent()) ?? '',
    /refused, as its owner asks/,
  )
  const dmarc = page.locator('[data-step="dmarc"]')
  assert.match((await dmarc.textContent()) ?? '', /Nobody vouches for north\.example/)
  await dmarc.getByRole('link', { name: /_dmarc\.north\.example TXT/ }).click()
  const record = page.getByLabel('_dmarc.north.example TXT')
  assert.match(await record.inputValue(), /p=reject/)
  await record.fill('v=DMARC1; p=none')
  await page.getByRole('button', { name: 'Decide again' }).click()
  const decision = page.locator('.compare [data-step="decision"]')
  await decision.waitFor()
  assert.match((await decision.textContent()) ?? '', /refuse.*→.*ok.*changed/s)
  assert.match((await page.locator('.compare [data-step="spf"]').textContent()) ?? '', /fail/)
})

test('new mail waits above the list until its reader wants it, and moves nothing', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  const letter = { from: 'app@shop.example', to: 'anna@customer.example', text: 'Hello.' }
  await lab.send({ ...letter, subject: 'first' })
  const page = await openPage(browser, t)
  await page.goto(lab.page)
  const before = await rowsOf(page, 1)
  await page.locator('span.stream.live').waitFor()
  await lab.send({ ...letter, subject: 'second' })
  await lab.send({ ...letter, subject: 'third' })
  const fresh = page.getByRole('button', { name: '2 new messages · show' })
  await fresh.waitFor()
  assert.deepEqual(await rowsOf(page, 1), before)
  await fresh.click()
  const after = await rowsOf(page, 3)
  assert.deepEqual(after.slice(2), before)
})

test('an unknown word of a query is told as the terminal tells it', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  const page = await openPage(browser, t)
  await page.goto(`${lab.page}/?q=dmrc:fail`)
  const alert = page.getByRole('alert')
  await alert.getByText('There is no operator dmrc:.').waitFor()
  await alert.getByText('Did you mean dmarc:fail?').waitFor()
  assert.equal(await page.locator('a.row').count(), 0)
  assert.equal(await page.getByRole('heading', { name: /Nothing fits|No mail yet/ }).count(), 0)
})
