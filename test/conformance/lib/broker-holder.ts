import { startRabbitMq } from '../../lib/servers/rabbitmq.ts'

// Stands for a test process: starts a broker, says where, and lives until it is killed.
const { folder } = await startRabbitMq()
process.stdout.write(folder + '\n')
setInterval(() => undefined, 60_000)
