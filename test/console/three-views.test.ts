/** One account in three views: the page, the terminal and the JSON of a journey say the same words. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import type { JourneyView } from '../../src/journey/view.ts'
import { root } from '../docs/page.ts'
import { openBrowser, openPage, rowsOf } from './test-support/browser.ts'
import { forged, ordinary, startLab } from './test-support/lab.ts'

/** What a view says of a journey, word for word. */
interface Told {
  readonly summary: string
  readonly steps: readonly {
    readonly label: string
    readonly word: string
    readonly answer: string
  }[]
}

async function onThePage(page: Page): Promise<Told & { readonly questions: readonly string[] }> {
  await page.locator('[data-summary]').waitFor()
  return await page.evaluate(() => {
    const text = (within: ParentNode, name: string): string => {
      return within.querySelector(`[data-${name}]`)?.textContent ?? ''
    }
    const steps = Array.from(document.querySelectorAll('[data-step]'))
    return {
      summary: text(document, 'summary'),
      steps: steps.map((step) => ({
        label: text(step, 'label'),
        word: text(step, 'word'),
        answer: text(step, 'answer'),
      })),
      questions: steps.map((step) => text(step, 'question')),
    }
  })
}

function waybill(args: readonly string[]): string {
  const ran = spawnSync(join(root, 'waybill'), args, {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '100000', NO_COLOR: '1' },
  })
  assert.equal(ran.status, 0, ran.stderr)
  return ran.stdout
}

const oneSpace = (text: string): string => text.replace(/\s+/g, ' ').trim()

test('page, terminal and JSON tell the same journeys in the same words', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  await lab.submit(ordinary)
  await lab.send(forged)
  await lab.send({ ...forged, to: 'nobody@south.example' })
  const page = await openPage(browser, t)
  await page.goto(lab.page)
  const ids = await rowsOf(page, 3)
  for (const id of ids) {
    await page.goto(`${lab.page}/messages/${id}`)
    const shown = await onThePage(page)
    const json = waybill(['show', id, '--json', '--data', lab.folder])
    const journey = JSON.parse(json) as JourneyView
    assert.ok(journey.steps.length > 3, id)
    assert.equal(shown.summary, journey.summary)
    assert.deepEqual(
      shown.questions,
      journey.steps.map(({ question }) => question),
    )
    const expected = journey.steps.map(({ label, verdict, result, answer }) => {
      return { label, word: verdict === 'ok' ? 'ok' : (result ?? verdict), answer }
    })
    assert.deepEqual(shown.steps, expected)
    const terminal = waybill(['show', id, '--data', lab.folder]).split('\n').map(oneSpace)
    shown.steps.forEach(({ label, word, answer }, index) => {
      const line = oneSpace(`${index + 1} ${label} ${word} ${answer}`)
      assert.ok(terminal.includes(line), `${line}\nis not in\n${terminal.join('\n')}`)
    })
    assert.ok(terminal.includes(oneSpace(`${journey.outcome.status} ${shown.summary}`)))
    const told = await fetch(`${lab.page}/v1/messages/${id}/journey`)
    assert.equal((await told.text()).trim(), json.trim())
  }
})
