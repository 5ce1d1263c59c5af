import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { violations } from './axe.ts'
import { allRead } from './browser.ts'

const looks = [
  { width: 320, colorScheme: 'light', isAsked: true },
  { width: 768, colorScheme: 'dark', isAsked: false },
  { width: 1440, colorScheme: 'dark', isAsked: true },
] as const

/**
 * What is shown now fits its window at three widths, and axe finds nothing wrong in it; the page is one
 * with `bypassCSP`, into which axe may be put.
 */
export async function looksRight(page: Page): Promise<void> {
  const before = page.viewportSize()
  const wrong: string[] = []
  for (const { width, colorScheme, isAsked } of looks) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    await allRead(page)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wide > 0) wrong.push(`at ${width}: ${wide} too wide`)
    for (const found of isAsked ? await violations(page) : [])
      wrong.push(`at ${width}, ${colorScheme}: ${found}`)
  }
  if (before !== null) await page.setViewportSize(before)
  assert.deepEqual(wrong, [])
}
