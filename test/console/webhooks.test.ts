/** Webhooks on the page of a lab, with a receiver beside it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { openBrowser, openPage } from './test-support/browser.ts'
import { ordinary, startLab } from './test-support/lab.ts'
import { looksRight } from './test-support/looks.ts'

test('an endpoint is added, tested, told of a letter, told again, switched off and removed', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const ids: string[] = []
  let status = 204
  const receiver = createServer((request, response) => {
    ids.push(String(request.headers['webhook-id']))
    request.resume()
    response.writeHead(status).end()
  }).listen(0, '127.0.0.1')
  t.after(() => receiver.close())
  await once(receiver, 'listening')
  const place = receiver.address()
  assert.ok(typeof place === 'object' && place !== null)
  const url = `http://127.0.0.1:${place.port}/hooks/${'mail'.repeat(20)}`
  const lab = await startLab(t)
  const page = await openPage(browser, t, { bypassCSP: true })
  page.on('dialog', (dialog) => void dialog.accept())
  await page.goto(`${lab.page}/webhooks`)
  await page.getByText('Nobody is told yet').waitFor()
  await page.getByLabel('Its address').fill(url)
  await page.getByLabel(/^Events, or their/).fill('delivery.accepted, nothing')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').waitFor()
  await page.getByLabel(/^Events, or their/).fill('delivery.accepted')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'The secret of its signatures' }).waitFor()
  assert.match((await page.locator('.sample pre').textContent()) ?? '', /^whsec_/)
  await page.getByRole('button', { name: 'I have it' }).press('Enter')
  const press = (name: string): Promise<void> =>
    page.getByRole('button', { name: `${name} ${url}` }).press('Enter')
  await press('Test')
  await page.getByText('The test was taken, 204').waitFor()
  status = 500
  await press('Test')
  await page.getByText('The test was not taken, 500').waitFor()
  status = 204
  const told = once(receiver, 'request')
  await lab.submit(ordinary)
  await told
  const event = ids.at(-1) ?? ''
  await press('Attempts')
  const row = page.getByRole('row', { name: /delivery\.accepted.*204.*arrived/ })
  for (let n = 0; n < 20 && (await row.count()) === 0; n++) {
    await Promise.all([
      page.waitForResponse(/attempts/),
      page.getByRole('button', { name: 'Read again' }).press('Enter'),
    ])
  }
  await looksRight(page)
  const again = once(receiver, 'request')
  await row.getByRole('button', { name: `Send again ${event}` }).press('Enter')
  await again
  assert.equal(ids.at(-1), event)
  await press('Switch off')
  await page.getByText(`${url} is off now.`).waitFor()
  await page.getByRole('button', { name: `Switch on ${url}` }).waitFor()
  await press('Remove')
  await page.getByText('Nobody is told yet').waitFor()
})
