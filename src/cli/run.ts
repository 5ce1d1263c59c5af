import { type Command, CommanderError } from 'commander'
import { WaybillError } from '../base/error.ts'
import { type ExitCode, exitCodes, say } from './output.ts'
import { makeProgram } from './program.ts'
import { refusedByTheSystem } from './system-refusal.ts'

/** Runs one command line. Gives the exit code; results go to stdout, messages to stderr. */
export async function run(args: readonly string[]): Promise<number> {
  // Its options are not those of our other commands, and its exit codes are sysexits.h's.
  if (args[0] === 'sendmail' && !args.includes('--help')) {
    const { sendmail } = await import('./commands/sendmail.ts')
    return await sendmail(args.slice(1)).catch(tellSendmail)
  }
  const program = await makeProgram(args[0])
  exitByException(program)
  try {
    await program.parseAsync(args, { from: 'user' })
    return asExitCode(process.exitCode ?? exitCodes.yes)
  } catch (problem) {
    return tell(problem)
  }
}

/** EX_TEMPFAIL: whoever calls it tries again. */
function tellSendmail(problem: unknown): number {
  tell(problem)
  return 75
}

/** Commander ends the process by itself unless every command is told not to. */
function exitByException(command: Command): void {
  command.exitOverride()
  command.commands.forEach(exitByException)
}

function asExitCode(code: number | string): ExitCode {
  return Object.values(exitCodes).find((one) => one === Number(code)) ?? exitCodes.no
}

function tell(problem: unknown): ExitCode {
  if (problem instanceof CommanderError) {
    // Help and version were asked for; anything else commander has told already.
    return problem.exitCode === 0 ? exitCodes.yes : exitCodes.usage
  }
  if (problem instanceof WaybillError) {
    say(`waybill: ${problem.message}`)
    if (problem.hint !== undefined) say(`  ${problem.hint}`)
    return codeOf(problem)
  }
  const refused = refusedByTheSystem(problem)
  if (refused !== undefined) {
    say(`waybill: ${refused.sentence}`)
    say(`  ${refused.hint}`)
    return exitCodes.no
  }
  const text = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)
  say(`waybill: something went wrong that should not: ${text}`)
  return exitCodes.no
}

function codeOf({ code }: WaybillError): ExitCode {
  switch (code) {
    case 'usage':
    case 'config-invalid':
      return exitCodes.usage
    case 'not-found':
      return exitCodes.notFound
    case 'port-taken':
    case 'data-in-use':
      return exitCodes.unreachable
    case 'store-busy':
      return exitCodes.couldNotTell
    case 'content-unwritten':
    case 'key-unusable':
    case 'store-broken':
    case 'threads-lost':
    case 'store-full':
      return exitCodes.no
  }
}
