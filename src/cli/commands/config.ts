import { Command } from 'commander'
import { readConfig } from '../../config/config.ts'
import { describeSettings } from '../../config/settings.ts'
import { publishRecords } from '../../app/live.ts'
import { print, printJson } from '../output.ts'

/** `waybill config test|describe|dns`. */
export function configCommand(): Command {
  const test = new Command('test')
    .description('check a configuration file; all problems are told at once')
    .argument('<file>', 'the waybill.toml')
    .option('--json', 'the settings with their defaults')
    .action((file: string, options: { json?: boolean }) => {
      const settings = readConfig(file)
      if (options.json === true) printJson(settings)
      else print(`${file} is good: ${settings.hostname}, ${settings.domains.join(', ')}.`)
    })
  const describe = new Command('describe')
    .description('every setting, its default and what it does')
    .option('--json', 'one JSON object a line')
    .action((options: { json?: boolean }) => {
      for (const info of describeSettings()) {
        if (options.json === true) printJson(info)
        else print(`${info.key.padEnd(28)} ${info.default.padEnd(16)} ${info.sentence}`)
      }
    })
  const dns = new Command('dns')
    .description('the DNS records to publish; makes the DKIM keys when there are none yet')
    .requiredOption('--config <file>', 'the waybill.toml')
    .option('--json', 'one JSON object a line')
    .action(async (options: { config: string; json?: boolean }) => {
      for (const record of await publishRecords(readConfig(options.config))) {
        if (options.json === true) printJson(record)
        else print(`${record.name}. ${record.type} ${record.value}`)
      }
    })
  return new Command('config')
    .description('check waybill.toml, explain it, and tell what DNS must say')
    .addCommand(test)
    .addCommand(describe)
    .addCommand(dns)
}
