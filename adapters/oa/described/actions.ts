import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'

export type DescribedSoap = NonNullable<CompiledProfile['soap']>

/** WS-Addressing's action of a request, as the WSDL has it, and its SOAPAction. */
export function actionOf({ namespace }: DescribedSoap, operation: string): string {
  return /[/#:]$/.test(namespace) ? `${namespace}${operation}` : `${namespace}/${operation}`
}

/** Of its answer. */
export function resultActionOf(soap: DescribedSoap, operation: string): string {
  return actionOf(soap, `${operation}Answer`)
}

/** Of a fault. */
export function faultActionOf(soap: DescribedSoap): string {
  return actionOf(soap, 'Refusal')
}
