import { connect } from 'amqplib'
import { asError, YizhanError } from '../../errors/error.ts'
import type { BrokerAddress } from './address.ts'

/**
 * Connects to each node, logs in and leaves; declares nothing.
 *
 * @returns what each of them said
 * @throws YizhanError BUS_UNAVAILABLE where none of them could be reached
 */
export async function probeBroker({ nodes, socket }: BrokerAddress): Promise<string> {
  const options = await socket()
  const answers = await Promise.allSettled(
    nodes.map(async ({ url }) => {
      const model = await connect(url, options)
      const { product = 'AMQP 0-9-1', version = '' } = model.connection.serverProperties as {
        readonly product?: string
        readonly version?: string
      }
      await model.close()
      return `${product} ${version}`
    }),
  )
  const told = answers.map((answer, n) => {
    const shown = nodes[n]?.shown ?? ''
    return answer.status === 'fulfilled' ? `${answer.value}, ${shown}` : `${shown}: ${asError(answer.reason).message}`
  })
  if (answers.some(({ status }) => status === 'fulfilled')) return told.join('; ')
  throw new YizhanError('BUS_UNAVAILABLE', { detail: told.join('; ') }, { cause: answers[0] })
}
