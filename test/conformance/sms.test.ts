import { cmppRig } from './lib/sms-cmpp-rig.ts'
import { httpRig } from './lib/sms-http-rig.ts'
import { smppRig } from './lib/sms-smpp-rig.ts'
import { smsSuite } from './lib/sms-suite.ts'

smsSuite('CMPP 2.0, the sandbox’s centre', () => cmppRig('2.0'))
smsSuite('CMPP 3.0, the sandbox’s centre', () => cmppRig('3.0'))
smsSuite('SMPP 3.4, the library’s server', smppRig)
smsSuite('HTTP, a platform like 云MAS', httpRig)
