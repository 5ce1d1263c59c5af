import { networkInterfaces } from 'node:os'
import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { parseIp } from '../../base/ip.ts'
import { readConfig, testConfig } from '../../config/config.ts'
import { describeSettings } from '../../config/read-settings.ts'
import type { Settings } from '../../config/settings.ts'
import { settingWarnings } from '../../config/warnings.ts'
import { publishRecords } from '../../desk/publish.ts'
import { exitCodes, print, printJson, say } from '../output.ts'
import { printRecords } from '../render/records.ts'
import { printAnswer } from '../render/replay.ts'

/** `waybill config test|describe|dns`. */
export function configCommand(): Command {
  const test = new Command('test')
    .description('check a configuration file; all problems are told at once')
    .argument('<file>', 'the waybill.toml')
    .option('--json', 'the settings with their defaults')
    .action((file: string, options: { json?: boolean }) => {
      const settings = testConfig(file, Date.now())
      if (options.json === true) printJson(settings)
      for (const warning of settingWarnings(settings)) say(`warning: ${warning}`)
      if (options.json !== true)
        print(`${file} is good: ${settings.hostname}, ${settings.domains.join(', ')}.`)
    })
  const describe = new Command('describe')
    .description('every setting, its default and what it does')
    .option('--json', 'one JSON object a line')
    .action((options: { json?: boolean }) => {
      for (const info of describeSettings()) {
        if (options.json === true) printJson(info)
        else printAnswer(`${info.key.padEnd(28)} ${info.default.padEnd(16)} `, info.sentence)
      }
    })
  const dns = new Command('dns')
    .description('the DNS records to publish; makes the DKIM keys when there are none yet')
    .requiredOption('--config <file>', 'the waybill.toml')
    .option('--address <ip...>', 'where others reach this server, instead of its own addresses')
    .option('--json', 'one JSON object a line')
    .action(async (options: DnsOptions) => {
      const settings = readConfig(options.config)
      const addresses = options.address ?? ownAddresses()
      const wrong = addresses.find((text) => parseIp(text) === undefined)
      if (wrong !== undefined) throw new WaybillError('usage', `"${wrong}" is no IP address.`)
      const { records, withoutKeys } = await publishRecords(
        options.address === undefined ? settings : listeningEverywhere(settings),
        { addresses, now: Date.now() },
      )
      if (options.json === true) for (const record of records) printJson(record)
      else printRecords(records)
      for (const domain of withoutKeys) {
        say(
          `${domain} has no signing keys yet: the server that is running makes them when it reads`,
        )
        say('  its settings again (SIGHUP), or at its next start. Run this again then.')
      }
      if (withoutKeys.length > 0) process.exitCode = exitCodes.couldNotTell
    })
  return new Command('config')
    .description('check waybill.toml, explain it, and tell what DNS must say')
    .addCommand(test)
    .addCommand(describe)
    .addCommand(dns)
}

interface DnsOptions {
  readonly config: string
  readonly address?: readonly string[]
  readonly json?: boolean
}

/** What the machine says, for `publishRecords` to choose from. */
function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address))
}

/** Addresses that were asked for count, whichever of its own the server listens on. */
function listeningEverywhere(settings: Settings): Settings {
  return { ...settings, listen: { ...settings.listen, address: '::' } }
}
