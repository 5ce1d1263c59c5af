import { Command } from 'commander'
import { domainAdd, domainRemove } from '../../desk/account-operations.ts'
import { domainJson } from '../../desk/resident-json.ts'
import { withWhy } from '../at-desk.ts'
import { print, printJson, say } from '../output.ts'
import { printRecords } from '../render/records.ts'
import { changeResidents, type ResidentOptions, residentsIn } from '../residents.ts'
import { configOption } from './account.ts'

/** `waybill domain list|add|remove`. */
export function domainCommand(): Command {
  return new Command('domain')
    .description('the domains that mail is taken for')
    .addCommand(listDomains())
    .addCommand(addDomain())
    .addCommand(removeDomain())
}

function listDomains(): Command {
  return new Command('list')
    .description('list the domains, those of the settings file first')
    .requiredOption(...configOption)
    .option('--json', 'one JSON object a line')
    .action(async ({ config, json }: ResidentOptions) => {
      const { domains } = await residentsIn(config)
      const width = Math.max(0, ...domains.map(({ name }) => name.length))
      for (const domain of domains) {
        if (json === true) printJson(domainJson(domain))
        else print(`${domain.name.padEnd(width)}  ${domain.origin}`)
      }
    })
}

function addDomain(): Command {
  const command = new Command('add')
    .description('take mail for one more domain; its signing keys are made first')
    .argument('<domain>')
    .requiredOption(...configOption)
    .option('--json', 'the domain and its records as one JSON object')
    .action(async (domain: string, options: ResidentOptions) => {
      const added = await changeResidents(domainAdd, { domain }, options)
      if (options.json === true) {
        printJson({ added: added.domain, records: added.records })
        return
      }
      say(`Mail for ${added.domain} is taken from now on. Publish in DNS:`)
      printRecords(added.records)
      say(`Next: waybill account add you@${added.domain} --config ${options.config}`)
    })
  return withWhy(command)
}

function removeDomain(): Command {
  const command = new Command('remove')
    .description('take no more mail for a domain; nobody may have an address in it')
    .argument('<domain>', 'one that `waybill domain add` has added')
    .requiredOption(...configOption)
    .option('--json', 'the domain as one JSON object')
    .action(async (domain: string, options: ResidentOptions) => {
      const removed = await changeResidents(domainRemove, { domain }, options)
      if (options.json === true) printJson({ removed })
      else print(`Mail for ${removed} is not taken any more. Its signing keys stay.`)
    })
  return withWhy(command)
}
