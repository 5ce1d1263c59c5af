import { Command } from 'commander'
import {
  accountAdd,
  accountForward,
  type AccountInput,
  accountPassword,
  accountRemove,
} from '../../desk/account-operations.ts'
import { WaybillError } from '../../base/error.ts'
import { accountJson } from '../../desk/resident-json.ts'
import type { KnownAccount } from '../../desk/residents.ts'
import { hashPassword } from '../../io/password.ts'
import { type WhyOption, withWhy } from '../at-desk.ts'
import { ask, columns, print, printJson, row, say } from '../output.ts'
import { accountHoldCommand, accountReleaseCommand } from './account-hold.ts'
import { readNewPassword } from '../password-input.ts'
import { changeResidents, type ResidentOptions, messagesAt, residentsIn } from '../residents.ts'

/** `waybill account hash|list|add|remove|password|forward|hold|release`. */
export function accountCommand(): Command {
  return new Command('account')
    .description('who has a mailbox here, and who may log in')
    .addCommand(hashCommand())
    .addCommand(listAccounts())
    .addCommand(addAccount())
    .addCommand(removeAccount())
    .addCommand(setPassword())
    .addCommand(setForward())
    .addCommand(accountHoldCommand())
    .addCommand(accountReleaseCommand())
}

/** The option of commands that need the settings file. */
export const configOption = [
  '--config <file>',
  'the waybill.toml of your server, running or not',
] as const

function hashCommand(): Command {
  return new Command('hash')
    .description(
      'hash a password for password_hash in waybill.toml; typed twice, or read from stdin',
    )
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => {
      const text = await newHash()
      if (options.json === true) printJson({ password_hash: text })
      else print(text)
    })
}

async function newHash(): Promise<string> {
  return await hashPassword(await readNewPassword({ input: process.stdin, ask }))
}

function listAccounts(): Command {
  return new Command('list')
    .description('list the accounts, those of the settings file first')
    .requiredOption(...configOption)
    .option('--json', 'one JSON object a line')
    .action(async ({ config, json }: ResidentOptions) => {
      const { accounts } = await residentsIn(config)
      const width = Math.max(0, ...accounts.map(({ address }) => address.length))
      for (const account of accounts) {
        if (json === true) printJson(accountJson(account))
        else print(accountText(account, width))
      }
      if (accounts.length === 0 && json !== true) {
        say('There are no accounts yet: waybill account add ADDRESS makes one.')
      }
    })
}

function accountText(account: KnownAccount, width: number): string {
  const { address, origin, mayLogIn, aliases, forward = [] } = account
  const login = mayLogIn ? 'logs in' : 'only receives'
  const start = `${address.padEnd(width)}  ${origin.padEnd(8)}  ${login}`
  const further = [
    ...(aliases.length === 0 ? [] : [`also ${aliases.join(', ')}`]),
    ...(forward.length === 0 ? [] : [`handed on to ${forward.join(', ')}`]),
  ]
  return row(start, further.join('; '), columns())
}

interface PasswordOptions extends ResidentOptions {
  /** `false`: nobody logs in. */
  readonly password: boolean
}

function addAccount(): Command {
  const command = new Command('add')
    .description('make an account; its password is typed twice, or read from stdin')
    .argument('<address>', 'its mail address, which is also the login')
    .requiredOption(...configOption)
    .option('--no-password', 'it only receives, and nobody logs in')
    .option('--json', 'the account as one JSON object')
    .action(async (address: string, options: PasswordOptions) => {
      const input = await withHash(address, options)
      const added = await changeResidents(accountAdd, input, options)
      const messages = await messagesAt(options.config, added)
      const login = input.passwordHash !== undefined
      if (options.json === true) printJson({ added, login, messages })
      else {
        print(`${added} has a mailbox now${login ? ' and may log in' : ''}.`)
        if (messages > 0) print(oldMail(added, messages))
      }
    })
  return withWhy(command)
}

/** An address that somebody had before: whoever has it now reads what came for the other one. */
function oldMail(address: string, count: number): string {
  const what = count === 1 ? '1 message that was' : `${count} messages that were`
  return `In it: ${what} filed for this address before. waybill mail delete --all --account ${address} takes them out.`
}

function setPassword(): Command {
  const command = new Command('password')
    .description('set a new password; typed twice, or read from stdin')
    .argument('<address>', 'the account, which `waybill account add` has made')
    .requiredOption(...configOption)
    .option('--no-password', 'take the password away: nobody logs in any more')
    .option('--json', 'the account as one JSON object')
    .action(async (address: string, options: PasswordOptions) => {
      const input = await withHash(address, options)
      const changed = await changeResidents(accountPassword, input, options)
      const login = input.passwordHash !== undefined
      if (options.json === true) printJson({ changed, login })
      else if (login) print(`${changed} logs in with the new password from now on.`)
      else print(`Nobody logs in as ${changed} from now on.`)
    })
  return withWhy(command)
}

interface ForwardOptions extends ResidentOptions, WhyOption {
  readonly none?: boolean
}

function setForward(): Command {
  const command = new Command('forward')
    .description('send a copy of what an account gets to other servers as well')
    .argument('<address>', 'the account, which `waybill account add` has made')
    .argument('[to...]', 'addresses of other servers, in the place of those that it had')
    .requiredOption(...configOption)
    .option('--none', 'to nobody any more')
    .option('--json', 'the account as one JSON object')
    .action(async (address: string, to: readonly string[], options: ForwardOptions) => {
      if ((to.length === 0) !== (options.none === true)) {
        throw new WaybillError('usage', 'It wants addresses, or --none.', {
          hint: `waybill account forward ${address} ben@elsewhere.example`,
        })
      }
      const changed = await changeResidents(accountForward, { address, to }, options)
      if (options.json === true) printJson({ changed: changed.address, forward: changed.to })
      else if (changed.to.length === 0) print(`${changed.address} is handed on to nobody.`)
      else print(`${changed.address} is handed on to ${changed.to.join(', ')} as well.`)
    })
  return withWhy(command)
}

/** The password itself never leaves this process. */
async function withHash(address: string, { password }: PasswordOptions): Promise<AccountInput> {
  return password ? { address, passwordHash: await newHash() } : { address }
}

function removeAccount(): Command {
  const command = new Command('remove')
    .description('take an account away; mail that was filed for it stays')
    .argument('<address>', 'the account, which `waybill account add` has made')
    .requiredOption(...configOption)
    .option('--json', 'the account as one JSON object')
    .action(async (address: string, options: ResidentOptions & WhyOption) => {
      const removed = await changeResidents(accountRemove, { address }, options)
      if (options.json === true) printJson({ removed })
      else print(`${removed} takes no more mail. What was filed for it stays.`)
    })
  return withWhy(command)
}
