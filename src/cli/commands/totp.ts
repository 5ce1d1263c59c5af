import { Command } from 'commander'
import { readConfig } from '../../config/config.ts'
import type { Operation } from '../../desk/act.ts'
import {
  type SecondFactorPart,
  secondFactorView,
  totpAdd,
  totpConfirm,
  totpRemove,
} from '../../desk/second-factor-operations.ts'
import { operatorName, SecondFactorDesk } from '../../desk/second-factors.ts'
import { totpAddress } from '../../io/totp.ts'
import type { SecondFactor } from '../../store/ports/credentials.ts'
import { type WhyOption, withWhy } from '../at-desk.ts'
import { print, printJson, say } from '../output.ts'
import { changeOf } from '../residents.ts'
import { storedIn } from '../stored.ts'
import { configOption } from './account.ts'

interface TotpOptions extends WhyOption {
  readonly config: string
  readonly account: string
  readonly json?: boolean
}

const accountOption = [
  '--account <address>',
  'whose it is; without it the operator’s',
  operatorName,
] as const

/** `waybill totp list|add|confirm|remove`. */
export function totpCommand(): Command {
  return new Command('totp')
    .description('codes by time as a second factor for logging in on the page')
    .addCommand(listFactors())
    .addCommand(addFactor())
    .addCommand(confirmFactor())
    .addCommand(removeFactor())
}

function listFactors(): Command {
  return new Command('list')
    .description('list who has a second factor')
    .requiredOption(...configOption)
    .option('--json', 'one JSON object a line')
    .action(async ({ config, json }: TotpOptions) => {
      const all = (await storedIn(config, (reads) => reads.secondFactors.list())) ?? []
      for (const factor of all) {
        if (json === true) printJson(secondFactorView(factor))
        else print(`${factor.who}  ${stateOf(factor)}`)
      }
      if (all.length === 0 && json !== true) {
        say('Nobody has a second factor yet: waybill totp add makes one.')
      }
    })
}

function stateOf({ confirmedAt, recovery }: SecondFactor): string {
  if (confirmedAt === undefined) return 'begun: waybill totp confirm CODE ends it'
  const since = new Date(confirmedAt).toISOString().slice(0, 10)
  return `since ${since}, ${recovery.length} recovery codes left`
}

function addFactor(): Command {
  const command = new Command('add')
    .description('make a secret for an app that shows codes; asked for once it is confirmed')
    .requiredOption(...configOption)
    .option(...accountOption)
    .option('--json', 'the secret as one JSON object')
    .action(async (options: TotpOptions) => {
      const { who, secret } = await change(totpAdd, { who: options.account }, options)
      const { hostname } = readConfig(options.config)
      const address = totpAddress(secret, { hostname, who })
      if (options.json === true) printJson({ who, secret, address })
      else {
        print(`secret   ${secret}`)
        print(`address  ${address}`)
        const whose = who === operatorName ? '' : ` --account ${who}`
        say('Give one of them to your app; it is shown this once. Then, with the code it shows:')
        say(`  waybill totp confirm CODE${whose} --config ${options.config}`)
      }
    })
  return withWhy(command)
}

function confirmFactor(): Command {
  const command = new Command('confirm')
    .description('end the setting up by a first code; prints codes to fall back on')
    .argument('<code>', 'the six digits that the app shows now')
    .requiredOption(...configOption)
    .option(...accountOption)
    .option('--json', 'the recovery codes as one JSON object')
    .action(async (code: string, options: TotpOptions) => {
      const { who, codes } = await change(totpConfirm, { who: options.account, code }, options)
      if (options.json === true) printJson({ who, recovery_codes: codes })
      else {
        for (const one of codes) print(one)
        say(`From now on ${who} logs in on the page with a code, too.`)
        say('Each of those above stands once for a code, when the app is lost. Keep them safe.')
      }
    })
  return withWhy(command)
}

function removeFactor(): Command {
  const command = new Command('remove')
    .description('take a second factor away')
    .requiredOption(...configOption)
    .option(...accountOption)
    .option('--json', 'whose it was as one JSON object')
    .action(async (options: TotpOptions) => {
      const removed = await change(totpRemove, { who: options.account }, options)
      if (options.json === true) printJson({ removed })
      else print(`${removed} logs in without a code from now on.`)
    })
  return withWhy(command)
}

function change<Input, Result>(
  operation: Operation<SecondFactorPart, Input, Result>,
  input: Input,
  options: TotpOptions,
): Promise<Result> {
  return changeOf({
    operation,
    input,
    options,
    desk: ({ secondFactors: port }, parts) => ({
      secondFactors: new SecondFactorDesk({ ...parts, port }),
    }),
  })
}
