/** The Node built-ins that each folder of one floor may use, without `node:`. */
export type Floor = Readonly<Record<string, readonly string[]>>

/** Formats and engines: pure and synchronous, but for the ports that others implement. */
const formats: readonly Floor[] = [
  { base: [], client: [] },
  { address: [], wire: [] },
  { message: [], sasl: [], dns: [] },
  { smtp: [], mime: [] },
]

/** Evaluators: input and Resolver to a verdict with its evidence. */
const evaluators: readonly Floor[] = [
  { signature: ['crypto'], answers: [], 'seven-bit': [] },
  {
    route: [],
    source: [],
    spf: [],
    dkim: ['crypto'],
    dmarc: [],
    arc: ['crypto'],
    'auth-results': [],
    'mta-sts': [],
    dane: [],
    report: [],
    forwarding: ['crypto'],
  },
]

/** All that knows a machine, a disk, a house or a person. */
const world: readonly Floor[] = [
  { inspect: ['crypto'], transport: [] },
  { journey: ['crypto'] },
  {
    bundle: ['crypto'],
    io: [
      'net',
      'tls',
      'http',
      'https',
      'dgram',
      'fs',
      'fs/promises',
      'crypto',
      'path',
      'os',
      'events',
      'timers',
      'buffer',
      'perf_hooks',
      'zlib',
      'v8',
      'vm',
      'worker_threads',
    ],
  },
  {
    store: ['sqlite', 'worker_threads', 'fs', 'fs/promises', 'crypto', 'path', 'events', 'buffer'],
  },
  { directory: [], post: [], suppression: [], search: ['fs', 'os', 'worker_threads'] },
  {
    bounces: [],
    receive: [],
    queue: [],
    deliver: [],
    mailbox: [],
    reporting: ['crypto'],
    hooks: ['crypto'],
  },
  { policy: [] },
  { sessions: ['net', 'worker_threads', 'os'], config: ['fs', 'path'], desk: ['worker_threads'] },
  {
    control: ['net', 'fs', 'path', 'buffer'],
    http: ['http', 'crypto', 'events', 'fs', 'path', 'buffer'],
  },
  { app: ['path', 'os', 'fs', 'process', 'crypto'] },
  { catch: ['path', 'fs'] },
  { lab: ['path', 'fs'] },
  {
    cli: [
      'fs',
      'fs/promises',
      'path',
      'os',
      'process',
      'stream',
      'worker_threads',
      'readline',
      'util',
      'module',
      'child_process',
      'url',
      'buffer',
      'events',
      'stream/promises',
    ],
  },
]

/**
 * The floors of `src` from below: a folder imports from lower floors only. `ARCHITECTURE.md` says
 * what each folder holds; its table and this one are compared by a test.
 */
export const floors: readonly Floor[] = [...formats, ...evaluators, ...world]

/** Folders that also compile where there is no platform at all: no Node, no DOM. */
export const pureFolders: readonly string[] = [...formats, ...evaluators].flatMap((floor) => {
  return Object.keys(floor).filter((folder) => floor[folder]?.length === 0)
})
