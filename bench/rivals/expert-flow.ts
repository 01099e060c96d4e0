/**
 * The flow that an expert wires by hand on Node-RED, without this project: SOAP in, a durable queue on RabbitMQ in
 * between, SOAP out. Publishing is confirmed before the sender gets its answer; a message is acknowledged after the
 * receiving OA has taken it. No step is done that it could do without; base64 stays as it came.
 *
 * `amqplib` stands in the functions' global context as `amqp`.
 */
export function expertFlow(options: { readonly amqpUrl: string; readonly receiverUrl: string }): readonly object[] {
  const node = (id: string, type: string, x: number, y: number, wires: string[], more: object): object => ({
    id,
    type,
    z: 'expert',
    x,
    y,
    wires: [wires],
    ...more,
  })
  const func = (id: string, x: number, y: number, wires: string[], script: string, start = '', outputs = 1): object =>
    node(id, 'function', x, y, wires, {
      name: id,
      func: script,
      initialize: start,
      finalize: '',
      libs: [],
      noerr: 0,
      outputs,
    })
  const amqpUrl = JSON.stringify(options.amqpUrl)
  return [
    { id: 'expert', type: 'tab', label: 'expert' },
    node('submit', 'http in', 100, 100, ['read'], { url: '/oa', method: 'post', upload: false }),
    node('read', 'xml', 250, 100, ['publish'], { property: 'payload', attr: '', chr: '' }),
    func('publish', 400, 100, ['answer'], PUBLISH, OPEN_PUBLISHER.replace('AMQP_URL', amqpUrl)),
    node('answer', 'http response', 550, 100, [], { statusCode: '', headers: {} }),
    func('consume', 100, 200, ['send'], 'return null', OPEN_CONSUMER.replace('AMQP_URL', amqpUrl)),
    node('send', 'http request', 400, 200, ['acknowledge'], {
      method: 'POST',
      ret: 'txt',
      paytoqs: 'ignore',
      url: options.receiverUrl,
      persist: true,
      senderr: false,
      insecureHTTPParser: false,
    }),
    func('acknowledge', 550, 200, [], ACKNOWLEDGE, '', 0),
  ]
}

const OPEN_PUBLISHER = `
const connection = await global.get('amqp').connect(AMQP_URL)
const channel = await connection.createConfirmChannel()
await channel.assertQueue('expert.documents', { durable: true })
context.set('channel', channel)`

const PUBLISH = `
const channel = context.get('channel')
const text = (element) => (element === undefined ? undefined : element[0])
const [submitted] = msg.payload['soapenv:Envelope']['soapenv:Body'][0].Submit[0].document
const [file] = submitted.files[0].file
const document = {
  submissionId: text(submitted.submissionId), from: text(submitted.from), unit: submitted.to[0].unit[0],
  number: text(submitted.issuedNumberOfDocument), title: text(submitted.documentTitle), type: text(submitted.documentType),
  urgency: text(submitted.emergencyDegree), mark: text(submitted.identificationOfDocumentIssuer),
  recipients: text(submitted.mainReceiverDepartment), signature: text(submitted.signatureOfDocumentIssuingAgency),
  date: text(submitted.documentDate), printer: text(submitted.printingAndSendingDepartment), printDate: text(submitted.printingDate),
  acceptedAt: new Date().toISOString(),
  file: { name: text(file.name), mediaType: text(file.mediaType), content: text(file.content) },
}
if (!document.submissionId || !document.number || !document.title) throw new Error('submissionId, number and title are required')
await new Promise((resolve, reject) => {
  const message = Buffer.from(JSON.stringify(document))
  const done = (error) => (error ? reject(error) : resolve())
  channel.publish('', 'expert.documents', message, { persistent: true, contentType: 'application/json' }, done)
})
msg.headers = { 'content-type': 'text/xml; charset=utf-8' }
msg.payload = '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
  '<SubmitResponse xmlns="urn:yizhan:oa:1"><messageId>' + document.submissionId + '</messageId><repeated>false</repeated><acceptedAt>' +
  document.acceptedAt + '</acceptedAt></SubmitResponse></soapenv:Body></soapenv:Envelope>'
return msg`

/** Rendered where the message comes in: one function less on the way. */
const OPEN_CONSUMER = `
const connection = await global.get('amqp').connect(AMQP_URL)
const channel = await connection.createChannel()
await channel.prefetch(20)
await channel.assertQueue('expert.documents', { durable: true })
flow.set('consumer', channel)
const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text) => String(text).replace(/[&<>"]/g, (character) => escapes[character])
const element = (name, text) => (text === undefined ? '' : '<' + name + '>' + escape(text) + '</' + name + '>')
const render = (document) =>
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><Deliver xmlns="urn:yizhan:oa:1"><item>' +
  element('id', document.submissionId + '/' + document.unit) + '<kind>document</kind>' + element('messageId', document.submissionId) +
  element('unit', document.unit) + '<role>to</role>' + element('acceptedAt', document.acceptedAt) + '<document>' +
  element('submissionId', document.submissionId) + element('from', document.from) + '<direction>issue</direction>' +
  element('documentType', document.type) + element('emergencyDegree', document.urgency) +
  element('identificationOfDocumentIssuer', document.mark) + element('issuedNumberOfDocument', document.number) +
  element('documentTitle', document.title) + element('mainReceiverDepartment', document.recipients) +
  element('signatureOfDocumentIssuingAgency', document.signature) + element('documentDate', document.date) +
  element('printingAndSendingDepartment', document.printer) + element('printingDate', document.printDate) +
  '<to><unit>' + escape(document.unit) + '</unit></to><files><file>' + element('name', document.file.name) + '<role>main</role>' +
  element('mediaType', document.file.mediaType) + '<content>' + document.file.content + '</content></file></files>' +
  '</document></item></Deliver></soapenv:Body></soapenv:Envelope>'
const headers = { 'content-type': 'text/xml; charset=utf-8', soapaction: '"urn:yizhan:oa:1/Deliver"' }
await channel.consume('expert.documents', (message) => {
  const document = JSON.parse(message.content.toString())
  node.send({ payload: render(document), headers: { ...headers }, deliveryTag: message.fields.deliveryTag }, false)
})`

const ACKNOWLEDGE = `
const delivery = { fields: { deliveryTag: msg.deliveryTag } }
if (msg.statusCode === 200) flow.get('consumer').ack(delivery)
else flow.get('consumer').nack(delivery)
return null`
