import { connect } from 'amqplib'
import { asError, YizhanError } from '../../errors/error.ts'
import type { BrokerAddress } from './address.ts'

/**
 * Connects, logs in and leaves; declares nothing.
 *
 * @returns the broker's product and version, and where
 * @throws YizhanError BUS_UNAVAILABLE
 */
export async function probeBroker(address: BrokerAddress): Promise<string> {
  try {
    const model = await connect(address.url, address.socket)
    const { product = 'AMQP 0-9-1', version = '' } = model.connection.serverProperties as {
      readonly product?: string
      readonly version?: string
    }
    await model.close()
    return `${product} ${version}, ${address.shown}`
  } catch (error) {
    throw new YizhanError(
      'BUS_UNAVAILABLE',
      { detail: `${address.shown}: ${asError(error).message}` },
      { cause: error },
    )
  }
}
