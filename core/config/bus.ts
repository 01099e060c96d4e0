import { z } from 'zod'

const ms = z.number().int().positive()

/** `bus` of station.yaml. */
export const busSchema = z
  .strictObject({
    url: z
      .string()
      .default('embedded')
      .describe(
        'embedded（内置），或 amqp://、amqps:// 网址（口令在密钥中） / embedded or an amqp:// or amqps:// URL (a password comes from the secrets)',
      ),
    hosts: z.array(z.string().min(1)).default([]).meta({
      description:
        '集群的其余节点，主机或主机:端口，依次试 / further nodes of a cluster, host or host:port, tried in turn with everything else that the URL says',
      since: '0.2.0',
    }),
    caFile: z.string().min(1).optional().meta({
      description:
        '签发 amqps:// 服务器证书的机构，PEM 文件；没有则用 Node 自带的 / PEM file with the authorities that sign the certificate of an amqps:// broker; absent: Node’s own list',
      since: '0.2.0',
    }),
    certFile: z.string().min(1).optional().meta({
      description:
        '我方证书，PEM，用于 amqps://；网址没有用户名时即我方的登录 / our own certificate, PEM, for an amqps:// broker; where the URL has no user, our login',
      since: '0.2.0',
    }),
    keyFile: z.string().min(1).optional().meta({ description: '它的私钥，PEM / its key, PEM', since: '0.2.0' }),
    confirmTimeoutMs: ms.default(10_000).describe('等服务器确认多久 / a confirm is waited for so long'),
    prefix: z.string().default('yizhan.').describe('队列与交换机名称的开头 / begins the names of queues and exchanges'),
    feed: z.boolean().default(true).meta({
      description:
        '把每次投递与每个结果发到 <prefix>deliveries 与 <prefix>events；见 docs/feed.md / publish every committed delivery and every outcome to <prefix>deliveries and <prefix>events; see docs/feed.md',
      since: '0.2.0',
    }),
  })
  .prefault({})
  .describe('消息总线 / the message bus')
