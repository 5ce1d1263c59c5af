/**
 * AUTH: when it may begin, and what each line of the exchange leads to. RFC 4954 §4. The responses
 * are read, and never judged: whether they are true is a question for policy.
 */
import type { ServerMechanism, ServerStep } from '../sasl/mechanism.ts'
import { readInitialResponse, readResponse, serverMechanism } from '../sasl/sasl.ts'
import type { Command } from './command.ts'
import { mayLogIn } from './ehlo.ts'
import * as replies from './reply.ts'
import { error, type Step } from './server-step.ts'
import type { ServerOptions, Session } from './server-types.ts'

/** What to do about the AUTH command. */
export function stepForAuth(
  command: Command & { readonly verb: 'AUTH' },
  session: Session,
  options: ServerOptions,
): Step {
  if (options.auth === 'off') return error(replies.authNotOffered)
  if (session.greeting?.verb !== 'EHLO') return error(replies.ehloForAuth)
  if (session.user !== null) return error(replies.authAlready)
  if (session.transaction !== null) return error(replies.authInMail)
  if (!mayLogIn(session, options)) return error(replies.encryptionRequired)
  const mechanism = serverMechanism(command.mechanism)
  if (mechanism === undefined) return error(replies.unknownMechanism)
  if (command.initial === null) return goOn(mechanism, mechanism.start(null))
  const initial = readInitialResponse(command.initial)
  if (initial === undefined) return error(replies.notBase64)
  return goOn(mechanism, mechanism.start(initial))
}

/** What to do about the line that answers a challenge. */
export function stepForResponse(line: string, mechanism: ServerMechanism): Step {
  const response = readResponse(line)
  switch (response.type) {
    case 'cancel':
      return error(replies.authCancelled)
    case 'malformed':
      return error(replies.notBase64)
    case 'response':
      return goOn(mechanism, mechanism.respond(response.octets))
  }
}

function goOn(mechanism: ServerMechanism, step: ServerStep): Step {
  switch (step.type) {
    case 'challenge':
      return { type: 'challenge', mechanism, octets: step.octets }
    case 'credentials': {
      const question = { type: 'auth', mechanism: mechanism.name, ...step.credentials } as const
      return { type: 'ask', question }
    }
    case 'malformed':
      return error(replies.badResponse)
  }
}
