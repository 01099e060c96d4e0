import { XmlWriter } from '../xml/write.ts'
import type { Out } from './out.ts'
import type { AttributePlan, ElementPlan, ValuePlan } from './plan.ts'

/** A form as an XML element in UTF-8, without declaration. */
export class XmlOut implements Out {
  readonly #writer: XmlWriter

  /** @param attach takes files that are to stand beside the XML, and gives the address of each */
  constructor(attach?: (bytes: Buffer) => string) {
    this.#writer = new XmlWriter({ declaration: false, attach })
  }

  open({ name, namespace, declares }: ElementPlan): void {
    this.#writer.open(name)
    if (declares) this.#writer.attribute('xmlns', namespace)
  }

  attribute({ name }: AttributePlan, text: string): void {
    this.#writer.attribute(name, text)
  }

  text(_plan: ValuePlan, text: string): void {
    if (text !== '') this.#writer.text(text)
  }

  content(bytes: Buffer): void {
    this.#writer.base64(bytes)
  }

  close(): void {
    this.#writer.close()
  }

  finish(): Buffer[] {
    return this.#writer.finish()
  }
}
