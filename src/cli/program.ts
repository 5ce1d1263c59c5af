import { Command } from 'commander'
import { accountCommand } from './commands/account.ts'
import { configCommand } from './commands/config.ts'
import { dkimCommand } from './commands/dkim.ts'
import { dkimKeysCommand, dkimRotateCommand } from './commands/dkim-keys.ts'
import { dmarcCommand } from './commands/dmarc.ts'
import { labCommand } from './commands/lab.ts'
import { listCommand } from './commands/list.ts'
import { mailCommand } from './commands/mail.ts'
import { queueCommand } from './commands/queue.ts'
import { replayCommand } from './commands/replay.ts'
import { showCommand } from './commands/show.ts'
import { spfCommand } from './commands/spf.ts'
import { startCommand } from './commands/start.ts'
import { verifyCommand } from './commands/verify.ts'

/** The whole command line: every command with its arguments and options. */
export function makeProgram(): Command {
  const program = new Command('waybill')
    .description('A mail server in which every message carries its waybill.')
    .version('0.1.0', '-V, --version')
    .showHelpAfterError('(waybill --help lists the commands)')
    .showSuggestionAfterError(true)
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
  const commands = [
    startCommand(),
    showCommand(),
    listCommand(),
    replayCommand(),
    labCommand(),
    mailCommand(),
    queueCommand(),
    accountCommand(),
    verifyCommand(),
    spfCommand(),
    dkimCommand().addCommand(dkimKeysCommand()).addCommand(dkimRotateCommand()),
    dmarcCommand(),
    configCommand(),
  ]
  for (const command of commands) program.addCommand(command)
  return program
}
