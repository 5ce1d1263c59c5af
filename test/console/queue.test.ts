/** What waits can be seen and moved on the page, and it says how many that are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBrowser, openPage } from './test-support/browser.ts'
import { ordinary, startLab } from './test-support/lab.ts'
import { looksRight } from './test-support/looks.ts'

test('a letter that waits is held, released and given up, each time with its number', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  // Nobody answers there, so it is tried again later.
  await lab.submit({ ...ordinary, to: 'somebody@down.south.example' })
  const page = await openPage(browser, t)
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.message())
    void dialog.accept()
  })
  await page.goto(`${lab.page}/queue`)
  await page.getByText('1 delivery waits').waitFor()
  const row = page.getByRole('row', { name: /somebody@down\.south\.example/ })
  await row.locator('.pill', { hasText: 'tried 1 time' }).waitFor()
  await row.locator('svg.plan path.next').waitFor({ state: 'attached' })
  // The same words as those of `waybill why`.
  const said = /It waits for somebody@down\.south\.example\. Attempt 1 was in vain: /
  await row.getByText('Why').click()
  await row.getByText(said).waitFor()
  await row.getByText(/next .*, then up to \d+ more, given up .*in \d+ days/).waitFor()
  await page.getByRole('button', { name: 'Hold all (1)' }).click()
  await row.locator('.pill', { hasText: 'held' }).waitFor()
  assert.deepEqual(asked, ['Hold all: 1 delivery?'])
  await row.getByRole('button', { name: /^Release/ }).click()
  await page.getByText('1 delivery waits').waitFor()
  await row.getByRole('link').click()
  await page.locator('[data-summary]').waitFor()
  const why = page.getByRole('region', { name: 'Why' })
  await why.getByText(said).waitFor()
  await page.getByRole('button', { name: 'Give up' }).click()
  await page.locator('[data-step="given-up"]').waitFor()
  await why.getByText(/gave it up for somebody@down/).waitFor()
  assert.match(asked[1] ?? '', /^Give up 1 message\?/)
  await page.goto(`${lab.page}/queue`)
  await page.getByRole('heading', { name: 'Nothing waits' }).waitFor()
})

test('several that wait are chosen and held at once, and nothing else is', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  for (const name of ['one', 'two', 'three']) {
    await lab.submit({ ...ordinary, to: `${name}@down.south.example` })
  }
  const page = await openPage(browser, t)
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.message())
    void dialog.accept()
  })
  await page.goto(`${lab.page}/queue`)
  await page.getByText('3 deliveries wait').waitFor()
  await page.getByLabel(/for one@down/).check()
  await page.getByLabel(/for three@down/).check()
  const group = page.getByRole('group', { name: 'With the chosen ones' })
  await group.getByText('2 chosen').waitFor()
  await group.getByRole('button', { name: 'Hold (2)' }).click()
  await page.getByText('Hold: done with 2 deliveries.').waitFor()
  await page.getByText('1 delivery waits, 2 are held').waitFor()
  await page.getByLabel('Choose all').check()
  await group.getByRole('button', { name: 'Release (2)' }).waitFor()
  await group.getByRole('button', { name: 'Give up (3)' }).click()
  await page.getByRole('heading', { name: 'Nothing waits' }).waitFor()
  assert.deepEqual(asked, [
    'Give up 3 deliveries? Their senders are told; they are not tried again.',
  ])
})

test('what waits is found by its words, held by a rule, and paused, each with why and until when', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  for (const name of ['one', 'two']) {
    await lab.submit({ ...ordinary, to: `${name}@down.south.example` })
  }
  const page = await openPage(browser, t, { bypassCSP: true })
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.message())
    void dialog.accept()
  })
  await page.goto(`${lab.page}/queue`)
  await page.getByText('2 deliveries wait').waitFor()
  await page.getByLabel('Only what waits and fits').fill('to:one domain:.example')
  await page.getByRole('button', { name: 'Find' }).click()
  await page.getByText('2 deliveries wait; 1 fits').waitFor()
  await page.getByText('Reason and end').click()
  await page.getByLabel(/^Why, for the audit/).fill('asking Ann')
  await page.getByLabel(/^What is held goes on/).fill('3d')
  await page.getByRole('button', { name: 'Hold all that fit (1)' }).click()
  await page.getByText('1 delivery waits, 1 is held; 1 fits').waitFor()
  await page.getByText(/until .* asking Ann/).waitFor()
  await page.getByRole('button', { name: 'Held', exact: true }).click()
  await page.getByRole('row', { name: /one@down/ }).waitFor()
  assert.equal(await page.getByRole('row', { name: /two@down/ }).count(), 0)
  await page.getByText('Hold mail by its words').click()
  await page.getByLabel(/^Words that all must fit/).fill('to:two')
  const rules = page.locator('section', { has: page.getByRole('heading', { name: 'Hold rules' }) })
  await rules.getByLabel('Why').fill('too many of them')
  await page.getByRole('button', { name: 'Hold it' }).click()
  await page.getByText('Held from now on. 1 delivery waited and fit.').waitFor()
  await page.getByText('Pause a destination').click()
  await page.getByLabel(/^Where to/).fill('.south.example')
  await page.getByLabel(/^Until: in .* it is ended/).fill('2h')
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await page.getByText(/^Mail to \.south\.example is paused by .+ until/).waitFor()
  await looksRight(page)
  await page.getByRole('button', { name: /^Resume/ }).click()
  await page.getByText('Nothing is paused.').waitFor()
  await rules.getByRole('button', { name: /^Remove/ }).click()
  await page.getByText('The rule is removed; 1 delivery goes on.').waitFor()
  await page.getByRole('button', { name: 'Give up all that fit (1)' }).click()
  await page
    .getByRole('status')
    .getByText(/^Give up all that fit: done with 1 delivery/)
    .waitFor()
  assert.deepEqual(asked, [
    'Hold all that fit: 1 delivery?',
    'Remove this rule? 1 delivery goes on.',
    'Give up 1 delivery? Their senders are told; they are not tried again.',
  ])
})
