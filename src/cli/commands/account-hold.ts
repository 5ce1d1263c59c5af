import { Command } from 'commander'
import { accountWords } from '../../desk/hold-rules.ts'
import { queueRelease } from '../../desk/queue-operations.ts'
import { parseUntil } from '../../desk/until.ts'
import { systemClock } from '../../io/clock.ts'
import { atDesk, type WhyOption, withWhy } from '../at-desk.ts'
import { dataFolderOf, type DataOptions, mustHoldMail, withDataOptions } from '../data.ts'
import { endRule, holdByRule, queuePlace, rulesIn } from '../hold-by-rule.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { mustSend } from '../sending-account.ts'
import { changeLetters, chosenLetters, mailFor } from '../waiting-letters.ts'
import { rowTime } from './list.ts'

interface HoldOptions extends DataOptions, WhyOption {
  readonly until?: string
  readonly json?: boolean
}

/** `waybill account hold`. */
export function accountHoldCommand(): Command {
  const command = new Command('hold')
    .description('hold what an account sends to other servers, also what is to come')
    .argument('<address>', 'its login, or "user www-data", "network 192.168.1.20"')
    .option('--until <time>', 'it ends by itself: in 2h, at 2026-12-01T08:00 (UTC)')
    .option('--json', 'how many are held, as one JSON object')
    .addHelpText(
      'after',
      '\nFor a password that was stolen, or a program that runs wild. What it sends is\n' +
        'taken as before and waits. It is a hold rule: waybill queue rule list has it.\n' +
        'Exit code 5: --config is given, and there is no such account.',
    )
    .action(async (address: string, { until: end, json, ...options }: HoldOptions) => {
      const folder = dataFolderOf(options)
      const until = end === undefined ? {} : { until: parseUntil(end, systemClock.now()) }
      mustHoldMail(folder)
      await mustSend(address, options, folder)
      const wanted = { words: accountWords(address), ...until }
      const { rule, letters, left } = await holdByRule({ folder, why: options.why }, wanted)
      if (json === true) return printJson({ rule: rule.id, held: letters, left })
      const over = rule.until === undefined ? '' : ` until ${rowTime(rule.until)}`
      print(`What ${address} sends is held${over}. ${mailFor(letters)} waited and is held.`)
    })
  return withWhy(withDataOptions(command))
}

/** `waybill account release`. */
export function accountReleaseCommand(): Command {
  const command = new Command('release')
    .description('let go on what of an account is held, and what it sends from now on')
    .argument('<address>', 'its login')
    .option('--json', 'how many go on, as one JSON object')
    .addHelpText('after', '\nExit code 0: done. 5: nothing of it is held.')
    .action(async (address: string, { json, ...options }: HoldOptions) => {
      const folder = dataFolderOf(options)
      const { why } = options
      const words = accountWords(address)
      const rules = (await rulesIn(folder)).filter((rule) => rule.words === words)
      let released = 0
      for (const { id } of rules) released += (await endRule({ folder, why }, id)).letters
      const held = await chosenLetters(folder, [words], { narrowed: { held: true } })
      const { letters } = await changeLetters(held, (part) => {
        return atDesk(queueRelease, part, queuePlace(folder, why))
      })
      released += letters
      const none = rules.length === 0 && released === 0
      if (none) await mustSend(address, options, folder)
      if (none) process.exitCode = exitCodes.notFound
      if (json === true) printJson({ rules: rules.map(({ id }) => id), released })
      else if (none) say(`Nothing of ${address} is held.`)
      else print(`What ${address} sends goes on. ${mailFor(released)} will go on now.`)
    })
  return withWhy(withDataOptions(command))
}
