// See scenario.md. Mono (Debian: mono-devel, mono-mcs): ArchiveExchange is generated from the WSDL by `wsdl`.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using System.Text;
using System.Web.Services.Protocols;
using System.Xml.Linq;

class Refusal : Exception { public Refusal(string code) : base(code) { } }

static class Client {
  static ArchiveExchange service;
  static string password, tag;
  static readonly byte[] bytes = Enumerable.Range(0, 10240).Select(n => (byte)(n * 7 % 256)).ToArray();
  static string Title { get { return "关于“秋季防汛”<A&B>的通知 " + tag; } }

  // UserArea of what an operation answers.
  static XElement Ask(string who, Func<string, string, string> operation, string paras = null, string secret = null) {
    var token = Convert.ToBase64String(Encoding.UTF8.GetBytes(who + ":" + (secret ?? password)));
    var data = XElement.Parse(operation(token, paras)).Element("DATA");
    if (data.Element("ReturnInfo").Element("Status").Value != "True")
      throw new Refusal(data.Element("ReturnInfo").Element("Description").Value.Split(' ')[0]);
    return data.Element("UserArea");
  }

  static string Send(string n, string to = "市科技局", string more = "") {
    return Id(Ask("edu", service.OutboxArchive_Send, "<paras><DeptGuid>D-03</DeptGuid><DeptName>市教育局</DeptName>"
      + "<电子公文 公文标识=\"" + tag + "-" + n + more.Length + "\" 公文种类=\"通知\"><发文机关 办理类别=\"主办\">市教育局</发文机关><公文体>"
      + "<眉首><发文字号><发文机关代字>周教</发文机关代字><发文年号>2016</发文年号><发文序号>" + tag + n + "</发文序号></发文字号></眉首>"
      + "<主体><标题>" + SecurityElement.Escape(Title + more) + "</标题><收文部门名称>" + to + "</收文部门名称><主送机关>" + to + "</主送机关>"
      + "<正文><版式文件 文件名=\"正文.ofd\">" + Convert.ToBase64String(bytes) + "</版式文件></正文></主体></公文体></电子公文></paras>"));
  }

  static string Id(XElement area) { return (string)area.Element("SysGUID") ?? ""; }

  static string Act(string who, Func<string, string, string> operation, string id, string more = "") {
    return Id(Ask(who, operation, "<paras><originalPaperGUID>" + SecurityElement.Escape(id) + "</originalPaperGUID>" + more + "</paras>"));
  }

  static XElement Fetch(string who, string id) {
    return Ask(who, service.InboxArchive_Receive, "<paras><InboxGuid>" + SecurityElement.Escape(id) + "</InboxGuid></paras>").Element("电子公文");
  }

  static IEnumerable<XElement> List(string who, Func<string, string, string> operation) {
    return Ask(who, operation).Element("ReturnInfo").Element("PaperList").Elements("Paper");
  }

  static void Say(string step, bool right) { Console.WriteLine(step + (right ? " ok" : " wrong")); }

  static void Wrong(Action call) {
    try { call(); Console.WriteLine("taken"); }
    catch (Refusal refusal) { Console.WriteLine("refused " + refusal.Message); }
    catch (SoapException fault) {
      var code = fault.Detail == null ? null : fault.Detail.SelectSingleNode(".//*[local-name()='code']");
      Console.WriteLine("fault " + (code == null ? fault.Message : code.InnerText));
    }
  }

  static void Main(string[] args) {
    password = args[2]; tag = args[3];
    service = new ArchiveExchange { Url = args[0],
      SoapVersion = args[1] == "1.2" ? SoapProtocolVersion.Soap12 : SoapProtocolVersion.Soap11 };
    Console.OutputEncoding = new UTF8Encoding(false);
    var a = Send("1");
    Say("Send", a != "");
    Console.WriteLine("Send " + (Send("1") == a ? "repeated" : "wrong"));
    var b = Send("2");
    Say("Send", b != "");
    var c = Send("3");
    Say("Send", c != "");
    var listed = List("science", service.InboxArchive_Unreceipted).Select(paper => paper.Element("SysGUID").Value);
    Say("Unreceipted", new[] { a, b, c }.All(id => listed.Contains(id + "/science")));
    var main = Fetch("science", a + "/science").Element("公文体").Element("主体");
    Say("Receive", main.Element("标题").Value == Title
      && Convert.FromBase64String(main.Element("正文").Element("版式文件").Value).SequenceEqual(bytes));
    Say("Receipt", Act("science", service.InboxArchive_Receipt, a + "/science", "<UserName>张三</UserName>") != "");
    Say("Reply", Act("science", service.InboxArchive_Reply, a + "/science", "<Content>已办结</Content>") != "");
    Say("Return", Act("science", service.InboxArchive_Return, b + "/science", "<Reason>附件不全</Reason>") != "");
    var notices = List("edu", service.InboxArchive_Notices).Where(paper => paper.Element("Title").Value.Contains(Title))
      .ToDictionary(paper => paper.Element("Title").Value.Split('：')[0], paper => paper.Element("SysGUID").Value);
    var reply = Fetch("edu", notices["答复"]);
    Say("Notices", notices.ContainsKey("回执") && notices.ContainsKey("退文") && reply.Attribute("公文种类").Value == "答复"
      && reply.Element("公文体").Element("主体").Element("附注").Value == "已办结");
    Say("Withdraw", Act("edu", service.OutboxArchive_Withdraw, c, "<Reason>有误</Reason>") != "");
    Wrong(() => Send("4", "市没有局"));
    Wrong(() => Send("1", "市科技局", "另"));
    Wrong(() => Fetch("science", tag + "-nothing"));
    Wrong(() => Act("edu", service.OutboxArchive_Withdraw, a));
    Wrong(() => Ask("edu", service.InboxArchive_Unreceipted, null, "wrong"));
    Wrong(() => Send("5", "市科技局", new string('长', 200000)));
  }
}
