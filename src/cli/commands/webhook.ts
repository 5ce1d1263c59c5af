import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { askServer } from '../../control/ask.ts'
import type { Operation } from '../../desk/act.ts'
import {
  webhookAdd,
  webhookAttempts,
  type WebhookAttemptView,
  webhookList,
  type WebhookPart,
  webhookRemove,
  webhookTest,
  type WebhookView,
} from '../../desk/webhooks.ts'
import { systemClock } from '../../io/clock.ts'
import { type WhyOption, withWhy } from '../at-desk.ts'
import { dataFolderOf, type DataOptions, withDataOptions } from '../data.ts'
import { readList } from '../options.ts'
import { operator } from '../operator.ts'
import { columns, exitCodes, print, printJson, row, say } from '../output.ts'
import { count, rowTime } from './list.ts'

interface Options extends DataOptions, WhyOption {
  readonly json?: boolean
}

/** `waybill webhook list|add|remove|test|attempts`. */
export function webhookCommand(): Command {
  return new Command('webhook')
    .description('who is told of events by HTTP; asks the server that runs')
    .addCommand(listWebhooks())
    .addCommand(addWebhook())
    .addCommand(removeWebhook())
    .addCommand(testWebhook())
    .addCommand(webhookTries())
}

function listWebhooks(): Command {
  const command = new Command('list')
    .description('list them, with what waits and whether they fail')
    .option('--json', 'one JSON object a line')
    .action(async (options: Options) => {
      const all = await askWebhooks(webhookList, {}, options)
      for (const one of all) {
        if (options.json === true) printJson(one)
        else print(row(`${one.id}  ${one.url}`, stateText(one), columns()))
      }
      if (all.length === 0 && options.json !== true) {
        say('There are no webhooks yet: waybill webhook add URL makes one.')
      }
    })
  return withDataOptions(command)
}

function stateText({ events, off, failing_since: failing, waiting }: WebhookView): string {
  const state =
    off !== ''
      ? `off: ${off}`
      : failing === null
        ? 'on'
        : `failing since ${rowTime(Date.parse(failing))}`
  const wanted = events.length === 0 ? 'all events' : events.join(' ')
  return `${wanted}, ${waiting} waiting, ${state}`
}

function addWebhook(): Command {
  const command = new Command('add')
    .description('tell one more; the secret of its signatures is printed once')
    .argument('<url>', 'where events are posted to')
    .option(
      '--events <types>',
      'only these, with commas between: delivery.failed,message.',
      readList,
    )
    .option('--description <text>', 'what it is for')
    .option('--json', 'the webhook and its secret as one JSON object')
    .action(
      async (
        url: string,
        options: Options & { readonly events?: readonly string[]; readonly description?: string },
      ) => {
        const { events, description } = options
        const added = await askWebhooks(webhookAdd, { url, events, description }, options)
        if (options.json === true) return printJson(added)
        print(added.secret)
        say(`This is the secret of ${added.id}. It is shown this once: its receiver checks by it.`)
      },
    )
  return withWhy(withDataOptions(command))
}

function removeWebhook(): Command {
  const command = new Command('remove')
    .description('tell it nothing more, and forget what was on its way there')
    .argument('<id>', 'as `waybill webhook list` has it')
    .option('--json', 'what was removed as one JSON object')
    .action(async (id: string, options: Options) => {
      const removed = await askWebhooks(webhookRemove, { id }, options)
      if (options.json === true) printJson(removed)
      else print(`${removed.url} is told nothing more.`)
    })
  return withWhy(withDataOptions(command))
}

function testWebhook(): Command {
  const command = new Command('test')
    .description('post an event of no letter at once, and tell what was answered')
    .argument('<id>', 'as `waybill webhook list` has it')
    .option('--json', 'the answer as one JSON object')
    .addHelpText('after', '\nExit code 0: it was taken. 1: it was not.')
    .action(async (id: string, options: Options) => {
      const { status, text } = await askWebhooks(webhookTest, { id }, options)
      if (options.json === true) printJson({ status, text })
      else print(row(status === 0 ? 'no answer' : `${status}`, text, columns()))
      if (status < 200 || status > 299) process.exitCode = exitCodes.no
    })
  return withWhy(withDataOptions(command))
}

function webhookTries(): Command {
  const command = new Command('attempts')
    .description('what became of each try of the last 14 days, the last ones first')
    .argument('<id>', 'as `waybill webhook list` has it')
    .option('-n, --limit <count>', 'how many at most', count, 20)
    .option('--json', 'one JSON object a line')
    .action(async (id: string, options: Options & { readonly limit: number }) => {
      const tries = await askWebhooks(webhookAttempts, { id, limit: options.limit }, options)
      for (const one of tries) {
        if (options.json === true) printJson(one)
        else print(row(`${rowTime(Date.parse(one.at))}  ${one.type}`, tryText(one), columns()))
      }
      if (tries.length === 0 && options.json !== true) say('Nothing was sent there yet.')
    })
  return withDataOptions(command)
}

function tryText({ status, text, state, next_try: next }: WebhookAttemptView): string {
  const answer = status === 0 ? `no answer: ${text}` : `${status}`
  const later = next === null ? '' : `, again ${rowTime(Date.parse(next))}`
  return `${answer}, ${state}${later}`
}

/** Has it done by the server that runs: it alone knows what is on its way. */
async function askWebhooks<Input, Result>(
  operation: Operation<WebhookPart, Input, Result>,
  input: unknown,
  options: Options,
): Promise<Result> {
  const folder = dataFolderOf(options)
  const { why } = options
  const request = {
    operation: operation.name,
    input,
    by: operator(),
    ...(why === undefined ? {} : { why }),
  }
  const asked = await askServer(request, { folder, clock: systemClock, timeoutMs: 30_000 })
  if (asked.type === 'absent') {
    throw new WaybillError('data-in-use', `No server runs on ${folder}.`, {
      hint: 'Webhooks are a running server’s: start it, or name its folder with --data or --config.',
    })
  }
  // What the same operation gave there, as JSON: the greeting said that it is of our version.
  return asked.value as Result
}
