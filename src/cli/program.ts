import { Command } from 'commander'
import { helpOutput } from './output.ts'
import { programVersion } from './version.ts'

/** Each command's code, loaded when it is asked for: one command needs nothing of the others. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).startCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  show: async () => (await import('./commands/show.ts')).showCommand(),
  why: async () => (await import('./commands/why.ts')).whyCommand(),
  list: async () => (await import('./commands/list.ts')).listCommand(),
  wait: async () => (await import('./commands/wait.ts')).waitCommand(),
  replay: async () => (await import('./commands/replay.ts')).replayCommand(),
  diff: async () => (await import('./commands/diff.ts')).diffCommand(),
  export: async () => (await import('./commands/export.ts')).exportCommand(),
  import: async () => (await import('./commands/import.ts')).importCommand(),
  lab: async () => (await import('./commands/lab.ts')).labCommand(),
  mail: async () => (await import('./commands/mail.ts')).mailCommand(),
  queue: async () => (await import('./commands/queue.ts')).queueCommand(),
  pause: async () => (await import('./commands/pause.ts')).pauseCommand(),
  resume: async () => (await import('./commands/pause.ts')).resumeCommand(),
  account: async () => (await import('./commands/account.ts')).accountCommand(),
  alias: async () => (await import('./commands/alias.ts')).aliasCommand(),
  domain: async () => (await import('./commands/domain.ts')).domainCommand(),
  suppress: async () => (await import('./commands/suppress.ts')).suppressCommand(),
  key: async () => (await import('./commands/key.ts')).keyCommand(),
  totp: async () => (await import('./commands/totp.ts')).totpCommand(),
  webhook: async () => (await import('./commands/webhook.ts')).webhookCommand(),
  verify: async () => (await import('./commands/verify.ts')).verifyCommand(),
  probe: async () => (await import('./commands/probe.ts')).probeCommand(),
  sendmail: async () => (await import('./commands/sendmail.ts')).sendmailCommand(),
  mailq: async () => (await import('./commands/mailq.ts')).mailqCommand(),
  route: async () => (await import('./commands/route.ts')).routeCommand(),
  spf: async () => (await import('./commands/spf.ts')).spfCommand(),
  dkim: async () => {
    const { dkimKeysCommand, dkimRotateCommand } = await import('./commands/dkim-keys.ts')
    const { dkimCommand } = await import('./commands/dkim.ts')
    return dkimCommand().addCommand(dkimKeysCommand()).addCommand(dkimRotateCommand())
  },
  dmarc: async () => (await import('./commands/dmarc.ts')).dmarcCommand(),
  tls: async () => (await import('./commands/tls.ts')).tlsCommand(),
  report: async () => (await import('./commands/report.ts')).reportCommand(),
  prune: async () => (await import('./commands/prune.ts')).pruneCommand(),
  audit: async () => (await import('./commands/audit.ts')).auditCommand(),
  backup: async () => (await import('./commands/backup.ts')).backupCommand(),
  restore: async () => (await import('./commands/restore.ts')).restoreCommand(),
  'verify-store': async () => (await import('./commands/verify-store.ts')).verifyStoreCommand(),
  config: async () => (await import('./commands/config.ts')).configCommand(),
}

/**
 * The command line: the command of this name alone, or every command, for the help and for a name
 * that is none.
 */
export async function makeProgram(name?: string): Promise<Command> {
  const program = new Command('waybill')
    .description('A mail server in which every message carries its waybill.')
    .version(programVersion(), '-V, --version')
    .showHelpAfterError('(waybill --help lists the commands)')
    .showSuggestionAfterError(true)
    .addHelpText('after', helpEnd)
  const known = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
  const loads = known === undefined ? Object.values(commands) : [known]
  for (const load of loads) program.addCommand(await load())
  program.commands.forEach((command) => pointToHelp(command, 'waybill'))
  writeThrough(program)
  return program
}

/** Who got a command wrong is told where its help is. */
function pointToHelp(command: Command, parent: string): void {
  const name = `${parent} ${command.name()}`
  command.showHelpAfterError(`(${name} --help tells how it is used)`)
  command.commands.forEach((inner) => pointToHelp(inner, name))
}

/** What commander writes holds words of the command line. */
function writeThrough(command: Command): void {
  command.configureOutput(helpOutput)
  // Sentences keep their column on narrow terminals too.
  command.configureHelp({ minWidthToWrap: 20 })
  command.commands.forEach(writeThrough)
}

const helpEnd = `
Begin with:  waybill start --lab        two mail servers on this computer
             waybill lab run forged     a forgery, and how it is found out
             waybill show last          what happened to the last message

Exit codes: 0 yes or done, 1 no or failed, 2 wrong use, 3 could not tell,
4 unreachable or in use, 5 not found. Every command has --help.`
