/** The suppression list on the page of a server of one's own, against its real API. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBrowser, openPage } from './test-support/browser.ts'
import { looksRight } from './test-support/looks.ts'
import { startOwnServer } from './test-support/own-server.ts'

test('the empty list teaches; an address is added with its end, and taken off when that is meant', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const { page: at, ask } = await startOwnServer(t)
  const page = await openPage(browser, t, { bypassCSP: true })
  const asked: string[] = []
  let isMeant = false
  page.on('dialog', (dialog) => {
    asked.push(dialog.message())
    void (isMeant ? dialog.accept() : dialog.dismiss())
  })
  await page.goto(at)
  await page.getByRole('link', { name: 'Suppressed' }).click()
  await page.getByRole('heading', { name: 'Mail goes to every address' }).waitFor()
  await looksRight(page)
  await page.getByLabel('Address', { exact: true }).fill('Ann+lists@north.example')
  await page.getByLabel(/^Until: 180d/).fill('soon')
  await page.getByLabel(/^Why; who writes/).fill('she asked for it')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('"soon" is no time.').waitFor()
  await page.getByLabel(/^Until: 180d/).fill('180d')
  await page.keyboard.press('Enter')
  await page.getByText('Nothing is sent to Ann+lists@north.example any more.').waitFor()
  assert.equal(await page.getByLabel('Address', { exact: true }).inputValue(), '')
  const row = page.getByRole('row', {
    name: /Ann\+lists@north\.example.*by hand.*she asked for it/,
  })
  await row.waitFor()
  const remove = row.getByRole('button', { name: 'Remove Ann+lists@north.example' })
  await remove.press('Enter')
  assert.match(JSON.stringify(await ask('/v1/suppressions')), /Ann\+lists/)
  isMeant = true
  await remove.press('Enter')
  await page.getByText('Ann+lists@north.example is sent to again.').waitFor()
  await page.getByRole('heading', { name: 'Mail goes to every address' }).waitFor()
  assert.deepEqual(
    asked,
    Array.from({ length: 2 }, () => {
      return 'Send to Ann+lists@north.example again? Letters to it go out from now on.'
    }),
  )
})

test('of many, some are found, page by page, by the keyboard, and a copied link shows the same', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const { page: at, suppress } = await startOwnServer(t)
  const said = '550 5.1.1 <gone@west.example>: Recipient address rejected: no such user'
  const one = { reason: 'hard-bounce', why: said, since: 900_000, journey: 'k3x9' } as const
  const many = Array.from({ length: 60 }, (_, at) => ({
    ...one,
    address: `person${String(at).padStart(2, '0')}@north.example`,
    until: 1_900_000_000_000,
  }))
  const long = `${'long.'.repeat(10)}name@a-rather-long-name-of-a-domain.example`
  await suppress([
    ...many,
    { ...one, address: 'Gone@west.example' },
    { address: long, reason: 'complaint', since: 800_000, why: 'x'.repeat(300) },
  ])
  const page = await openPage(browser, t, { bypassCSP: true })
  await page.goto(`${at}/suppressions`)
  const rows = page.locator('[data-row]')
  await page.getByRole('button', { name: 'Next page' }).waitFor()
  assert.equal(await rows.count(), 50)
  await looksRight(page)
  await page.keyboard.press('k')
  assert.equal(
    await page.evaluate(() => document.activeElement?.getAttribute('data-row')),
    'person47@north.example',
  )
  await page.getByRole('button', { name: 'Next page' }).press('Enter')
  await page.getByText('The list ends here.').waitFor()
  assert.equal(await rows.count(), 12)
  await page.goBack()
  await page.getByRole('button', { name: 'Next page' }).waitFor()
  await page.getByLabel('Only addresses with this in them').fill('@WEST.')
  await page.keyboard.press('Enter')
  const gone = page.getByRole('row', { name: /Gone@west\.example.*bounced.*no such user/ })
  await gone.waitFor()
  assert.equal(await rows.count(), 1)
  await gone.getByText('no end').waitFor()
  assert.equal(
    await gone.getByRole('link', { name: /^the letter/ }).getAttribute('href'),
    '/messages/k3x9',
  )
  await page.getByRole('button', { name: 'Complaint' }).click()
  await page.getByRole('heading', { name: 'Nothing fits' }).waitFor()
  await page.getByLabel('Only addresses with this in them').fill('')
  await page.keyboard.press('Enter')
  await page.getByRole('row', { name: /complaint/ }).waitFor()
  assert.equal(await rows.count(), 1)
  await looksRight(page)
  const other = await openPage(browser, t)
  await other.goto(page.url())
  await other.getByRole('row', { name: /complaint/ }).waitFor()
  assert.equal(await other.locator('[data-row]').count(), 1)
  await rows.first().press('Enter')
  await page.getByRole('heading', { name: 'Messages' }).waitFor()
  assert.equal(new URL(page.url()).searchParams.get('q'), `to:${long}`)
})
