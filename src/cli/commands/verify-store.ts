import { Command } from 'commander'
import { readConfig } from '../../config/config.ts'
import {
  type StoreFinding,
  type StoreReport,
  verifyStore,
} from '../../store/sqlite/verify-store.ts'
import { defaultData, storesIn } from '../data.ts'
import { exitCodes, print, printJson } from '../output.ts'

interface VerifyStoreOptions {
  readonly data?: string
  readonly config?: string
  readonly json?: boolean
}

/** `waybill verify-store`. */
export function verifyStoreCommand(): Command {
  return new Command('verify-store')
    .description('look at all that is stored: the database, every content by its hash, every file')
    .option('--config <file>', 'the waybill.toml that names the data folder')
    .option('--data <folder>', `the data folder (${defaultData})`)
    .option('--json', 'one JSON object for each store')
    .addHelpText(
      'after',
      '\nChanges nothing, and may run beside a server.' +
        '\nExit code 0: all is whole. 1: something is missing, damaged or unexplained.',
    )
    .action(async (options: VerifyStoreOptions) => {
      const named = options.config === undefined ? undefined : readConfig(options.config).data
      let whole = true
      for (const folder of storesIn(options.data ?? named ?? defaultData)) {
        const report = await verifyStore({ folder })
        if (report.findings.length > 0) whole = false
        if (options.json === true)
          printJson({ folder, whole: report.findings.length === 0, ...report })
        else printReport(folder, report)
      }
      process.exitCode = whole ? exitCodes.yes : exitCodes.no
    })
}

function printReport(folder: string, report: StoreReport): void {
  const { contents, octets, messages, journeys, findings, more } = report
  print(
    `${folder}: ${messages} messages, ${journeys} journeys, ${contents} contents, ${octets} octets`,
  )
  for (const finding of findings) print(`  ${sentence(finding)}`)
  if (more > 0) print(`  and ${more} more`)
  if (findings.length === 0) print('  All is whole.')
  else print('  What to do is in docs/store.md: When something is missing.')
}

function sentence(finding: StoreFinding): string {
  switch (finding.type) {
    case 'missing':
    case 'unreadable':
    case 'damaged': {
      const { type, sha256, messages, detail } = finding
      const whose = messages.length === 0 ? '' : `; of the messages ${messages.join(', ')}`
      return `${type}: the content ${sha256} (${detail})${whose}`
    }
    case 'orphan':
      return `unexplained: ${finding.path}, ${finding.octets} octets, which no message names`
    case 'reference':
      return `dangling: ${finding.detail}`
    case 'database':
      return `database: ${finding.detail}`
  }
}
