/** Each page at three widths, light and dark: nothing sticks out, and nobody is kept out (axe). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { violations } from './test-support/axe.ts'
import { allRead, openBrowser, openPage, rowsOf } from './test-support/browser.ts'
import { forged, ordinary, startLab } from './test-support/lab.ts'

const widths = [320, 768, 1440] as const
const schemes = ['light', 'dark'] as const

test('every page fits its window at 320, 768 and 1440 pixels, light and dark, and axe finds nothing', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  await lab.submit({ ...ordinary, html: '<p>Dear receiver,</p><p>the code is 482913.</p>' })
  await lab.send({
    ...forged,
    subject: 'Donaudampfschifffahrtsgesellschaftskapitänsmützen'.repeat(4),
  })
  await lab.send({
    from: `${'long.'.repeat(12)}name@a-rather-long-name-of-a-domain.example`,
    to: Array.from({ length: 60 }, (_, number) => `person${number}@somewhere.example`),
    subject: 'To many',
    text: 'Hello, all of you.',
  })
  const first = await openPage(browser, t)
  await first.goto(lab.page)
  const ids = await rowsOf(first, 4)
  const letters = ids.flatMap((id) => [`/messages/${id}`])
  const [one = ''] = letters
  const places = [
    '/',
    '/?q=dmrc:fail',
    '/?q=subject:nothing-of-the-kind',
    ...letters,
    ...['message', 'headers', 'source', 'conversation', 'json'].map((tab) => `${one}?tab=${tab}`),
    `${one}?what-if=1`,
    '/send',
    '/queue',
    '/reports',
    '/domains',
    '/accounts',
    '/webhooks',
    '/log',
    '/lab',
    '/nowhere',
  ]
  const wrong: string[] = []
  const page = await openPage(browser, t, { bypassCSP: true })
  for (const place of places) {
    await page.setViewportSize({ width: widths[0], height: 900 })
    await page.goto(`${lab.page}${place}`)
    await page.locator('main h1').waitFor()
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 })
      await allRead(page)
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme })
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        if (wide > 0) wrong.push(`${place} at ${width}, ${colorScheme}: ${wide} too wide`)
        // The narrow one in light and the wide one in dark: all structure and all colours, once each.
        const looked = (width === 320) === (colorScheme === 'light') && width !== 768
        for (const found of looked ? await violations(page) : []) {
          wrong.push(`${place} at ${width}, ${colorScheme}: ${found}`)
        }
      }
    }
  }
  assert.deepEqual(wrong, [])
})
