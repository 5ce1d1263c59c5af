/** docs/journey.md explains the JSON field by field, and its example is a real one. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runSituation } from '../../src/lab/run-situation.ts'
import { openJourney } from '../../src/desk/archives.ts'
import type { JourneyView } from '../../src/journey/view.ts'
import { findSituation } from '../../src/lab/situations.ts'
import { testFolder } from '../../src/store/test-folder.ts'
import { checkMade, codeWords, readPage, root, section, tableRows } from './page.ts'

const page = readPage('docs/journey.md')

function told(heading: string): readonly string[] {
  return tableRows(section(page, heading)).flatMap(([name = '']) => codeWords(name))
}

/** Every field with its place: `steps[].evidence[].name`. */
function fieldsOf(value: unknown, place = ''): readonly string[] {
  if (Array.isArray(value)) {
    return [`${place}[]`, ...value.flatMap((one) => fieldsOf(one, `${place}[]`))]
  }
  const inside = place === '' || typeof value !== 'object' || value === null ? [] : [place]
  if (typeof value !== 'object' || value === null) return [place]
  const fields = Object.entries(value).flatMap(([key, inner]) => {
    return fieldsOf(inner, place === '' ? key : `${place}.${key}`)
  })
  return [...inside, ...fields]
}

/** The fields that every step has; the rest are its details. */
const stepFields = new Set(
  'id label side known question answer verdict result asked_for did started_at duration_ms evidence rules explain fix'.split(
    ' ',
  ),
)

function withoutDetails(view: JourneyView): unknown {
  const steps = view.steps.map((step) => {
    return Object.fromEntries(Object.entries(step).filter(([key]) => stepFields.has(key)))
  })
  return { ...view, steps }
}

async function forgedJourney(): Promise<JourneyView> {
  const situation = findSituation('forged')
  assert.ok(situation !== undefined)
  const { folder, remove } = testFolder()
  try {
    const opened = await runSituation(situation, {
      folder,
      report: (problem) => assert.fail(String(problem)),
      look: (found) => {
        const [first] = found
        assert.ok(first !== undefined)
        return openJourney(first.reader, first.journey)
      },
    })
    return opened.view
  } finally {
    remove()
  }
}

/** What is different each time, replaced by what it was once. */
function steady(view: JourneyView): unknown {
  const steps = view.steps.filter(({ id }) => id.startsWith('spf.') || id === 'decision')
  const short = { ...view, steps, conversation: view.conversation.slice(-2) }
  const text = JSON.stringify(short, null, 2)
    .replaceAll(view.id, '1m850pzcnskvxaq9')
    .replace(/"\d{4}-\d\d-\d\dT[\d:]+\.000Z"/g, '"2026-11-23T20:14:14.000Z"')
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"2026-11-23T20:14:14.955Z"')
    .replace(/"(duration_ms|ms)": [\d.]+/g, '"$1": 1.25')
    .replace(/"127\.0\.0\.1:\d+"/g, '"127.0.0.1:1053"')
    .replace(/"clock": "[^"]+"/, '"clock": "2026-11-23T20:14:14.000Z"')
  return JSON.parse(text)
}

test('every field is told, the example is a real journey', async () => {
  const view = await forgedJourney()
  const real = new Set(fieldsOf(withoutDetails(view)))
  // A list of plain values is one field with brackets, a list of objects is both.
  const names = new Set(Array.from(real, (name) => name))
  for (const name of names) {
    if (name.endsWith('[]')) names.delete(name.slice(0, -2))
  }
  for (const parent of ['envelope', 'outcome', 'replay']) names.delete(parent)
  assert.deepEqual([...told('## Fields')].sort(), [...names].sort())
  checkMade(
    'docs/journey.md',
    'example',
    `\`\`\`json\n${JSON.stringify(steady(view), null, 2)}\n\`\`\``,
  )
})

test('every kind of step is told, and no other', () => {
  const folder = join(root, 'src/journey/sentences')
  const ids = readdirSync(folder).flatMap((name) => {
    const source = readFileSync(join(folder, name), 'utf8')
    const found = source.matchAll(/(?:\bid: |answered\(\s*)(?:'([a-z.-]+)'|`spf\.\$\{identity\}`)/g)
    return Array.from(found).flatMap(([, id]) => id ?? ['spf.mailfrom', 'spf.helo'])
  })
  assert.ok(ids.length > 20)
  assert.deepEqual([...told('## Steps')].sort(), Array.from(new Set(ids)).sort())
})

test('every word for a verdict is told', () => {
  const source = readFileSync(join(root, 'src/journey/sentence.ts'), 'utf8')
  const union = /export type VerdictWord =(.+)/.exec(source)?.[1] ?? ''
  const words = Array.from(union.matchAll(/'([a-z]+)'/g), (match) => match[1])
  const row = tableRows(page).find(([name]) => name === '`steps[].verdict`')
  assert.deepEqual(codeWords(row?.[1] ?? '').slice(0, words.length), words)
})
