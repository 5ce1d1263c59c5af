import type { ServerOptions } from './server-types.ts'

const minuteMs = 60_000

/** How a server engine behaves unless told otherwise: all but the host name. */
export const defaultServerOptions: Omit<ServerOptions, 'hostname'> = {
  greetingText: 'Waybill',
  tls: 'starttls',
  auth: 'off',
  maxMessageBytes: 50 * 1024 * 1024,
  extensions: { smtpUtf8: true, dsn: true, chunking: false },
  earlyTalk: 'refuse',
  limits: {
    // 512 of RFC 5321 §4.5.3.1.4, and what SIZE, BODY, SMTPUTF8, DSN and AUTH add to it.
    commandLine: 2048,
    authLine: 12_288,
    recipients: 1000,
    errors: 10,
    rejections: 100,
    authFailures: 3,
    idleCommands: 100,
    waitingOctets: 1024 * 1024,
  },
  timeouts: {
    // RFC 5321 §4.5.3.2.7
    commandMs: 5 * minuteMs,
    dataMs: 5 * minuteMs,
    minDataBytes: 1024,
    // Far more than a handshake takes; whoever needs longer only holds the place.
    tlsMs: 20_000,
  },
  addresses: 'lenient',
}
