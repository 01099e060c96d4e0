<?php
// See scenario.md. PHP's own SoapClient (Debian: php-soap).
ini_set('soap.wsdl_cache_enabled', '0');
[, $url, $version, $password, $tag] = $argv;
$port = new SoapClient("$url?wsdl", [
    'exceptions' => true, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
    'soap_version' => $version === '1.2' ? SOAP_1_2 : SOAP_1_1,
]);
$water = ['zhangHao' => 'water', 'kouLing' => $password];
$forest = ['zhangHao' => 'forest', 'kouLing' => $password];
$bytes = '';
for ($n = 0; $n < 10240; $n++) $bytes .= chr($n * 7 % 256);
$title = "关于“秋季防汛”<A&B>的通知 $tag";
$send = fn(string $n, string $to = '市林业局') => $port->FaSongGongWen($water + [
    'waiBuHao' => "$tag-$n", 'wenHao' => "周水〔2016〕$tag{$n}号", 'wenZhong' => '通知', 'biaoTi' => $title,
    'zhuSong' => $to, 'fenShu' => 3, 'wenJian' => [['wenJianMing' => '正文.ofd', 'leiXing' => 'main', 'neiRong' => $bytes]],
]);
$say = function (string $step, bool $right) { echo $step, $right ? ' ok' : ' wrong', "\n"; };
$good = fn($answer) => $answer->jieGuo->daiMa === '0' && $answer->bianHao !== '';

$a = $send('1');
$say('FaSong', $good($a) && $a->yiShouGuo === false);
$again = $send('1');
$say('FaSong again', $again->yiShouGuo === true && $again->bianHao === $a->bianHao);
[$b, $c] = [$send('2'), $send('3')];
$say('FaSong', $good($b) && $good($c));
$listed = $port->ChaDaiShou($forest + ['zuiDuo' => 1000]);
$mine = array_filter($listed->tiaoMu, fn($row) => $row->tiMing === $title && $row->laiWenDanWei === '市水务局');
$say('ChaDaiShou', $listed->jieGuo->daiMa === '0' && $listed->gongJi === count($listed->tiaoMu) && count($mine) === 3);
$got = $port->QuGongWen($forest + ['gongWenHao' => $a->bianHao])->gongWen;
$say('QuGongWen', $got->biaoTi === $title && $got->fenShu === 3 && $got->wenJian[0]->neiRong === $bytes);
$say('QianShou', $good($port->QianShouGongWen($forest + ['gongWenHao' => $a->bianHao, 'qianShouRen' => '张三'])));
$say('HuiFu', $good($port->HuiFuGongWen($forest + ['gongWenHao' => $a->bianHao, 'yiJian' => '已办结'])));
$say('TuiHui', $good($port->TuiHuiGongWen($forest + ['gongWenHao' => $b->bianHao, 'yuanYin' => '附件不全'])));
echo 'ChaZhuangTai ', $port->ChaZhuangTai($water + ['gongWenHao' => "周水〔2016〕{$tag}1号"])->shouWenDanWei[0]->zhuangTai, "\n";
$say('CheHui', $good($port->CheHuiGongWen($water + ['gongWenHao' => $c->bianHao, 'yuanYin' => '有误'])));
echo 'refused ', $send('4', '市没有局')->jieGuo->daiMa, "\n";
echo 'refused ', $port->QuGongWen($forest + ['gongWenHao' => "$tag-nothing"])->jieGuo->daiMa, "\n";
echo 'refused ', $port->ChaDaiShou(['zhangHao' => 'forest', 'kouLing' => 'wrong'])->jieGuo->daiMa, "\n";
