/**
 * What everybody tries first, lower case; with digits and signs around it, and with signs that look like letters, it is
 * no better (`strength.ts`).
 */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  [
    'password passwd passw0rd passwort pass word admin administrator root guest user test tester testing demo system',
    'superuser operator manager master letmein welcome login changeme change default secret service server database',
    'qwerty qwertyuiop qwert asdfgh asdfghjkl asdf zxcvbn zxcvbnm zxcv qazwsx qazwsxedc wsxedc abc abcd abcde abcdef',
    'abcdefg abcdefgh iloveyou monkey dragon sunshine princess football baseball superman batman shadow michael',
    'computer internet hello freedom whatever trustno huawei cisco oracle mysql postgres tomcat weblogic jboss apache',
    'nginx redis rabbitmq windows linux ubuntu debian centos kylin uos yizhan gateway gov government zhengfu office',
    'woaini woaiwojia aini wangyi taobao alibaba tencent weixin zhongguo china beijing shanghai nihao mima denglu',
    'guanli guanliyuan yonghu ceshi xitong caonima laopo baobei qinaide aaaa aaaaaa aaaaaaaa iiii ilovechina',
    '123456 1234567 12345678 123456789 1234567890 0123456789 9876543210 87654321 654321 111111 11111111 000000',
    '00000000 888888 88888888 666666 66666666 123123 123123123 112233 11223344 1122334455 121212 123321 12344321',
    '5201314 1314520 520520 147258369 159357 147852369 789456123 1q2w3e 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc',
    '1qaz@wsx !qaz2wsx !qaz@wsx 1qaz!qaz qaz123wsx q1w2e3 q1w2e3r4 q1w2e3r4t5 zaq12wsx zaq1@wsx a1b2c3 a1b2c3d4 123qwe',
    '123qweasd qwe123 qweasd qweasdzxc qwer1234 1234qwer asd123 abc123 abcd1234 aa123456 a123456 a12345678 admin123',
    'p@ssw0rd p@ssword p@$$w0rd pa$$w0rd passw0rd! zhang wang li liu chen yang huang zhao wu zhou',
  ]
    .join(' ')
    .split(' '),
)
