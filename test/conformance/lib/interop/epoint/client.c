/* See scenario.md. gSOAP (Debian: gsoap, libgsoap-dev): soapStub.h and the rest are generated from the WSDL. */
#include "ArchiveExchangeSoap.nsmap"
#include "soapH.h"
#include <stdarg.h>

static const char *url, *version, *password, *tag;
static unsigned char bytes[10240];
static struct soap *soap;

static char *made(const char *format, ...) {
  va_list args;
  int size;
  char *text;
  va_start(args, format);
  size = vsnprintf(NULL, 0, format, args) + 1;
  va_end(args);
  text = (char *)soap_malloc(soap, size);
  va_start(args, format);
  vsnprintf(text, size, format, args);
  va_end(args);
  return text;
}

/* What stands between two marks, the second one after the first; NULL where they are not there. */
static char *between(const char *text, const char *from, const char *to) {
  const char *start = text == NULL ? NULL : strstr(text, from), *end;
  if (start == NULL) return NULL;
  start += strlen(from);
  end = strstr(start, to);
  return end == NULL ? NULL : made("%.*s", (int)(end - start), start);
}

static int has(const char *text, const char *part) { return text != NULL && strstr(text, part) != NULL; }

static char *token(const char *who, const char *secret) {
  char *login = made("%s:%s", who, secret);
  return soap_s2base64(soap, (unsigned char *)login, NULL, (int)strlen(login));
}

/* One function for each operation: its result, or NULL where there was a fault. */
#define OPERATION(name)                                                                                     \
  static char *name(const char *who, const char *secret, char *paras) {                                     \
    struct _tempuri__##name request;                                                                        \
    struct _tempuri__##name##Response answer;                                                               \
    soap_default__tempuri__##name(soap, &request);                                                          \
    soap_default__tempuri__##name##Response(soap, &answer);                                                 \
    request.TokenBase64 = token(who, secret);                                                               \
    request.ParasXml = paras;                                                                               \
    if (soap_call___tempuri__##name(soap, url, "http://tempuri.org/", &request, &answer) != SOAP_OK)        \
      return NULL;                                                                                          \
    return answer.name##Result;                                                                             \
  }
OPERATION(InboxArchive_USCOREUnreceipted)
OPERATION(InboxArchive_USCORENotices)
OPERATION(InboxArchive_USCOREReceive)
OPERATION(InboxArchive_USCOREReceipt)
OPERATION(InboxArchive_USCOREReturn)
OPERATION(InboxArchive_USCOREReply)
OPERATION(OutboxArchive_USCORESend)
OPERATION(OutboxArchive_USCOREWithdraw)

static char *title(const char *more) { return made("关于“秋季防汛”&lt;A&amp;B&gt;的通知 %s%s", tag, more); }

static char *document(const char *n, const char *to, const char *more) {
  return made("<paras><DeptGuid>D-03</DeptGuid><DeptName>市教育局</DeptName><电子公文 公文标识=\"%s-%s%d\" 公文种类=\"通知\">"
              "<发文机关 办理类别=\"主办\">市教育局</发文机关><公文体><眉首><发文字号><发文机关代字>周教</发文机关代字>"
              "<发文年号>2016</发文年号><发文序号>%s%s</发文序号></发文字号></眉首><主体><标题>%s</标题>"
              "<收文部门名称>%s</收文部门名称><主送机关>%s</主送机关><正文><版式文件 文件名=\"正文.ofd\">%s</版式文件></正文>"
              "</主体></公文体></电子公文></paras>",
              tag, n, (int)strlen(more), tag, n, title(more), to, to,
              soap_s2base64(soap, bytes, NULL, sizeof bytes));
}

static char *send_document(const char *n, const char *to, const char *more) {
  return OutboxArchive_USCORESend("edu", password, document(n, to, more));
}

static char *about(const char *id, const char *more) {
  return made("<paras><originalPaperGUID>%s</originalPaperGUID>%s</paras>", id, more);
}

static char *fetch(const char *who, const char *id) {
  return InboxArchive_USCOREReceive(who, password, made("<paras><InboxGuid>%s</InboxGuid></paras>", id));
}

static char *id_in(const char *answer) { return between(answer, "<SysGUID>", "</SysGUID>"); }
static void say(const char *step, int right) { printf("%s %s\n", step, right ? "ok" : "wrong"); }

/* What became of the last call. */
static void told(const char *answer) {
  if (answer == NULL) {
    struct SOAP_ENV__Detail *detail =
      soap->fault == NULL ? NULL : soap->version == 2 ? soap->fault->SOAP_ENV__Detail : soap->fault->detail;
    char *code = detail == NULL ? NULL : between(detail->__any, "code>", "<");
    if (code == NULL) soap_print_fault(soap, stdout);
    else printf("fault %s\n", code);
  } else if (!has(answer, "<Status>False</Status>")) printf("taken\n");
  else printf("refused %s\n", between(answer, "<Description>", " "));
}

/* The SysGUID of the paper in a list whose title begins so. */
static char *notice(const char *list, const char *kind) {
  const char *found = list == NULL ? NULL : strstr(list, made("<Title>%s：%s</Title>", kind, title(""))), *start;
  if (found == NULL) return NULL;
  for (start = found; start > list && strncmp(start, "<Paper>", 7) != 0;) start--;
  return id_in(start);
}

int main(int argc, char **argv) {
  char *a, *b, *c, *answer, *file, *list, *reply, *much;
  int n, size = 0;
  if (argc != 5) return 2;
  url = argv[1]; version = argv[2]; password = argv[3]; tag = argv[4];
  for (n = 0; n < (int)sizeof bytes; n++) bytes[n] = (unsigned char)(n * 7 % 256);
  soap = soap_new1(SOAP_C_UTFSTRING | SOAP_XML_INDENT * 0);
  soap_set_version(soap, strcmp(version, "1.1") == 0 ? 1 : 2);

  a = id_in(send_document("1", "市科技局", ""));
  say("Send", a != NULL);
  if (a == NULL) { soap_print_fault(soap, stdout); return 1; }
  answer = id_in(send_document("1", "市科技局", ""));
  printf("Send %s\n", answer != NULL && strcmp(answer, a) == 0 ? "repeated" : "wrong");
  b = id_in(send_document("2", "市科技局", ""));
  say("Send", b != NULL);
  c = id_in(send_document("3", "市科技局", ""));
  say("Send", c != NULL);
  list = InboxArchive_USCOREUnreceipted("science", password, NULL);
  say("Unreceipted", has(list, made("<SysGUID>%s/science<", a)) && has(list, made("<SysGUID>%s/science<", b)) &&
                       has(list, made("<SysGUID>%s/science<", c)));
  answer = fetch("science", made("%s/science", a));
  file = between(answer, "<版式文件 ", "</版式文件>");
  file = file == NULL ? NULL : strchr(file, '>');
  file = file == NULL ? NULL : (char *)soap_base642s(soap, file + 1, NULL, 0, &size);
  say("Receive", has(answer, made("<标题>%s</标题>", title(""))) && size == (int)sizeof bytes &&
                   memcmp(file, bytes, sizeof bytes) == 0);
  answer = about(made("%s/science", a), "<UserName>张三</UserName>");
  say("Receipt", id_in(InboxArchive_USCOREReceipt("science", password, answer)) != NULL);
  answer = about(made("%s/science", a), "<Content>已办结</Content>");
  say("Reply", id_in(InboxArchive_USCOREReply("science", password, answer)) != NULL);
  answer = about(made("%s/science", b), "<Reason>附件不全</Reason>");
  say("Return", id_in(InboxArchive_USCOREReturn("science", password, answer)) != NULL);
  list = InboxArchive_USCORENotices("edu", password, NULL);
  reply = notice(list, "答复");
  answer = reply == NULL ? NULL : fetch("edu", reply);
  say("Notices", notice(list, "回执") != NULL && notice(list, "退文") != NULL && has(answer, "公文种类=\"答复\"") &&
                   has(answer, "<附注>已办结</附注>"));
  say("Withdraw", id_in(OutboxArchive_USCOREWithdraw("edu", password, about(c, "<Reason>有误</Reason>"))) != NULL);

  told(send_document("4", "市没有局", ""));
  told(send_document("1", "市科技局", "另"));
  told(fetch("science", made("%s-nothing", tag)));
  told(OutboxArchive_USCOREWithdraw("edu", password, about(a, "")));
  told(InboxArchive_USCOREUnreceipted("edu", "wrong", NULL));
  much = (char *)soap_malloc(soap, 600001);
  for (n = 0; n < 200000; n++) memcpy(much + 3 * n, "长", 3);
  much[600000] = 0;
  told(send_document("5", "市科技局", much));
  return 0;
}
