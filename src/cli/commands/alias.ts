import { Command } from 'commander'
import { aliasAdd, aliasRemove } from '../../desk/account-operations.ts'
import { aliasJson } from '../../desk/resident-json.ts'
import { withWhy } from '../at-desk.ts'
import { columns, print, printJson, row, say } from '../output.ts'
import { changeResidents, type ResidentOptions, residentsIn } from '../residents.ts'
import { configOption } from './account.ts'

/** `waybill alias list|add|remove`. */
export function aliasCommand(): Command {
  return new Command('alias')
    .description('addresses that lead on to accounts')
    .addCommand(listAliases())
    .addCommand(addAlias())
    .addCommand(removeAlias())
}

function listAliases(): Command {
  return new Command('list')
    .description('list the aliases, those of the settings file first')
    .requiredOption(...configOption)
    .option('--json', 'one JSON object a line')
    .action(async ({ config, json }: ResidentOptions) => {
      const { aliases } = await residentsIn(config)
      const width = Math.max(0, ...aliases.map(({ address }) => address.length))
      for (const alias of aliases) {
        const { address, origin, to, send } = alias
        if (json === true) printJson(aliasJson(alias))
        else {
          const start = `${address.padEnd(width)}  ${origin.padEnd(8)}  ${send ? 'sends too' : 'receives'}`
          print(row(start, `to ${to.join(', ')}`, columns()))
        }
      }
      if (aliases.length === 0 && json !== true) {
        say('There are no aliases yet: waybill alias add ADDRESS TO makes one.')
      }
    })
}

function addAlias(): Command {
  const command = new Command('add')
    .description('let an address lead on to accounts, or to other aliases')
    .argument('<address>', 'the alias; "*@example.com" catches the rest of a domain')
    .argument('<to...>', 'where it leads')
    .requiredOption(...configOption)
    .option('--send', 'those whom it leads to may also write in its name')
    .option('--json', 'the alias as one JSON object')
    .action(
      async (
        address: string,
        to: readonly string[],
        options: ResidentOptions & { readonly send?: boolean },
      ) => {
        const send = options.send === true
        const added = await changeResidents(aliasAdd, { address, to, send }, options)
        if (options.json === true) printJson({ added, to, send })
        else print(`${added} leads to ${to.join(', ')} now.`)
      },
    )
  return withWhy(command)
}

function removeAlias(): Command {
  const command = new Command('remove')
    .description('take an alias away')
    .argument('<address>', 'the alias, which `waybill alias add` has made')
    .requiredOption(...configOption)
    .option('--json', 'the alias as one JSON object')
    .action(async (address: string, options: ResidentOptions) => {
      const removed = await changeResidents(aliasRemove, { address }, options)
      if (options.json === true) printJson({ removed })
      else print(`${removed} leads nowhere any more.`)
    })
  return withWhy(command)
}
