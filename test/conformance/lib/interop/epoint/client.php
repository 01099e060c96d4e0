<?php
// See scenario.md. PHP's own SoapClient (Debian: php-soap).
ini_set('soap.wsdl_cache_enabled', '0');
[, $url, $version, $password, $tag] = $argv;
$client = new SoapClient("$url?wsdl", ['exceptions' => true, 'soap_version' => $version === '1.2' ? SOAP_1_2 : SOAP_1_1]);
$bytes = '';
for ($n = 0; $n < 10240; $n++) $bytes .= chr($n * 7 % 256);
$title = "关于“秋季防汛”<A&B>的通知 $tag";
class Refusal extends Exception {}

/** What stands in the first element of that name, and its attributes; null where there is none. By text: php-xml may not be there. */
$in = function (string $xml, string $name) {
    if (preg_match("~<$name(\\s[^>]*)?>(.*?)</$name>~su", $xml, $found) !== 1) return null;
    return (object) ['attributes' => $found[1], 'content' => $found[2], 'text' => html_entity_decode($found[2], ENT_QUOTES | ENT_XML1, 'UTF-8')];
};
/** What an operation answers; throws the code that a refusal begins with. */
$call = function (string $who, string $operation, string $paras = '', ?string $secret = null) use ($client, $password, $in) {
    $token = base64_encode("$who:" . ($secret ?? $password));
    $answer = $client->$operation(['TokenBase64' => $token, 'ParasXml' => $paras])->{"{$operation}Result"};
    if ($in($answer, 'Status')->text !== 'True') throw new Refusal(strtok($in($answer, 'Description')->text, ' '));
    return $answer;
};
$text = fn(string $value) => htmlspecialchars($value, ENT_XML1);
$send = fn(string $n, string $to = '市科技局', string $more = '') =>
    "<paras><DeptGuid>D-03</DeptGuid><DeptName>市教育局</DeptName><电子公文 公文标识=\"$tag-$n" . strlen($more) . '" 公文种类="通知">'
    . '<发文机关 办理类别="主办">市教育局</发文机关><公文体><眉首><发文字号><发文机关代字>周教</发文机关代字><发文年号>2016</发文年号>'
    . "<发文序号>$tag$n</发文序号></发文字号></眉首><主体><标题>{$text($title . $more)}</标题><收文部门名称>$to</收文部门名称>"
    . "<主送机关>$to</主送机关><正文><版式文件 文件名=\"正文.ofd\">" . base64_encode($bytes) . '</版式文件></正文></主体></公文体></电子公文></paras>';
$about = fn(string $id, string $more = '') => "<paras><originalPaperGUID>{$text($id)}</originalPaperGUID>$more</paras>";
$say = function (string $step, bool $right) { echo $step, $right ? ' ok' : ' wrong', "\n"; };
/** titles by SysGUID */
$list = function (string $who, string $operation) use ($call, $in) {
    preg_match_all('~<Paper>.*?</Paper>~su', $call($who, $operation), $papers);
    $found = [];
    foreach ($papers[0] as $paper) $found[$in($paper, 'SysGUID')->text] = $in($paper, 'Title')->text;
    return $found;
};
$fetch = fn(string $who, string $id) => $call($who, 'InboxArchive_Receive', "<paras><InboxGuid>{$text($id)}</InboxGuid></paras>");
$id = fn(string $answer) => $in($answer, 'SysGUID')->text ?? '';

$a = $id($call('edu', 'OutboxArchive_Send', $send('1')));
$say('Send', $a !== '');
echo $id($call('edu', 'OutboxArchive_Send', $send('1'))) === $a ? "Send repeated\n" : "Send wrong\n";
$b = $id($call('edu', 'OutboxArchive_Send', $send('2')));
$say('Send', $b !== '');
$c = $id($call('edu', 'OutboxArchive_Send', $send('3')));
$say('Send', $c !== '');
$listed = $list('science', 'InboxArchive_Unreceipted');
$say('Unreceipted', array_diff(["$a/science", "$b/science", "$c/science"], array_keys($listed)) === []);
$got = $fetch('science', "$a/science");
$say('Receive', $in($got, '标题')->text === $title && base64_decode($in($got, '版式文件')->content) === $bytes);
$say('Receipt', $id($call('science', 'InboxArchive_Receipt', $about("$a/science", '<UserName>张三</UserName>'))) !== '');
$say('Reply', $id($call('science', 'InboxArchive_Reply', $about("$a/science", '<Content>已办结</Content>'))) !== '');
$say('Return', $id($call('science', 'InboxArchive_Return', $about("$b/science", '<Reason>附件不全</Reason>'))) !== '');
$notices = array_flip(array_map(fn($one) => preg_replace('/：.*/su', '', $one), array_filter($list('edu', 'InboxArchive_Notices'), fn($one) => str_contains($one, $title))));
$reply = isset($notices['答复']) ? $fetch('edu', $notices['答复']) : '';
$say('Notices', isset($notices['回执'], $notices['退文']) && str_contains($in($reply, '电子公文')->attributes, '公文种类="答复"') && $in($reply, '附注')->text === '已办结');
$say('Withdraw', $id($call('edu', 'OutboxArchive_Withdraw', $about($c, '<Reason>有误</Reason>'))) !== '');

$wrong = [
    fn() => $call('edu', 'OutboxArchive_Send', $send('4', '市没有局')),
    fn() => $call('edu', 'OutboxArchive_Send', $send('1', '市科技局', '另')),
    fn() => $fetch('science', "$tag-nothing"),
    fn() => $call('edu', 'OutboxArchive_Withdraw', $about($a)),
    fn() => $call('edu', 'InboxArchive_Unreceipted', '', 'wrong'),
    fn() => $call('edu', 'OutboxArchive_Send', $send('5', '市科技局', str_repeat('长', 200000))),
];
foreach ($wrong as $one) {
    try { $one(); echo "taken\n"; }
    catch (Refusal $refusal) { echo 'refused ', $refusal->getMessage(), "\n"; }
    catch (SoapFault $fault) { echo 'fault ', $fault->detail->refusal->code ?? $fault->getMessage(), "\n"; }
}
