/* See scenario.md. gSOAP (Debian: gsoap, libgsoap-dev): soapStub.h and the rest are generated from the WSDL.
   VERSION may be 1.1, 1.2 or MTOM (SOAP 1.2 with the file beside the envelope). */
#include "YizhanOaSoap11.nsmap"
#include "soapH.h"

static const char *url, *version, *password, *tag;
static unsigned char bytes[10240];

static struct soap *opened(const char *name, const char *secret) {
  int mtom = strcmp(version, "MTOM") == 0;
  struct soap *soap = soap_new1(SOAP_C_UTFSTRING | SOAP_XML_INDENT * 0 | (mtom ? SOAP_ENC_MTOM : 0));
  soap_set_version(soap, strcmp(version, "1.1") == 0 ? 1 : 2);
  soap->userid = name;
  soap->passwd = secret;
  return soap;
}

static char *text(struct soap *soap, const char *format, const char *one, const char *two) {
  char *made = (char *)soap_malloc(soap, 400);
  snprintf(made, 400, format, one, two);
  return made;
}

/* gSOAP forgets the login with every call. */
static struct soap *as(struct soap *soap, const char *name, const char *secret) {
  soap->userid = name;
  soap->passwd = secret;
  return soap;
}

static void say(const char *step, int right) {
  printf("%s %s\n", step, right ? "ok" : "wrong");
}

static void told(struct soap *soap) {
  struct SOAP_ENV__Detail *detail =
    soap->fault == NULL ? NULL : soap->version == 2 ? soap->fault->SOAP_ENV__Detail : soap->fault->detail;
  if (soap->error == SOAP_OK) printf("no fault\n");
  else if (detail != NULL && detail->ns2__refusal != NULL) printf("fault %s\n", detail->ns2__refusal->code);
  else {
    /* Of a 401 gSOAP keeps the body as text. */
    const char *body = soap_fault_detail(soap), *code = body == NULL ? NULL : strstr(body, "code>");
    if (soap->error == 401 && code != NULL) printf("fault %.*s\n", (int)strcspn(code + 5, "<"), code + 5);
    else soap_print_fault(soap, stdout);
  }
}

static void submit(struct soap *soap, const char *n, const char *to, const char *more, struct ns2__Accepted *answer) {
  struct _ns2__Submit request;
  struct ns2__Document document;
  struct ns2__Files files;
  struct ns2__File file;
  enum ns2__FileRole role = ns2__FileRole__main;
  char *id = text(soap, "%s-%s", tag, n);
  soap_default__ns2__Submit(soap, &request);
  soap_default_ns2__Document(soap, &document);
  soap_default_ns2__Files(soap, &files);
  soap_default_ns2__File(soap, &file);
  document.submissionId = text(soap, "%s%s", id, more);
  document.documentType = "通知";
  document.issuedNumberOfDocument = text(soap, "周政办〔2016〕%s%s号", tag, n);
  document.documentTitle = text(soap, "关于“秋季防汛”<A&B>的通知 %s%s", tag, more);
  document.mainReceiverDepartment = (char *)to;
  file.name = "正文.ofd";
  file.role = &role;
  file.content.__ptr = bytes;
  file.content.__size = sizeof bytes;
  if (strcmp(version, "MTOM") == 0) {
    file.content.id = "cid:the-file@client";
    file.content.type = "application/octet-stream";
  }
  files.__sizefile = 1;
  files.file = &file;
  document.files = &files;
  request.document = &document;
  soap_default_ns2__Accepted(soap, answer);
  soap_call___ns1__Submit(as(soap, "office", password), url, NULL, &request, answer);
}

int main(int argc, char **argv) {
  struct soap *office, *science, *wrong;
  struct ns2__Accepted a, again, b, c, done;
  struct _ns2__ListItemsResponse list;
  struct _ns2__FetchResponse fetched;
  struct _ns2__StatusResponse status;
  enum ns2__Kind kind = ns2__Kind__document;
  int max = 1000, n, found = 0;
  if (argc != 5) return 2;
  url = argv[1]; version = argv[2]; password = argv[3]; tag = argv[4];
  for (n = 0; n < (int)sizeof bytes; n++) bytes[n] = (unsigned char)(n * 7 % 256);
  office = opened("office", password);
  science = opened("science", password);
  wrong = opened("office", "wrong");

  submit(office, "1", "市科技局", "", &a);
  say("Submit", office->error == SOAP_OK && a.messageId != NULL && !a.repeated);
  if (office->error != SOAP_OK) { soap_print_fault(office, stdout); return 1; }
  submit(office, "1", "市科技局", "", &again);
  printf("Submit %s\n", again.repeated && strcmp(again.messageId, a.messageId) == 0 && again.acceptedAt == a.acceptedAt ? "repeated" : "wrong");
  submit(office, "2", "市科技局", "", &b);
  say("Submit", office->error == SOAP_OK && b.messageId != NULL);
  submit(office, "3", "市科技局", "", &c);
  say("Submit", office->error == SOAP_OK && c.messageId != NULL);

  struct _ns2__ListItems which = {0};
  which.maxItems = &max;
  which.__sizekind = 1;
  which.kind = &kind;
  soap_call___ns1__ListItems(as(science, "science", password), url, NULL, &which, &list);
  for (n = 0; science->error == SOAP_OK && n < list.__sizeentry; n++)
    found += strcmp(list.entry[n].messageId, a.messageId) == 0 || strcmp(list.entry[n].messageId, b.messageId) == 0 ||
             strcmp(list.entry[n].messageId, c.messageId) == 0;
  say("ListItems", found == 3);

  struct _ns2__Fetch named = {0};
  named.id = a.messageId;
  soap_call___ns1__Fetch(as(science, "science", password), url, NULL, &named, &fetched);
  struct ns2__Document *got = science->error == SOAP_OK ? fetched.item->union_Item.document : NULL;
  say("Fetch", got != NULL && strcmp(got->documentTitle, text(office, "关于“秋季防汛”<A&B>的通知 %s%s", tag, "")) == 0 &&
               got->files->file[0].content.__size == (int)sizeof bytes &&
               memcmp(got->files->file[0].content.__ptr, bytes, sizeof bytes) == 0);

  struct _ns2__Sign sign = {0};
  sign.id = a.messageId;
  sign.by = "张三";
  soap_call___ns1__Sign(as(science, "science", password), url, NULL, &sign, &done);
  say("Sign", science->error == SOAP_OK);
  struct _ns2__Reply reply = {0};
  reply.id = a.messageId;
  reply.replyText = "已办结";
  soap_call___ns1__Reply(as(science, "science", password), url, NULL, &reply, &done);
  say("Reply", science->error == SOAP_OK);
  struct _ns2__ReturnDocument back = {0};
  back.id = b.messageId;
  back.reason = "附件不全";
  soap_call___ns1__ReturnDocument(as(science, "science", password), url, NULL, &back, &done);
  say("ReturnDocument", science->error == SOAP_OK);

  struct _ns2__Status asked = {0};
  asked.id = text(office, "周政办〔2016〕%s%s号", tag, "1");
  soap_call___ns1__Status(as(office, "office", password), url, NULL, &asked, &status);
  printf("Status %s\n", office->error == SOAP_OK ? soap_ns2__DeliveryState2s(office, status.recipient[0].state) : "wrong");
  struct _ns2__Withdraw withdraw = {0};
  withdraw.id = c.messageId;
  withdraw.reason = "有误";
  soap_call___ns1__Withdraw(as(office, "office", password), url, NULL, &withdraw, &done);
  say("Withdraw", office->error == SOAP_OK);

  submit(office, "4", "市没有局", "", &done);
  told(office);
  submit(office, "1", "市科技局", "另", &done);
  told(office);
  named.id = text(office, "%s-%s", tag, "nothing");
  soap_call___ns1__Fetch(as(science, "science", password), url, NULL, &named, &fetched);
  told(science);
  withdraw.id = a.messageId;
  soap_call___ns1__Withdraw(as(office, "office", password), url, NULL, &withdraw, &done);
  told(office);
  memset(&which, 0, sizeof which);
  soap_call___ns1__ListItems(as(wrong, "office", "wrong"), url, NULL, &which, &list);
  told(wrong);
  return 0;
}
