import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import assert from 'node:assert/strict'

type Loaded = Readonly<Record<string, unknown>>
type Example = (
  load: (name: string) => Promise<Loaded>,
  console: { log: typeof write },
) => Promise<void>

let printed = ''

function write(...parts: readonly unknown[]): void {
  printed += `${parts.map(String).join(' ')}\n`
}

function load(name: string): Promise<Loaded> {
  // What stands in `exports` of package.json is what a reader of the page would import.
  return import(name)
}

/** An example of a page as a function: its imports become calls of `load`. */
function compile(source: string): Example {
  const body = source.replace(/^import (\{[^}]*\}) from ('[^']*')$/gm, 'const $1 = await load($2)')
  const AsyncFunction: FunctionConstructor = Object.getPrototypeOf(
    async () => undefined,
  ).constructor
  const made: unknown = new AsyncFunction('load', 'console', body)
  assert.ok(typeof made === 'function')
  return (...given) => Reflect.apply(made, undefined, given)
}

const page = readFileSync(new URL('../../docs/dmarc.md', import.meta.url), 'utf8')
const examples = Array.from(
  page.matchAll(/```ts\n([^]*?)```\n\nIt prints:\n\n```text\n([^]*?)```/g),
)

for (const [, source = '', expected = ''] of examples) {
  const title = source.trim().split('\n')[0] ?? ''
  test(`the page's example does what the page says: ${title}`, async () => {
    printed = ''
    await compile(source)(load, { log: write })
    assert.equal(printed, expected)
  })
}

test('every example of the page is run', () => {
  assert.ok(examples.length >= 5)
  assert.equal(page.split('```ts').length - 1, examples.length)
})
