import type { WrongCertificate } from '../desk/fault.ts'
import type { Faults } from '../desk/faults.ts'
import { type ServerContext, serverContext } from '../io/tls-context.ts'
import type { KeyedCertificate } from '../io/certificates.ts'
import type { Port } from '../receive/port.ts'
import type { Manner, PortParts } from '../sessions/sessions.ts'
import { defaultServerOptions } from '../smtp/server-engine.ts'
import { catchingPort } from './catching-port.ts'
import { FaultyPort } from './faulty-port.ts'

/** Says what goes wrong next. */
type Striking = Pick<Faults, 'strike'>

/** Certificates that nobody should believe, for the faults that show one. */
export type WrongCertificates = Readonly<Record<WrongCertificate, KeyedCertificate>>

/**
 * A port that takes whatever comes, from whoever comes, after any login or none. No report of success
 * is offered: nothing of it is delivered.
 *
 * @param wrong absent: no fault of certificates strikes
 */
export function catchingManner(faults: Striking, wrong?: WrongCertificates): Manner {
  return {
    engine: { auth: 'any', extensions: { ...defaultServerOptions.extensions, dsn: false } },
    port: (parts) => withFaults(catchingPort(parts.inbound), parts, faults),
    ...(wrong === undefined ? {} : { context: contextsOf(faults, wrong) }),
  }
}

/** A port as any mail server has it, but for the faults. */
export function usualManner(faults: Striking, wrong: WrongCertificates): Manner {
  return {
    engine: {},
    port: (parts) => withFaults(parts.usual(), parts, faults),
    context: contextsOf(faults, wrong),
  }
}

/** The TLS of a connection that begins under a fault of certificates; made once each. */
function contextsOf(faults: Striking, wrong: WrongCertificates): () => ServerContext | undefined {
  const contexts = new Map<WrongCertificate, ServerContext>()
  return () => {
    const what = faults.strike('starttls', (fault) => isWrong(fault.what))?.what
    if (!isWrong(what)) return undefined
    const made = contexts.get(what) ?? serverContext(wrong[what])
    contexts.set(what, made)
    return made
  }
}

function isWrong(what: string | undefined): what is WrongCertificate {
  return what === 'expired' || what === 'wrong-name' || what === 'untrusted'
}

function withFaults(port: Port, { inbound, drop }: PortParts, faults: Striking): Port {
  return new FaultyPort(port, { faults, clock: inbound.clock, drop })
}
