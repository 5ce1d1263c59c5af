import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { runSituation } from '../../lab/run-situation.ts'
import { WaybillError } from '../../base/error.ts'
import { nearest } from '../../base/nearest.ts'
import type { JourneyView } from '../../journey/view.ts'
import type { Situation } from '../../lab/situation.ts'
import { findSituation, situations } from '../../lab/situations.ts'
import { openJourney } from '../../desk/archives.ts'
import { defaultData, sameData } from '../data.ts'
import { columns, paint, print, printJson, say, wrapped } from '../output.ts'
import { clockCommand, dnsCommand, faultCommand, resetCommand, sendCommand } from './lab-running.ts'
import { renderJourney } from '../render/journey.ts'
import { printAnswer } from '../render/replay.ts'

/** `waybill lab`: `list` and `run` need none that runs, the others ask the one that does. */
export function labCommand(): Command {
  const list = new Command('list')
    .description('list the situations')
    .option('--json', 'one JSON object a line')
    .action((options: { json?: boolean }) => {
      const widest = Math.max(...situations.map(({ name }) => name.length))
      for (const { name, title, outcome, question } of situations) {
        if (options.json === true) printJson({ name, title, outcome, question })
        else {
          const start = `  ${name.padEnd(widest)} `
          const indent = start.length
          print(start + wrapped(title, { width: columns(), indent, used: indent }))
        }
      }
      if (options.json !== true) say('\nTry one: ./waybill lab run forged')
    })
  const run = new Command('run')
    .description('open a private lab, let one situation happen, show its journeys, and end')
    .argument('<situation>', 'one of `waybill lab list`')
    .option('--data <folder>', 'keep the journeys in this folder')
    .option('--json', 'one JSON object: situation, outcome, journeys')
    .action((name: string, options: RunOptions) => runOne(name, options))
  return new Command('lab')
    .description('the internet in a box: two mail servers, their DNS, and a stranger')
    .addCommand(list)
    .addCommand(run)
    .addCommand(sendCommand())
    .addCommand(dnsCommand())
    .addCommand(clockCommand())
    .addCommand(faultCommand())
    .addCommand(resetCommand())
}

interface RunOptions {
  readonly data?: string
  readonly json?: boolean
}

async function runOne(name: string, options: RunOptions): Promise<void> {
  const situation = findSituation(name)
  if (situation === undefined) throw unknown(name)
  const json = options.json === true
  const { folder, temporary } = folderFor(options)
  const kept = sameData(options)
  try {
    await runIn(situation, folder, { json, kept })
  } catch (problem) {
    // Another run keeps its journeys there at this moment: this one goes somewhere else.
    const inUse = problem instanceof WaybillError && problem.code === 'data-in-use'
    if (!inUse || temporary || options.data !== undefined) throw problem
    const other = mkdtempSync(join(tmpdir(), 'waybill-lab-'))
    try {
      await runIn(situation, other, { json, kept: undefined })
    } finally {
      rmSync(other, { recursive: true, force: true })
    }
  } finally {
    if (temporary) rmSync(folder, { recursive: true, force: true })
  }
}

/** Programs get a lab that leaves nothing behind; people may want to look again. */
function folderFor(options: RunOptions): { readonly folder: string; readonly temporary: boolean } {
  if (options.data !== undefined) return { folder: options.data, temporary: false }
  if (options.json !== true) return { folder: join(defaultData, 'runs'), temporary: false }
  return { folder: mkdtempSync(join(tmpdir(), 'waybill-lab-')), temporary: true }
}

/** `kept`: what the next command says to find the journeys; `undefined` when they go with the run. */
interface Told {
  readonly json: boolean
  readonly kept: string | undefined
}

function runIn(situation: Situation, folder: string, { json, kept }: Told): Promise<void> {
  return runSituation(situation, {
    folder,
    report: (problem, where) => say(`lab: ${where}: ${String(problem)}`),
    look: async (found) => {
      const opened = found.map(({ reader, journey }) => openJourney(reader, journey))
      const views = (await Promise.all(opened)).map(({ view }) => view)
      if (json) {
        const outcome = views[0]?.outcome.status ?? 'nothing'
        printJson({ situation: situation.name, outcome, journeys: views })
      } else show(situation, views, kept)
    },
  })
}

function show(situation: Situation, views: readonly JourneyView[], kept: string | undefined): void {
  const { name, title, question, experiment } = situation
  const [width, indent] = [columns(), 2]
  const head = wrapped(`: ${title}`, { width, indent, used: name.length })
  print(`${paint('bold', name)}${head}\n`)
  // People read a letter's way from its beginning: the sending side first.
  const inOrder = [...views].sort((a, b) => (a.started_at < b.started_at ? -1 : 1))
  for (const view of inOrder) print(`${renderJourney(view, { evidence: false })}\n`)
  const [received = 'last'] = views.map(({ id }) => id)
  const sent = views.find(({ direction }) => direction === 'out')?.id ?? received
  printAnswer('The question: ', question)
  if (kept === undefined) {
    return say('These journeys are not kept: another run was writing to the folder of the runs.')
  }
  // What is to be seen there stands in brackets behind the command.
  const [command = '', ...more] = experiment.split('  ')
  const named = command.replace('ID', received).replace('SENT', sent)
  print(`Try:          ${[named + kept, ...more].join('  ')}`)
}

function unknown(name: string): WaybillError {
  const near = nearest(
    name,
    situations.map((one) => one.name),
  )
  return new WaybillError('not-found', `There is no situation "${name}".`, {
    hint: near === undefined ? 'waybill lab list shows them all.' : `Did you mean "${near}"?`,
  })
}
