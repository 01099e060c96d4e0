import { describe, expect, it } from 'vitest'
import { detailOf } from './lib/interop/answers.ts'
import { describeTo, FOREIGN_CLIENTS } from './lib/interop/clients.ts'
import { EXPECTED_LINES } from './lib/interop/expected.ts'
import { describeClients, interopGate, ownSchema, validate } from './lib/interop/gate.ts'

/**
 * The standing interop gate: SOAP clients that are not ours, made from our WSDL as an integrator makes them, from
 * Submit to Reply and through five faults (lib/interop/scenario.md); and every answer that they got against our schema.
 */

const gate = interopGate()
describeClients(gate, FOREIGN_CLIENTS, { path: '/oa/yizhan', describeTo, expected: EXPECTED_LINES })

describe('xmllint', () => {
  it('finds every answer to be as the schema says', async () => {
    const answers = gate.answers()
    expect(answers.filter((answer) => detailOf(answer)).length).toBeGreaterThanOrEqual(5)
    await validate(gate, await ownSchema(gate), answers)
  })

  it('finds fault with an answer that is not', async () => {
    const wrong = '<SubmitResponse xmlns="urn:yizhan:oa:1"><id>st-1</id></SubmitResponse>'
    await expect(validate(gate, await ownSchema(gate), [wrong])).rejects.toThrow()
  })
})
