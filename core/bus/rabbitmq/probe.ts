import { connect } from 'amqplib'
import { asError, YizhanError } from '../../errors/error.ts'
import type { BrokerAddress } from './address.ts'

export interface ProbedBroker {
  readonly told: string
  readonly away: number
}

/**
 * Connects to each node, logs in and leaves; declares nothing.
 *
 * @returns what each of them said, and how many could not be reached
 * @throws YizhanError BUS_UNAVAILABLE where none of them could be reached
 */
export async function probeBroker({ nodes, socket }: BrokerAddress): Promise<ProbedBroker> {
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
  const away = answers.filter(({ status }) => status === 'rejected').length
  if (away < nodes.length) return { told: told.join('; '), away }
  throw new YizhanError('BUS_UNAVAILABLE', { detail: told.join('; ') }, { cause: answers[0] })
}
