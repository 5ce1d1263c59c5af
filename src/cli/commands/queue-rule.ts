import { Command } from 'commander'
import { countWaiting } from '../../desk/chosen-letters.ts'
import { type HoldRule, readHoldRules, ruleFilter } from '../../desk/hold-rules.ts'
import { parseUntil } from '../../desk/until.ts'
import { systemClock } from '../../io/clock.ts'
import { queueWords } from '../../search/queue-query.ts'
import { type WhyOption, withWhy } from '../at-desk.ts'
import { dataFolderOf, type DataOptions, Stores, withDataOptions } from '../data.ts'
import { endRule, heldBy, holdByRule } from '../hold-by-rule.ts'
import { columns, exitCodes, print, printJson, row, say } from '../output.ts'
import { chosenLetters, mailFor } from '../waiting-letters.ts'
import { rowTime } from './list.ts'

interface RuleOptions extends DataOptions, WhyOption {
  readonly until?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** `waybill queue rule add|list|remove`. */
export function queueRuleCommand(): Command {
  return new Command('rule')
    .description('hold mail that fits some words, also mail to come')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand())
}

function addCommand(): Command {
  const command = new Command('add')
    .description('hold what waits and fits, and mail to come when it would be sent')
    .argument('<words...>', `all of these must fit: ${queueWords}`)
    .option('--until <time>', 'it ends by itself: in 2h, at 2026-12-01T08:00 (UTC)')
    .option('--dry-run', 'only count what waits and fits')
    .option('--json', 'the rule, and how many it holds, as one JSON object')
    .action(async (words: readonly string[], options: RuleOptions) => {
      const folder = dataFolderOf(options)
      const { dryRun, json, until: end, why } = options
      const now = systemClock.now()
      const text = words.map(quotedWord).join(' ')
      ruleFilter(text, now)
      const until = end === undefined ? {} : { until: parseUntil(end, now) }
      if (dryRun === true) {
        const { count: fitting } = await chosenLetters(folder, [text], {})
        if (json === true) printJson({ dry_run: true, held: fitting })
        else print(`${mailFor(fitting)} waits and fits.`)
        return
      }
      const wanted = { words: text, ...until }
      const { rule, letters, left } = await holdByRule({ folder, why }, wanted)
      if (json === true) return printJson({ ...ruleJson(rule), held: letters, left })
      const over = rule.until === undefined ? '' : ` until ${rowTime(rule.until)}`
      print(`Rule ${rule.id} holds mail that fits ${text}${over}.`)
      if (letters > 0) print(`${mailFor(letters)} waited and is held.`)
    })
  return withWhy(withDataOptions(command))
}

function listCommand(): Command {
  const command = new Command('list')
    .description('list the hold rules, with how much each holds')
    .option('--json', 'one JSON object a line')
    .action(async (options: RuleOptions) => {
      const stores = new Stores(dataFolderOf(options))
      try {
        const rules = await Promise.all(
          stores.readers.map(({ register }) => readHoldRules(register, systemClock.now())),
        )
        const places = stores.readers.map(({ queue }) => queue)
        for (const rule of rules.flat()) {
          const held = await countWaiting(places, heldBy(rule.id))
          if (options.json === true) printJson({ ...ruleJson(rule), held })
          else print(row(ruleText(rule, held), rule.why, columns()))
        }
        if (rules.flat().length === 0 && options.json !== true) say('There are no hold rules.')
      } finally {
        stores.close()
      }
    })
  return withDataOptions(command)
}

function removeCommand(): Command {
  const command = new Command('remove')
    .description('end a hold rule, and let go on what it holds')
    .argument('<id>', 'as `waybill queue rule list` has it')
    .option('--json', 'how many go on, as one JSON object')
    .action(async (id: string, options: RuleOptions) => {
      const folder = dataFolderOf(options)
      const { removed, letters } = await endRule({ folder, why: options.why }, id)
      if (!removed && letters === 0) process.exitCode = exitCodes.notFound
      if (options.json === true) printJson({ removed, released: letters })
      else if (!removed && letters === 0) say(`There is no hold rule "${id}".`)
      else print(`Rule ${id} is removed. ${mailFor(letters)} will go on now.`)
    })
  return withWhy(withDataOptions(command))
}

/** A word with spaces in it is one word again when it is read. */
function quotedWord(word: string): string {
  const [, name = '', value = ''] = /^([-!]?[a-z][a-z_-]*:)([^"]*\s[^"]*)$/i.exec(word) ?? []
  return name === '' ? word : `${name}"${value}"`
}

function ruleText({ id, words, by, until }: HoldRule, held: number): string {
  const end = until === undefined ? 'until it is removed' : `until ${rowTime(until)}`
  return `${id}  ${words}  ${end}  by ${by}  holds ${held}`
}

function ruleJson({ id, words, by, door, why, addedAt, until }: HoldRule): Record<string, unknown> {
  return {
    id,
    words,
    by,
    door,
    why,
    added_at: new Date(addedAt).toISOString(),
    until: until === undefined ? null : new Date(until).toISOString(),
  }
}
