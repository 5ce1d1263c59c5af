// A quiet reporter: a line for each test file, failures in full, skipped tests with their reasons,
// and at the end the runner's totals in the runner's own words.
import { relative } from 'node:path'

const cwd = process.cwd()
const place = (data) => `${relative(cwd, data.file ?? '')}:${data.line ?? 0}`

function failureText({ name, details }) {
  const error = details.error?.cause ?? details.error
  const text = error?.stack ?? error?.message ?? String(error)
  return `${name}\n${text}`.replaceAll('\n', '\n    ')
}

// oxlint-disable-next-line import/no-default-export -- the runner takes the default export
export default async function* report(source) {
  const skipped = []
  const failed = []
  const silent = new Set(JSON.parse(process.env.WAYBILL_TEST_FILES ?? '[]'))
  for await (const { type, data } of source) {
    if (type === 'test:pass' && data.skip !== undefined && data.details?.type !== 'suite') {
      const reason =
        typeof data.skip === 'string' && data.skip !== '' ? data.skip : 'no reason given'
      skipped.push(`  ${place(data)} ${data.name}: ${reason}\n`)
    }
    // A parent fails when a child does: the child is told, the parent only if it failed by itself.
    if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
      failed.push(data)
      yield `\n✖ ${place(data)} ${failureText(data)}\n`
    }
    if (type === 'test:stderr') yield data.message
    if (type !== 'test:summary') continue
    const { counts, duration_ms: ms } = data
    if (data.file !== undefined) {
      const bad = counts.failed + counts.cancelled
      silent.delete(relative(cwd, data.file))
      const mark = bad === 0 ? '✔' : '✖'
      const extra = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
      yield `${mark} ${relative(cwd, data.file)} (${counts.tests} tests${extra}, ${Math.round(ms)} ms)\n`
      continue
    }
    if (skipped.length > 0) yield `\nSkipped, and why:\n${skipped.join('')}`
    if (failed.length > 0) {
      yield `\nFailed:\n${failed.map((one) => `  ${place(one)} ${one.name}\n`).join('')}`
    }
    if (silent.size > 0) {
      process.exitCode = 1
      yield `\nNo results came from:\n${Array.from(silent, (file) => `  ${file}\n`).join('')}`
    }
    yield '\n'
    yield `ℹ tests ${counts.tests}\nℹ suites ${counts.suites}\nℹ pass ${counts.passed}\n`
    yield `ℹ fail ${counts.failed}\nℹ cancelled ${counts.cancelled}\nℹ skipped ${counts.skipped}\n`
    yield `ℹ todo ${counts.todo}\nℹ duration_ms ${ms}\n`
  }
}
