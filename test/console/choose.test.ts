/** Several messages of the list are chosen, and something is done with all of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { violations } from './test-support/axe.ts'
import { openBrowser, openPage, rowsOf } from './test-support/browser.ts'
import { ordinary, startLab } from './test-support/lab.ts'

test('what waits is held, what was filed is deleted, and the list is saved as CSV', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  await lab.submit({ ...ordinary, to: 'somebody@down.south.example', subject: '=1+1' })
  await lab.send({ from: 'app@shop.example', to: 'anna@customer.example', subject: 'Caught' })
  const page = await openPage(browser, t, { bypassCSP: true })
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.message())
    void dialog.accept()
  })
  await page.goto(lab.page)
  await rowsOf(page, 2)
  await page.getByRole('button', { name: 'Choose several' }).click()
  await page.getByLabel(/messages? chosen/).check()
  const group = page.getByRole('group', { name: 'With the chosen ones' })
  await group.getByRole('button', { name: 'Hold (1)' }).waitFor()
  assert.deepEqual(await violations(page), [])
  await page.setViewportSize({ width: 320, height: 800 })
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wide <= 0)
  await page.setViewportSize({ width: 1440, height: 900 })
  await group.getByRole('button', { name: 'Hold (1)' }).click()
  await page.getByText('Hold: done with 1.').waitFor()
  await page.getByRole('button', { name: 'Choose several' }).click()
  await page.getByLabel('Choose Caught').check()
  await group.getByRole('button', { name: 'Delete (1)' }).click()
  await page.getByText('Delete: done with 1.').waitFor()
  assert.deepEqual(asked, ['Delete 1 message from the mailboxes? The journeys stay.'])
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Save the list as CSV' }).click(),
  ])
  assert.equal(download.suggestedFilename(), 'messages.csv')
})
