import { Command, InvalidArgumentError } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { askServer } from '../../control/ask.ts'
import type { Operation } from '../../desk/act.ts'
import type { Fault } from '../../desk/fault.ts'
import { faultText, namedFaults, parseFault } from '../../desk/fault-text.ts'
import { faultsSet, faultsShow } from '../../desk/faults.ts'
import {
  labAdvance,
  labClock,
  labHappen,
  labPutRecord,
  labRecords,
  labReset,
  labResetZone,
  type LabTime,
  type ZoneRecord,
} from '../../desk/lab-operations.ts'
import { systemClock } from '../../io/clock.ts'
import { defaultData, sameData } from '../data.ts'
import { operator } from '../operator.ts'
import { paint, print, printJson, say } from '../output.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
}

function withOptions(command: Command): Command {
  return command
    .option('--data <folder>', `the data folder of the lab that runs (${defaultData})`)
    .option('--json', 'as JSON')
}

/** `waybill lab send`: a situation in the lab that runs. */
export function sendCommand(): Command {
  const command = new Command('send')
    .description('the lab that runs: let one happen there')
    .argument('<situation>', 'one of `waybill lab list`')
    .action(async (name: string, options: Options) => {
      const happened = await askLab(labHappen, { name }, options)
      if (options.json === true) return printJson(happened)
      print(`${paint('bold', happened.situation)}: ${happened.outcome}`)
      for (const { id, site, direction } of happened.journeys) {
        print(`  ${site.padEnd(6)} ${direction.padEnd(4)} ./waybill show ${id}${sameData(options)}`)
      }
    })
  return withOptions(command)
}

/** `waybill lab dns`. */
export function dnsCommand(): Command {
  const command = new Command('dns')
    .description('the lab that runs: show or change its DNS')
    .argument('[record...]', 'a name; its type and values change it')
    .option('--remove', 'take the records of this name and type away')
    .option('--reset', 'put everything back as it was in the beginning')
    .action(([name, type, ...values]: string[], options) => dns({ name, type, values }, options))
  return withOptions(command)
}

async function dns(
  asked: {
    readonly name: string | undefined
    readonly type: string | undefined
    readonly values: readonly string[]
  },
  options: Options & { readonly remove?: boolean; readonly reset?: boolean },
): Promise<void> {
  const { name, type, values } = asked
  const remove = options.remove === true
  if (type !== undefined && values.length === 0 && !remove) {
    throw new WaybillError('usage', 'Say what the record is to be, or --remove.', {
      hint: `waybill lab dns _dmarc.north.example TXT "v=DMARC1; p=none"`,
    })
  }
  if (options.reset === true) await askLab(labResetZone, {}, options)
  if (name !== undefined && type !== undefined) {
    const record = { name, type: type.toUpperCase(), values: remove ? [] : values }
    await askLab(labPutRecord, record, options)
  }
  const all = await askLab(labRecords, {}, options)
  const wanted = name?.toLowerCase().replace(/\.$/, '')
  tellRecords(
    all.filter((record) => wanted === undefined || record.name === wanted),
    options,
  )
}

function tellRecords(records: readonly ZoneRecord[], { json }: Options): void {
  for (const record of records) {
    if (json === true) printJson(record)
    else for (const value of record.values) print(`${record.name} ${record.type} ${value}`)
  }
  if (records.length === 0 && json !== true) say('Nothing is published there.')
}

/** `waybill lab clock`. */
export function clockCommand(): Command {
  const command = new Command('clock')
    .description('the lab that runs: its clock, or set it ahead')
    .option('--ahead <time>', 'by how much: 90s, 5m, 2h, 7d', time)
    .action(async (options: Options & { readonly ahead?: number }) => {
      const { ahead } = options
      const told: LabTime =
        ahead === undefined
          ? await askLab(labClock, {}, options)
          : await askLab(labAdvance, { advance_ms: ahead }, options)
      if (options.json === true) printJson(told)
      else print(`${told.now}, ${Math.round(told.ahead_ms / 1000)} s ahead`)
    })
  return withOptions(command)
}

/** `waybill lab fault`; it asks a catcher too. */
export function faultCommand(): Command {
  const command = new Command('fault')
    .description('the lab or catcher that runs: its faults')
    .argument(
      '[faults...]',
      'these and no others: a name, or STAGE:WHAT[:CHANCE]: recipient:451:50',
    )
    .option('--none', 'set none')
    .option('--list', 'list those that have a name')
    .action(async (texts: string[], options: FaultOptions) => {
      if (options.list === true) return listFaults(options)
      const data = texts.map(parseFault).map(wanted)
      const set = data.length > 0 || options.none === true
      const { data: faults } = set
        ? await askLab(faultsSet, { data }, options)
        : await askLab(faultsShow, {}, options)
      if (options.json === true) return printJson({ data: faults })
      for (const fault of faults) print(faultText(fault))
      if (faults.length === 0) say('No faults are set.')
    })
  return withOptions(command)
}

type FaultOptions = Options & { readonly none?: boolean; readonly list?: boolean }

function listFaults({ json }: Options): void {
  for (const fault of namedFaults) {
    const { name, text, title } = fault
    if (json === true) printJson(fault)
    else print(`  ${name.padEnd(24)} ${text.padEnd(20)} ${title}`)
  }
}

function wanted({ stage, what, code, probability, delayMs, drop }: Fault): object {
  return {
    stage,
    what: what ?? null,
    code: code ?? null,
    probability,
    delay_ms: delayMs,
    drop,
  }
}

/** `waybill lab reset`. */
export function resetCommand(): Command {
  const command = new Command('reset')
    .description('the lab that runs: empty it')
    .action(async (options: Options) => {
      await askLab(labReset, {}, options)
      if (options.json === true) printJson({ reset: true })
      else print('The lab is empty: its zones are as they were, and no fault is set.')
    })
  return withOptions(command)
}

/** Has it done by the lab that runs. */
async function askLab<Part, Input, Result>(
  operation: Operation<Part, Input, Result>,
  input: unknown,
  { data: folder = defaultData }: Options,
): Promise<Result> {
  const request = { operation: operation.name, input, by: operator() }
  const asked = await askServer(request, { folder, clock: systemClock, timeoutMs: 120_000 })
  if (asked.type === 'absent') {
    throw new WaybillError('data-in-use', `No lab runs on ${folder}.`, {
      hint: 'Start one: npm start, or waybill start --lab --data FOLDER',
    })
  }
  // What the same operation gave there, as JSON: the greeting said that it is of our version.
  return asked.value as Result
}

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

function time(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const ms = Object.entries(units).find(([name]) => name === unit)?.[1]
  if (ms === undefined) throw new InvalidArgumentError('Such as 90s, 5m, 2h or 7d.')
  return Number(count) * ms
}
