import { hookContract } from '../contract-hooks.ts'
import { openMemoryHooks } from './hooks.ts'

hookContract('memory', () => ({ hooks: openMemoryHooks(), dispose: () => undefined }))
