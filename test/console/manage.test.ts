/** Accounts, domains and reports on the page of a server of one's own, against its real API. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { violations } from './test-support/axe.ts'
import { allRead, openBrowser, openPage } from './test-support/browser.ts'
import { startOwnServer, type TestZone } from './test-support/own-server.ts'

/** Says yes to what is asked; gives what was. */
function sayYes(page: Page): readonly string[] {
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.message())
    void dialog.accept()
  })
  return asked
}

test('an account is added, given a password, and removed; what the settings have is not offered', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const { page: at, ask } = await startOwnServer(t)
  const page = await openPage(browser, t)
  const asked = sayYes(page)
  await page.goto(`${at}/accounts`)
  const ann = page.getByRole('row', { name: /ann@south\.example.*logs in/ })
  await ann.getByText('changed in the settings file').waitFor()
  assert.equal(await ann.getByRole('button').count(), 0)
  await page.getByLabel(/^Address, in one of your domains/).fill('ben@south.example')
  await page.getByLabel(/^Password; without one/).fill(' two words ')
  await page.getByRole('button', { name: 'Add the account' }).click()
  await page.getByText('ben@south.example has a mailbox now and may log in.').waitFor()
  const ben = page.getByRole('row', { name: /ben@south\.example/ })
  await ben.getByRole('button', { name: 'Password of ben@south.example' }).click()
  await page.getByLabel('Password', { exact: true }).fill('another')
  await page.getByRole('button', { name: 'Set the password' }).click()
  await page.getByText('The new password holds for ben@south.example now.').waitFor()
  await ben.getByRole('button', { name: 'Password of ben@south.example' }).click()
  await page.getByRole('button', { name: 'Let nobody log in' }).click()
  await ben.getByText('only receives').waitFor()
  await ben.getByRole('button', { name: 'Hand on what ben@south.example gets' }).click()
  const copies = page.getByLabel(/^Addresses of other servers/)
  await copies.fill('ann@south.example')
  await copies.press('Enter')
  await page
    .getByRole('alert')
    .getByText(/is in one of your domains/)
    .waitFor()
  await copies.fill('ben@elsewhere.example, b@other.example')
  await copies.press('Enter')
  await page
    .getByText('ben@south.example is handed on to ben@elsewhere.example, b@other.example as well.')
    .waitFor()
  await ben.getByText('b@other.example').waitFor()
  await ben.getByRole('button', { name: /^Hand on/ }).click()
  assert.equal(await copies.inputValue(), 'ben@elsewhere.example b@other.example')
  await copies.fill('')
  await page.getByRole('button', { name: 'Hand copies on' }).click()
  await page.getByText('ben@south.example is handed on to nobody.').waitFor()
  await ben.getByRole('button', { name: 'Remove ben@south.example' }).click()
  await page.getByText('ben@south.example takes no more mail.').waitFor()
  assert.deepEqual(asked, [
    'Remove the account ben@south.example? Mail that was filed for it stays.',
  ])
  assert.doesNotMatch(JSON.stringify(await ask('/v1/accounts')), /ben@/)
})

test('an alias is added and removed; one that leads nowhere is refused in words', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const { page: at } = await startOwnServer(t)
  const page = await openPage(browser, t)
  sayYes(page)
  await page.goto(`${at}/accounts`)
  const [address, to] = [page.getByLabel(/^Address; /), page.getByLabel(/^Leads to/)]
  await address.fill('sales@south.example')
  await to.fill('nobody@south.example')
  await page.getByRole('button', { name: 'Add the alias' }).click()
  await page
    .getByRole('alert')
    .getByText(/nobody@south\.example/)
    .waitFor()
  await to.fill('ann@south.example')
  await page.getByLabel(/may write in its name/).check()
  await page.getByRole('button', { name: 'Add the alias' }).click()
  await page.getByText('sales@south.example leads to ann@south.example now.').waitFor()
  const row = page.getByRole('row', { name: /sales@south\.example.*may write in its name/ })
  await row.getByRole('button', { name: /^Remove/ }).click()
  await page.getByText('sales@south.example leads nowhere any more.').waitFor()
})

test('a domain shows what must be published, what is, and a rotation of its keys', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const zone: TestZone = {
    'south.example': { MX: ['10 mx.south.example'], TXT: ['v=spf1 -all'] },
    'mx.south.example': { A: ['203.0.113.20'], TXT: ['v=spf1 a -all'] },
    '20.113.0.203.in-addr.arpa': { PTR: ['mx.south.example'] },
  }
  const { page: at, setZone, ask } = await startOwnServer(t, zone)
  const page = await openPage(browser, t, { permissions: ['clipboard-write', 'clipboard-read'] })
  sayYes(page)
  await page.goto(`${at}/domains`)
  await page.getByText('1 missing, 1 differs, 4 published').waitFor()
  const spf = page.getByRole('row', { name: /Value of TXT south\.example/ }).first()
  await spf.locator('.pill', { hasText: 'differs' }).waitFor()
  await spf.getByText('By it 203.0.113.20 may not send.').waitFor()
  await spf.getByText('there: v=spf1 -all').waitFor()
  await spf.getByRole('button', { name: 'Copy the value of TXT south.example' }).click()
  await spf.getByText('Copied').first().waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '"v=spf1 mx -all"')
  setZone({ ...zone, 'south.example': { ...zone['south.example'], TXT: ['v=spf1 mx -all'] } })
  await page.getByRole('button', { name: /^Check again/ }).click()
  await spf.locator('.pill', { hasText: 'published' }).waitFor()
  await page.getByLabel(/^Domain; /).fill('shop.example')
  await page.getByRole('button', { name: 'Take mail for it' }).click()
  await page.getByText(/^Mail for shop\.example is taken from now on/).waitFor()
  await page.getByRole('button', { name: 'Rotate DKIM keys of shop.example' }).click()
  await page.getByText(/^(New keys were made|DNS does not have all records)/).waitFor()
  assert.match(JSON.stringify(await ask('/v1/domains/shop.example/dkim')), /wb1-ed/)
  await page.getByRole('button', { name: 'Remove shop.example' }).click()
  await page.getByText('Mail for shop.example is not taken any more.').waitFor()
})

const day = 86_400
const begin = 1_795_305_600

function aggregate(at: number, failing: number): string {
  const row = (ip: string, count: number, word: string): string =>
    `<record><row><source_ip>${ip}</source_ip><count>${count}</count><policy_evaluated>` +
    `<disposition>none</disposition><dkim>${word}</dkim><spf>${word}</spf></policy_evaluated></row>` +
    `<identifiers><header_from>south.example</header_from></identifiers></record>`
  return (
    `<feedback><report_metadata><org_name>Mail Co</org_name><email>d@mail.example</email>` +
    `<report_id>${at}</report_id><date_range><begin>${at}</begin><end>${at + day - 1}</end></date_range>` +
    `</report_metadata><policy_published><domain>south.example</domain><p>none</p></policy_published>` +
    `${row('192.0.2.1', 40 + failing, 'pass')}${row('198.51.100.7', failing, 'fail')}</feedback>`
  )
}

test('reports are read from files, drawn over time, and told one by one', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const { page: at } = await startOwnServer(t)
  const page = await openPage(browser, t)
  await page.goto(`${at}/reports`)
  await page.getByRole('heading', { name: 'No DMARC reports yet' }).waitFor()
  const files = [0, 1, 2, 4].map((number) => ({
    name: `${number}.xml`,
    mimeType: 'text/xml',
    buffer: Buffer.from(aggregate(begin + number * day, number + 1)),
  }))
  const letter = { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear all,') }
  await page.locator('input[type=file]').setInputFiles([...files, letter])
  await page.getByText('4 imported, 1 not readable.').waitFor()
  await page
    .getByRole('alert')
    .getByText(/no report/)
    .waitFor()
  await page.getByText(/messages of 182 passed \(9\d\.\d %\), by 4 reports\./).waitFor()
  await page.getByText(/198\.51\.100\.7 sent 11 messages that failed/).waitFor()
  await page.locator('.chart canvas').waitFor()
  await page.getByText('Day by day, as a table').click()
  await page.getByRole('row', { name: /^2026-11-26.*45.*5/ }).waitFor()
  await page.getByRole('link', { name: 'Mail Co' }).first().click()
  await page.getByRole('heading', { name: 'Report of Mail Co' }).waitFor()
  await page.getByText(/About south\.example.*50 messages, 5 failed/).waitFor()
  await page.getByRole('link', { name: 'Close' }).click()
  await page.getByLabel('When').selectOption('7')
  await page.getByRole('link', { name: 'TLS', exact: true }).click()
  await page.getByRole('heading', { name: /^No (TLS reports yet|report of that)/ }).waitFor()
  await allRead(page)
})

test('filled, the three pages fit at 320, 768 and 1440 pixels, light and dark, and axe finds nothing', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const { page: at, post } = await startOwnServer(t, {
    'south.example': { MX: ['10 mx.elsewhere.example'], TXT: ['v=spf1 -all', 'x'.repeat(400)] },
  })
  const long = `${'long.'.repeat(12)}name@a-rather-long-name-of-a-domain.example`
  await post('/v1/domains', JSON.stringify({ domain: 'a-rather-long-name-of-a-domain.example' }))
  await post('/v1/accounts', JSON.stringify({ address: long }))
  await post('/v1/aliases', JSON.stringify({ address: 'x@south.example', to: [long] }))
  for (const number of [0, 1, 2]) {
    await post('/v1/reports/dmarc', aggregate(begin + number * day, number + 1))
  }
  const places = ['/accounts', '/domains', '/reports', '/reports?kind=tls', '/reports?domain=none']
  const wrong: string[] = []
  for (const width of [320, 768, 1440]) {
    const page = await openPage(browser, t, { viewport: { width, height: 900 }, bypassCSP: true })
    for (const place of places) {
      await page.goto(`${at}${place}`)
      await page.locator('main h1').waitFor()
      await allRead(page)
      // Each that is pressed is called otherwise then.
      const closed = page.getByRole('button', { name: /^Show the records/ })
      while ((await closed.count()) > 0) await closed.first().click()
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        if (wide > 0) wrong.push(`${place} at ${width}, ${colorScheme}: ${wide} too wide`)
        if (width === 768) continue
        for (const found of await violations(page)) wrong.push(`${place} at ${width}: ${found}`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})
