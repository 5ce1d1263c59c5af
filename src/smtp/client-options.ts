import type { ClientOptions } from './client-types.ts'

const minuteMs = 60_000

/** How a client engine behaves unless told otherwise: all but the host name. */
export const defaultClientOptions: Omit<ClientOptions, 'hostname'> = {
  tls: 'whenOffered',
  auth: null,
  eightBitToSevenBitPeer: 'fail',
  // RFC 5321 §4.5.3.2
  timeouts: {
    greetingMs: 5 * minuteMs,
    commandMs: 5 * minuteMs,
    mailMs: 5 * minuteMs,
    rcptMs: 5 * minuteMs,
    dataMs: 2 * minuteMs,
    blockMs: 3 * minuteMs,
    messageMs: 10 * minuteMs,
    tlsMs: minuteMs,
    quitMs: 5000,
  },
  maxReplyBytes: 64 * 1024,
}
