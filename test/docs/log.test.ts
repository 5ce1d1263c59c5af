import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import { LogGatherer } from '../../src/base/log-gatherer.ts'
import { formatLogLine, type LogFormat } from '../../src/base/log-line.ts'
import type { LogLine } from '../../src/base/log.ts'
import { codeBlocks, readPage, root, section, tableRows } from './page.ts'

const page = readPage('docs/log.md')

test('docs/log.md names every event of the log, and no other', () => {
  const source = readFileSync(join(root, 'src/base/log.ts'), 'utf8')
  const union = /export type LogEvent =\n([^]*?)\n\n/.exec(source)?.[1] ?? ''
  const events = Array.from(union.matchAll(/\| '([a-z-]+)'/g), ([, event]) => event)
  assert.ok(events.length > 10)
  assert.deepEqual(eventsOfPage().toSorted(), events.toSorted())
})

test('every event of docs/log.md is told by something in the program', () => {
  const told = new Set<string | undefined>()
  for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts') || file.startsWith('base/')) continue
    const text = readFileSync(join(root, 'src', file), 'utf8')
    if (!/\bevent:/.test(text)) continue
    for (const [, word] of text.matchAll(/'([a-z-]+)'/g)) told.add(word)
  }
  // These are the outcomes of a delivery (`src/deliver/settlements.ts`), whatever each is called there.
  for (const outcome of ['delivered', 'deferred', 'failed']) told.add(outcome)
  assert.deepEqual(
    eventsOfPage().filter((event) => !told.has(event)),
    [],
  )
})

function eventsOfPage(): readonly string[] {
  return tableRows(section(page, '## Events')).map(([event = '']) => event.replaceAll('`', ''))
}

test('the lines that docs/log.md shows have the form of the log', () => {
  const [shown = ''] = codeBlocks(page, 'text')
  const lines = shown.trim().split('\n')
  assert.equal(lines.length, 3)
  for (const line of lines) {
    const [time = '', level, event, ...rest] = line.split(' ')
    const fields = Array.from(rest.join(' ').matchAll(/([a-z]+)=("(?:[^"\\]|\\.)*"|\S+)/g))
    const read = Object.fromEntries(
      fields.map(([, name, value]) => [name, value?.replace(/^"|"$/g, '')]),
    )
    // What was read from the page is written again.
    const again = { level, event, fields: read } as unknown as LogLine
    assert.equal(formatLogLine(again, 'text', Date.parse(time)), line)
  }
})

test('the numbers that docs/log.md tells of gathering are those of the program', () => {
  const told: LogLine[] = []
  const clock = new ManualClock()
  const gatherer = new LogGatherer({ clock, write: (line) => told.push(line) })
  const numbers =
    / (\d+) of one kind about one client[^]*?and (\d+) of one kind in all[^]*?beyond the (\d+) most/
  const [each, all, insistent] = (numbers.exec(page) ?? []).slice(1).map(Number)
  for (let i = 0; i < 256; i++) {
    for (let n = 0; n < 30; n++) {
      gatherer.take({ level: 'info', event: 'refused', fields: { client: `192.0.2.${i}` } })
    }
    if (i === 0) assert.equal(told.length, each)
  }
  assert.equal(told.length, all)
  clock.advance(60_000)
  assert.equal(told.length, Number(all) + Number(insistent) + 1)
})

test('the fail2ban filter finds who failed to log in and who met a limit, and nobody else', () => {
  const bad =
    'x" warning login-failed client=203.0.113.9 \n2026-11-26T09:08:07.065Z warning limit client=203.0.113.9 '
  const lines: readonly LogLine[] = [
    {
      level: 'warning',
      event: 'login-failed',
      fields: { id: bad, account: bad, client: '192.0.2.1' },
    },
    { level: 'warning', event: 'limit', fields: { limit: 'limits.errors', client: '2001:db8::1' } },
    {
      level: 'warning',
      event: 'login-failed',
      fields: { client: '192.0.2.3', more: 5000, seconds: 60 },
    },
    { level: 'info', event: 'refused', fields: { client: '192.0.2.4', helo: bad, from: bad } },
    { level: 'info', event: 'login', fields: { client: '192.0.2.5', account: bad } },
    { level: 'warning', event: 'limit', fields: { limit: bad } },
    // The whole server has no more, whoever asks next.
    { level: 'error', event: 'limit', fields: { limit: 'descriptors', client: '192.0.2.6' } },
    { level: 'info', event: 'limit', fields: { limit: 'tls.static_rsa', client: '192.0.2.7' } },
  ]
  for (const format of ['text', 'json'] as const) {
    const found = lines.flatMap((line) => addressesIn(line, format))
    assert.deepEqual(found, ['192.0.2.1', '2001:db8::1', '192.0.2.3'])
  }
})

/** What fail2ban would find: it takes the time that it has read out of the line, then searches. */
function addressesIn(line: LogLine, format: LogFormat): readonly (string | undefined)[] {
  const filter = readFileSync(join(root, 'docs/fail2ban/waybill.conf'), 'utf8')
  const prefix = /^_prefix = (.*)$/m.exec(filter)?.[1] ?? 'none'
  const rules = /^failregex = (.*(?:\n +.*)*)$/m.exec(filter)?.[1]?.split('\n') ?? []
  assert.equal(rules.length, 2)
  const written = formatLogLine(line, format, Date.UTC(2026, 10, 26, 9, 8, 7, 65))
  const time = '2026-11-26T09:08:07.065Z'
  const asRead = written.replace(time, '')
  const inJournal = `Nov 26 09:08:07 host waybill[12]: ${written}`.slice('Nov 26 09:08:07 '.length)
  const found = [asRead, inJournal].map((text) => {
    const matches = rules.flatMap((rule) => {
      const source = rule
        .trim()
        .replace('%(_prefix)s', prefix)
        .replace('<ADDR>', '(?<addr>[0-9a-f.:]+)')
      return new RegExp(source).exec(text)?.groups?.['addr'] ?? []
    })
    assert.ok(matches.length <= 1, text)
    return matches[0]
  })
  assert.equal(found[0], found[1])
  return found.filter((one) => one !== undefined).slice(0, 1)
}
