// See scenario.md. Mono (Debian: mono-devel, mono-mcs): YizhanOaService is generated from the WSDL by `wsdl`.
using System;
using System.Linq;
using System.Net;
using System.Text;
using System.Web.Services.Protocols;

class Basic : YizhanOaService {
  public string Login;
  // Sent with the first request, in UTF-8.
  protected override WebRequest GetWebRequest(Uri uri) {
    var request = base.GetWebRequest(uri);
    request.Headers["Authorization"] = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Login));
    return request;
  }
}

static class Client {
  static string url, version, password, tag;
  static readonly byte[] bytes = Enumerable.Range(0, 10240).Select(n => (byte)(n * 7 % 256)).ToArray();
  static string Title { get { return "关于“秋季防汛”<A&B>的通知 " + tag; } }

  static Basic Open(string name, string secret) {
    return new Basic { Url = url, Login = name + ":" + secret,
      SoapVersion = version == "1.2" ? SoapProtocolVersion.Soap12 : SoapProtocolVersion.Soap11 };
  }

  static Document Made(string n, string to = "市科技局", string more = "") {
    return new Document { submissionId = tag + "-" + n + more, documentType = "通知",
      issuedNumberOfDocument = "周政办〔2016〕" + tag + n + "号", documentTitle = Title + more, mainReceiverDepartment = to,
      files = new[] { new File { name = "正文.ofd", role = FileRole.main, roleSpecified = true, content = bytes } } };
  }

  static void Say(string step, bool right) { Console.WriteLine(step + (right ? " ok" : " wrong")); }

  static void Fault(Action call) {
    try { call(); Console.WriteLine("no fault"); }
    catch (SoapException fault) {
      var code = fault.Detail == null ? null : fault.Detail.SelectSingleNode(".//*[local-name()='code']");
      Console.WriteLine("fault " + (code == null ? fault.Message : code.InnerText));
    }
    catch (WebException error) {
      // .NET does not read the body of a 401: what it is about stands in the header.
      var told = error.Response == null ? null : error.Response.Headers["Yizhan-Error"];
      Console.WriteLine("fault " + (told == null ? error.Message : told.Split(';')[0]));
    }
  }

  static void Main(string[] args) {
    url = args[0]; version = args[1]; password = args[2]; tag = args[3];
    Console.OutputEncoding = new UTF8Encoding(false);
    var office = Open("office", password);
    var science = Open("science", password);
    bool repeated; DateTime at, atAgain;
    var a = office.Submit(Made("1"), out repeated, out at);
    Say("Submit", a != "" && !repeated);
    var again = office.Submit(Made("1"), out repeated, out atAgain);
    Console.WriteLine("Submit " + (repeated && again == a && at == atAgain ? "repeated" : "wrong"));
    var b = office.Submit(Made("2"), out repeated, out at);
    Say("Submit", b != "");
    var c = office.Submit(Made("3"), out repeated, out at);
    Say("Submit", c != "");
    var ids = science.ListItems(null, 1000, true, new[] { Kind.document }).Select(entry => entry.messageId);
    Say("ListItems", new[] { a, b, c }.All(id => ids.Contains(id)));
    var got = (Document)science.Fetch(null, a).Item1;
    Say("Fetch", got.documentTitle == Title && got.files[0].content.SequenceEqual(bytes));
    Say("Sign", science.Sign(null, a, null, "张三", out repeated, out at) != "");
    Say("Reply", science.Reply(null, a, null, "已办结", null, null, null, null, null, null, out repeated, out at) != "");
    Say("ReturnDocument", science.ReturnDocument(null, b, null, "附件不全", null, null, null, out repeated, out at) != "");
    string number, title; bool withdrawn; RecipientState[] recipients;
    office.Status(null, "周政办〔2016〕" + tag + "1号", out number, out title, out withdrawn, out recipients);
    Console.WriteLine("Status " + recipients[0].state);
    Say("Withdraw", office.Withdraw(null, c, null, "有误", null, null, out repeated, out at) != "");
    Fault(() => office.Submit(Made("4", "市没有局"), out repeated, out at));
    Fault(() => office.Submit(Made("1", "市科技局", "另"), out repeated, out at));
    Fault(() => science.Fetch(null, tag + "-nothing"));
    Fault(() => office.Withdraw(null, a, null, "太迟", null, null, out repeated, out at));
    Fault(() => Open("office", "wrong").ListItems(null, 0, false, null));
  }
}
