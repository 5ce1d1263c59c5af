import { Command } from 'commander'
import { WaybillError } from '../../base/error.ts'
import { type DataOptions, withDataOptions } from '../data.ts'
import { withJourney } from '../named-journey.ts'
import { print, printJson } from '../output.ts'
import { renderJourney } from '../render/journey.ts'

/** `waybill show ID|last`. */
export function showCommand(): Command {
  const command = new Command('show')
    .description('show the journey of a message: every step, with its evidence')
    .argument(
      '<id>',
      '"last", "last:2", 4 characters of an id or more, "Ref …" as pasted, a Message-ID',
    )
    .argument('[which]', 'a journey of a bundle: `show letters.waybill 7d2f`')
    .option('--step <id>', 'only this step: spf, dkim, dmarc, route, …')
    .option('-v, --verbose', 'the evidence too: DNS answers, rules, the SMTP lines')
    .option('--json', 'the journey as one JSON object')
    .action(async (ref: string, which: string | undefined, options: ShowOptions) => {
      await withJourney({ ref, which }, options, ({ view }) => {
        const ids = view.steps.map(({ id }) => id)
        const asked = options.step
        if (asked !== undefined && !ids.some((id) => id === asked || id.startsWith(`${asked}.`))) {
          throw new WaybillError('not-found', `The journey ${view.id} has no step "${asked}".`, {
            hint: `It has: ${Array.from(new Set(ids)).join(', ')}`,
          })
        }
        if (options.json === true) printJson(view)
        else {
          const { step } = options
          const evidence = options.verbose === true
          print(renderJourney(view, { evidence, ...(step === undefined ? {} : { step }) }))
        }
      })
    })
  return withDataOptions(command)
}

interface ShowOptions extends DataOptions {
  readonly step?: string
  readonly verbose?: boolean
  readonly json?: boolean
}
