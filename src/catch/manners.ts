import type { Faults } from '../desk/faults.ts'
import type { Port } from '../receive/port.ts'
import type { Manner, PortParts } from '../sessions/sessions.ts'
import { defaultServerOptions } from '../smtp/server-engine.ts'
import { catchingPort } from './catching-port.ts'
import { FaultyPort } from './faulty-port.ts'

/**
 * A port that takes whatever comes, from whoever comes, after any login or none. No report of success
 * is offered: nothing of it is delivered.
 */
export function catchingManner(faults: Faults): Manner {
  return {
    engine: { auth: 'any', extensions: { ...defaultServerOptions.extensions, dsn: false } },
    port: (parts) => withFaults(catchingPort(parts.inbound), parts, faults),
  }
}

/** A port as any mail server has it, but for the faults. */
export function usualManner(faults: Faults): Manner {
  return { engine: {}, port: (parts) => withFaults(parts.usual(), parts, faults) }
}

function withFaults(port: Port, { inbound, drop }: PortParts, faults: Faults): Port {
  return new FaultyPort(port, { faults, clock: inbound.clock, drop })
}
