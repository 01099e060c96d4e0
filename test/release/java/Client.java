// See test/conformance/lib/interop/scenario.md. `test.gen` is generated from the WSDL, by CXF or by wsimport alike.
// VERSION may be 1.1, 1.2 or MTOM (SOAP 1.2 with the file beside the envelope, and WS-Addressing).
import jakarta.xml.ws.BindingProvider;
import jakarta.xml.ws.Holder;
import jakarta.xml.ws.WebServiceException;
import jakarta.xml.ws.WebServiceFeature;
import jakarta.xml.ws.soap.AddressingFeature;
import jakarta.xml.ws.soap.MTOMFeature;
import java.net.URL;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import javax.xml.datatype.XMLGregorianCalendar;
import javax.xml.namespace.QName;
import test.gen.*;

public class Client {
  interface Call { void make() throws YizhanFault; }

  static String url, version, password, tag;
  static final byte[] bytes = new byte[10240];
  static final Holder<String> id = new Holder<>();
  static final Holder<Boolean> repeated = new Holder<>();
  static final Holder<XMLGregorianCalendar> at = new Holder<>();

  static YizhanOa open(String name, String secret) throws Exception {
    boolean mtom = version.equals("MTOM");
    WebServiceFeature[] features = mtom
      ? new WebServiceFeature[] { new MTOMFeature(), new AddressingFeature(true, true) } : new WebServiceFeature[0];
    String ns = "urn:yizhan:oa:1:wsdl";
    YizhanOaService service = new YizhanOaService(new URL(url + "?wsdl"), new QName(ns, "YizhanOaService"));
    QName port = new QName(ns, version.equals("1.1") ? "YizhanOaSoap11" : "YizhanOaSoap12");
    YizhanOa oa = service.getPort(port, YizhanOa.class, features);
    ((BindingProvider) oa).getRequestContext().put(BindingProvider.USERNAME_PROPERTY, name);
    ((BindingProvider) oa).getRequestContext().put(BindingProvider.PASSWORD_PROPERTY, secret);
    return oa;
  }

  static String title() { return "关于“秋季防汛”<A&B>的通知 " + tag; }

  static Document document(String n, String to, String more) {
    Document made = new Document();
    made.setSubmissionId(tag + "-" + n + more);
    made.setDocumentType("通知");
    made.setIssuedNumberOfDocument("周政办〔2016〕" + tag + n + "号");
    made.setDocumentTitle(title() + more);
    made.setMainReceiverDepartment(to);
    File file = new File();
    file.setName("正文.ofd");
    file.setRole(FileRole.MAIN);
    file.setContent(bytes);
    Files files = new Files();
    files.getFile().add(file);
    made.setFiles(files);
    return made;
  }

  static void say(String step, boolean right) { System.out.println(step + (right ? " ok" : " wrong")); }

  static void fault(Call call) {
    try { call.make(); System.out.println("no fault"); }
    catch (YizhanFault fault) { System.out.println("fault " + fault.getFaultInfo().getCode()); }
    // Neither toolkit reads the body of a 401; both name its number.
    catch (WebServiceException error) {
      String words = String.valueOf(error.getMessage()) + error.getCause();
      System.out.println("fault " + (words.contains("401") ? "UNAUTHENTICATED" : words));
    }
  }

  static void submit(YizhanOa oa, String n, String to, String more) throws YizhanFault {
    oa.submit(document(n, to, more), id, repeated, at);
  }

  public static void main(String[] args) throws Exception {
    url = args[0]; version = args[1]; password = args[2]; tag = args[3];
    for (int n = 0; n < bytes.length; n++) bytes[n] = (byte) (n * 7 % 256);
    YizhanOa office = open("office", password), science = open("science", password);
    submit(office, "1", "市科技局", "");
    String a = id.value;
    XMLGregorianCalendar first = at.value;
    say("Submit", !a.isEmpty() && !repeated.value);
    submit(office, "1", "市科技局", "");
    System.out.println("Submit " + (repeated.value && id.value.equals(a) && at.value.equals(first) ? "repeated" : "wrong"));
    submit(office, "2", "市科技局", "");
    String b = id.value;
    say("Submit", !b.isEmpty());
    submit(office, "3", "市科技局", "");
    String c = id.value;
    say("Submit", !c.isEmpty());
    List<String> listed = science.listItems(null, 1000, Arrays.asList(Kind.DOCUMENT)).stream()
      .map(Entry::getMessageId).collect(Collectors.toList());
    say("ListItems", listed.containsAll(Arrays.asList(a, b, c)));
    Document got = science.fetch(null, a).getDocument();
    say("Fetch", got.getDocumentTitle().equals(title()) && Arrays.equals(got.getFiles().getFile().get(0).getContent(), bytes));
    science.sign(null, a, null, "张三", id, repeated, at);
    say("Sign", !id.value.isEmpty());
    science.reply(null, a, null, "已办结", null, null, null, null, null, null, id, repeated, at);
    say("Reply", !id.value.isEmpty());
    science.returnDocument(null, b, null, "附件不全", null, null, null, id, repeated, at);
    say("ReturnDocument", !id.value.isEmpty());
    Holder<List<RecipientState>> recipients = new Holder<>();
    office.status(null, "周政办〔2016〕" + tag + "1号", new Holder<>(), new Holder<>(), new Holder<>(), new Holder<>(), recipients);
    System.out.println("Status " + recipients.value.get(0).getState().value());
    office.withdraw(null, c, null, "有误", null, null, id, repeated, at);
    say("Withdraw", !id.value.isEmpty());
    fault(() -> submit(office, "4", "市没有局", ""));
    fault(() -> submit(office, "1", "市科技局", "另"));
    fault(() -> science.fetch(null, tag + "-nothing"));
    fault(() -> office.withdraw(null, a, null, "太迟", null, null, id, repeated, at));
    YizhanOa wrong = open("office", "wrong");
    fault(() -> wrong.listItems(null, null, null));
  }
}
