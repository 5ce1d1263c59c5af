import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { WaybillError } from '../../base/error.ts'
import type { Operation } from '../../desk/act.ts'
import {
  allSuppressions,
  checked,
  suppressAdd,
  type SuppressionPart,
  suppressionReasonNames,
  suppressionView,
  type SuppressionView,
  suppressRemove,
  type WantedSuppression,
} from '../../desk/suppressions.ts'
import { systemClock } from '../../io/clock.ts'
import { defaultSuppressionRules } from '../../suppression/strikes.ts'
import { SuppressionList } from '../../suppression/suppression-list.ts'
import { suppressionKey } from '../../suppression/suppression.ts'
import { type WhyOption, withWhy } from '../at-desk.ts'
import { readTime } from '../options.ts'
import { columns, print, printJson, row, say } from '../output.ts'
import { changeOf } from '../residents.ts'
import { storedIn } from '../stored.ts'
import { configOption } from './account.ts'

interface SuppressOptions extends WhyOption {
  readonly config: string
  readonly json?: boolean
  readonly dryRun?: boolean
}

interface AddOptions extends SuppressOptions {
  readonly reason: WantedSuppression['reason']
  /** Unix seconds. */
  readonly until?: number
}

const dryRun = ['--dry-run', 'say what would change, and change nothing'] as const

/** `waybill suppress list|add|remove|import|export`. */
export function suppressCommand(): Command {
  return new Command('suppress')
    .description('addresses that nothing is sent to, because they are gone or complained')
    .addCommand(listSuppressed())
    .addCommand(addSuppressed())
    .addCommand(removeSuppressed())
    .addCommand(importSuppressed())
    .addCommand(exportSuppressed())
}

function listSuppressed(): Command {
  return new Command('list')
    .description('list suppressed addresses, with why and until when')
    .argument('[part]', 'only addresses with this in them')
    .requiredOption(...configOption)
    .option('--json', 'one JSON object a line')
    .action(async (part: string | undefined, { config, json }: SuppressOptions) => {
      const found = await suppressedIn(config, part)
      const width = Math.min(40, Math.max(0, ...found.map(({ address }) => address.length)))
      for (const one of found) {
        if (json === true) printJson(one)
        else print(text(one, width))
      }
      if (found.length === 0 && json !== true) {
        say(part === undefined ? 'No address is suppressed.' : `None has "${part}" in it.`)
      }
    })
}

function text({ address, reason, since, until, why }: SuppressionView, width: number): string {
  const end = until === null ? '' : ` until ${until.slice(0, 10)}`
  const start = `${address.padEnd(width)}  ${reason.padEnd(11)}  since ${since.slice(0, 10)}${end}`
  return row(start, why, columns())
}

async function suppressedIn(config: string, part = ''): Promise<readonly SuppressionView[]> {
  const found = await storedIn(config, async ({ register }) => {
    const fitting: SuppressionView[] = []
    const meant = { now: systemClock.now(), filter: { part } }
    for await (const one of allSuppressions(register, meant)) fitting.push(suppressionView(one))
    return fitting
  })
  return found ?? []
}

function addSuppressed(): Command {
  const command = new Command('add')
    .description('send nothing to these addresses any more')
    .argument('<address...>', 'such as ann@north.example')
    .requiredOption(...configOption)
    .addOption(
      new Option('--reason <word>', 'what became of it')
        .choices(suppressionReasonNames)
        .default('by-hand'),
    )
    .option('--until <time>', 'it ends then: 2027-01-31, or a time with its zone', readTime)
    .option(...dryRun)
    .option('--json', 'how many were added as one JSON object')
    .action(async (addresses: readonly string[], options: AddOptions) => {
      const { reason, until, why = '' } = options
      const end = until === undefined ? {} : { until: until * 1000 }
      const wanted = addresses.map((address) => ({
        address: checked(address),
        reason,
        why,
        ...end,
      }))
      await add(wanted, options)
    })
  return withWhy(command)
}

function removeSuppressed(): Command {
  const command = new Command('remove')
    .description('send to these addresses again')
    .argument('<address...>', 'such as ann@north.example')
    .requiredOption(...configOption)
    .option(...dryRun)
    .option('--json', 'how many were removed as one JSON object')
    .action(async (given: readonly string[], options: SuppressOptions) => {
      const addresses = given.map(checked)
      const removed =
        options.dryRun === true
          ? await countListed(addresses, options.config)
          : await inParts(addresses, options, suppressRemove, ({ removed: n }) => n)
      if (options.json === true) printJson({ removed, dry_run: options.dryRun === true })
      else print(counted(removed, options, 'taken off the list'))
      if (removed === 0 && options.json !== true) say('waybill suppress list shows who is on it.')
    })
  return withWhy(command)
}

function importSuppressed(): Command {
  const command = new Command('import')
    .description('put the addresses of a file on the list')
    .argument('<file>', 'one address a line, or the lines that `waybill suppress export` writes')
    .requiredOption(...configOption)
    .option(...dryRun)
    .option('--json', 'how many were added as one JSON object')
    .action(async (file: string, options: SuppressOptions) => {
      const lines = readFileSync(file, 'utf8').split(/\r?\n/)
      const now = systemClock.now()
      const wanted = lines.flatMap((line, at) => readLine(line, { file, at: at + 1, now }) ?? [])
      await add(wanted, options)
    })
  return withWhy(command)
}

/** @returns `undefined` for a line that says nothing, or whose end is over */
function readLine(
  line: string,
  { file, at, now }: { readonly file: string; readonly at: number; readonly now: number },
): WantedSuppression | undefined {
  const said = line.trim()
  if (said === '' || said.startsWith('#')) return undefined
  const found: Partial<SuppressionView> = said.startsWith('{') ? parsed(said) : { address: said }
  const { address = '', reason = 'by-hand', until, why = '' } = found
  if (suppressionKey(address) === undefined) {
    throw new WaybillError('usage', `Line ${at} of ${file} has no address.`, {
      hint: 'Nothing was added. A line wants one address, or a line of waybill suppress export.',
    })
  }
  const end = typeof until === 'string' ? Date.parse(until) : Number.NaN
  if (end <= now) return undefined
  return { address, reason, why, ...(Number.isFinite(end) ? { until: end } : {}) }
}

function parsed(line: string): Partial<SuppressionView> {
  try {
    // What is no address in it is told by who asked; the rest is checked by the operation.
    return JSON.parse(line) as Partial<SuppressionView>
  } catch {
    return {}
  }
}

function exportSuppressed(): Command {
  return new Command('export')
    .description('write the list as JSON lines, for `waybill suppress import`')
    .requiredOption(...configOption)
    .option('--json', 'as it always does')
    .action(async ({ config }: SuppressOptions) => {
      for (const one of await suppressedIn(config)) printJson(one)
    })
}

async function add(wanted: readonly WantedSuppression[], options: SuppressOptions): Promise<void> {
  const once = Array.from(
    new Map(wanted.map((one) => [suppressionKey(one.address), one] as const)).values(),
  )
  const added =
    options.dryRun === true
      ? once.length
      : await inParts(once, options, suppressAdd, ({ added: n }) => n)
  if (options.json === true) printJson({ added, dry_run: options.dryRun === true })
  else print(counted(added, options, 'put on the list'))
}

function counted(n: number, { dryRun: dry }: SuppressOptions, done: string): string {
  const what = n === 1 ? '1 address' : `${n} addresses`
  return dry === true ? `${what} would be ${done}.` : `${what} ${n === 1 ? 'was' : 'were'} ${done}.`
}

async function countListed(addresses: readonly string[], config: string): Promise<number> {
  const listed = new Set((await suppressedIn(config)).map(({ address }) => suppressionKey(address)))
  const asked = Array.from(new Set(addresses.map(suppressionKey)))
  return asked.filter((key) => listed.has(key)).length
}

/** A request to the server stays small. */
const addressesAtOnce = 500

async function inParts<Item, Result>(
  items: readonly Item[],
  options: SuppressOptions,
  operation: Operation<SuppressionPart, { readonly addresses: readonly Item[] }, Result>,
  count: (result: Result) => number,
): Promise<number> {
  let all = 0
  for (let start = 0; start < items.length; start += addressesAtOnce) {
    const input = { addresses: items.slice(start, start + addressesAtOnce) }
    const result = await changeOf({
      operation,
      input,
      options,
      desk: ({ register }) => {
        const now = (): number => systemClock.now()
        const list = new SuppressionList({ register, now, rules: () => defaultSuppressionRules })
        return { suppressions: { list, register, clock: systemClock } }
      },
    })
    all += count(result)
  }
  return all
}
