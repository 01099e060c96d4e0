<?php
// See scenario.md. PHP's own SoapClient (Debian: php-soap).
ini_set('soap.wsdl_cache_enabled', '0');
[, $url, $version, $password, $tag] = $argv;
$open = fn(string $name, string $secret) => new SoapClient("$url?wsdl", [
    'login' => $name, 'password' => $secret, 'exceptions' => true, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
    'soap_version' => $version === '1.2' ? SOAP_1_2 : SOAP_1_1,
]);
$office = $open('office', $password);
$science = $open('science', $password);
$bytes = '';
for ($n = 0; $n < 10240; $n++) $bytes .= chr($n * 7 % 256);
$title = "关于“秋季防汛”<A&B>的通知 $tag";
$document = fn(string $n, string $to = '市科技局', string $more = '') => ['document' => [
    'submissionId' => "$tag-$n$more", 'documentType' => '通知', 'issuedNumberOfDocument' => "周政办〔2016〕$tag{$n}号",
    'documentTitle' => $title . $more, 'mainReceiverDepartment' => $to,
    'files' => ['file' => [['name' => '正文.ofd', 'role' => 'main', 'content' => $bytes]]],
]];
$say = function (string $step, bool $right) { echo $step, $right ? ' ok' : ' wrong', "\n"; };

$a = $office->Submit($document('1'));
$say('Submit', $a->messageId !== '' && $a->repeated === false);
$again = $office->Submit($document('1'));
echo $again->repeated && $again->messageId === $a->messageId && $again->acceptedAt === $a->acceptedAt ? "Submit repeated\n" : "Submit wrong\n";
$b = $office->Submit($document('2'));
$say('Submit', $b->messageId !== '');
$c = $office->Submit($document('3'));
$say('Submit', $c->messageId !== '');
$ids = array_map(fn($entry) => $entry->messageId, $science->ListItems(['maxItems' => 1000, 'kind' => ['document']])->entry);
$say('ListItems', count(array_intersect($ids, [$a->messageId, $b->messageId, $c->messageId])) === 3);
$got = $science->Fetch(['id' => $a->messageId])->item->document;
$say('Fetch', $got->documentTitle === $title && $got->files->file[0]->content === $bytes);
$say('Sign', $science->Sign(['id' => $a->messageId, 'by' => '张三'])->messageId !== '');
$say('Reply', $science->Reply(['id' => $a->messageId, 'replyText' => '已办结'])->messageId !== '');
$say('ReturnDocument', $science->ReturnDocument(['id' => $b->messageId, 'reason' => '附件不全'])->messageId !== '');
echo 'Status ', $office->Status(['id' => "周政办〔2016〕{$tag}1号"])->recipient[0]->state, "\n";
$say('Withdraw', $office->Withdraw(['id' => $c->messageId, 'reason' => '有误'])->messageId !== '');

$faults = [
    fn() => $office->Submit($document('4', '市没有局')),
    fn() => $office->Submit($document('1', '市科技局', '另')),
    fn() => $science->Fetch(['id' => "$tag-nothing"]),
    fn() => $office->Withdraw(['id' => $a->messageId, 'reason' => '太迟']),
    fn() => $open('office', 'wrong')->ListItems([]),
];
foreach ($faults as $call) {
    try { $call(); echo "no fault\n"; } catch (SoapFault $fault) { echo 'fault ', $fault->detail->refusal->code ?? $fault->getMessage(), "\n"; }
}
