/** The examples of docs/reports.md, and what it says of codes and options. */
import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AggregateRow } from '../../report/gather-aggregate.ts'
import { formatAggregate, gatherAggregate } from '../../report/test-support/aggregate.ts'

const root = join(import.meta.dirname, '../../..')
const page = readFileSync(join(root, 'docs/reports.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'waybill-report-page-'))
// Without a data folder `import` says that it makes one.
mkdirSync(join(folder, '.waybill'))
after(() => rmSync(folder, { recursive: true }))

const good: AggregateRow = {
  receivedAt: Date.UTC(2026, 10, 22, 12),
  sourceIp: '192.0.2.1',
  headerFrom: 'north.example',
  envelopeFrom: 'north.example',
  dkim: [{ domain: 'north.example', selector: 's1', result: 'pass', aligned: true }],
  spf: { domain: 'north.example', result: 'pass' },
  dkimAligned: true,
  spfAligned: true,
  disposition: 'none',
  overrides: [],
  policy: {
    domain: 'north.example',
    p: 'none',
    sp: 'none',
    np: 'none',
    adkim: 'r',
    aspf: 'r',
    fo: '0',
    testing: 'n',
    rua: [],
    problems: [],
  },
  count: 40,
}
const [report] = gatherAggregate([
  good,
  { ...good, spf: { domain: 'north.example', result: 'softfail' }, spfAligned: false, count: 2 },
  {
    ...good,
    sourceIp: '198.51.100.7',
    dkim: [{ domain: 'news.example', selector: 'n', result: 'pass', aligned: false }],
    spf: { domain: 'news.example', result: 'pass' },
    dkimAligned: false,
    spfAligned: false,
    count: 3,
  },
])
assert.ok(report !== undefined)
const reporter = { domain: 'mail.example', orgName: 'Mail Co', email: 'dmarc@mail.example' }
writeFileSync(
  join(folder, 'mail.example!north.example!1795305600!1795391999.xml'),
  formatAggregate(report, reporter),
)

const command = pathToFileURL(join(import.meta.dirname, 'report.ts')).href
const script = `import { reportCommand } from '${command}'
await reportCommand().parseAsync(process.argv.slice(1), { from: 'user' })`

function waybill(args: readonly string[]): string {
  const options = ['--disable-warning=ExperimentalWarning', '--conditions=waybill-source']
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...options, '--input-type=module', '-e', script, '--', ...args],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  )
  return stdout + stderr
}

test('the examples of the page do what the page says', () => {
  const examples = Array.from(page.matchAll(/```console\n([^]*?)```/g), ([, text = '']) => text)
  assert.equal(examples.length, 2)
  for (const example of examples) {
    const commands = Array.from(example.matchAll(/^\$ waybill report (.*)\n((?:(?!\$ ).*\n)*)/gm))
    assert.ok(commands.length > 0)
    for (const [, line = '', expected = ''] of commands) {
      assert.equal(waybill(line.split(' ')), expected, line)
    }
  }
})

test('the page tells every code of a problem, and no other', () => {
  const source = readFileSync(join(root, 'src/report/report-problem.ts'), 'utf8')
  const union = /ReportProblemCode =([^]*?)\n\n/.exec(source)?.[1] ?? ''
  const codes = Array.from(union.matchAll(/\| '([a-z-]+)'/g), ([, code]) => code)
  const table = /\| Code \| Meaning \|\n([^]*?)\n\n/.exec(page)?.[1] ?? ''
  const told = Array.from(table.matchAll(/^\| `([a-z-]+)` \|/gm), ([, code]) => code)
  assert.ok(codes.length > 5)
  assert.deepEqual(told, codes)
})
