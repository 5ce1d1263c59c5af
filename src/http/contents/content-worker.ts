/** The thread that reads messages for showing them, beside the work of the server. */
import { doTasks } from '../../io/work-loop.ts'
import type { ContentAnswer, ContentTask } from './content-task.ts'
import { OpenMessages } from './open-messages.ts'

const open = new OpenMessages()
doTasks<ContentTask, ContentAnswer>((task) => open.do(task))
