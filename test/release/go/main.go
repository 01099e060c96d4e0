// See test/conformance/lib/interop/scenario.md. Package oa is generated from the WSDL by gowsdl, which speaks SOAP 1.1,
// leaves base64 to its caller and reads no detail of a fault: the code is read from the header Yizhan-Error.
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strings"

	"client/oa"

	"github.com/hooklift/gowsdl/soap"
)

var url, password, tag = os.Args[1], os.Args[3], os.Args[4]
var content = make([]byte, 10240)

// caller keeps what the last answer said of an error.
type caller struct{ told string }

func (c *caller) Do(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		c.told, _, _ = strings.Cut(response.Header.Get("Yizhan-Error"), ";")
	}
	return response, err
}

func open(name, secret string) (oa.YizhanOa, *caller) {
	kept := &caller{}
	return oa.NewYizhanOa(soap.NewClient(url, soap.WithBasicAuth(name, secret), soap.WithHTTPClient(kept))), kept
}

func of[T ~string](value string) *T {
	made := T(value)
	return &made
}

func title() string { return "关于“秋季防汛”<A&B>的通知 " + tag }

func document(n, to, more string) *oa.Submit {
	role := oa.FileRoleMain
	file := &oa.File{Name: of[oa.Text255]("正文.ofd"), Role: &role, Content: []byte(base64.StdEncoding.EncodeToString(content))}
	return &oa.Submit{Document: &oa.Document{
		SubmissionId:           of[oa.Text200](tag + "-" + n + more),
		DocumentType:           of[oa.Text20]("通知"),
		IssuedNumberOfDocument: of[oa.Text200]("周政办〔2016〕" + tag + n + "号"),
		DocumentTitle:          of[oa.Title](title() + more),
		MainReceiverDepartment: of[oa.Text4000](to),
		Files:                  &oa.Files{File: []*oa.File{file}},
	}}
}

func say(step string, right bool, err error) {
	switch {
	case err != nil:
		fmt.Println(step, err)
	case right:
		fmt.Println(step, "ok")
	default:
		fmt.Println(step, "wrong")
	}
}

func fault(kept *caller, err error) {
	if err == nil {
		fmt.Println("no fault")
	} else {
		fmt.Println("fault", kept.told)
	}
}

func main() {
	for n := range content {
		content[n] = byte(n * 7 % 256)
	}
	office, officeKept := open("office", password)
	science, scienceKept := open("science", password)
	a, err := office.Submit(document("1", "市科技局", ""))
	say("Submit", err == nil && *a.MessageId != "" && !a.Repeated, err)
	again, err := office.Submit(document("1", "市科技局", ""))
	if err == nil && again.Repeated && *again.MessageId == *a.MessageId && again.AcceptedAt == a.AcceptedAt {
		fmt.Println("Submit repeated")
	} else {
		fmt.Println("Submit wrong", err)
	}
	b, err := office.Submit(document("2", "市科技局", ""))
	say("Submit", err == nil && *b.MessageId != "", err)
	c, err := office.Submit(document("3", "市科技局", ""))
	say("Submit", err == nil && *c.MessageId != "", err)
	most, kind := oa.ListMax(1000), oa.KindDocument
	list, err := science.ListItems(&oa.ListItems{MaxItems: &most, Kind: []*oa.Kind{&kind}})
	found := 0
	if err == nil {
		for _, entry := range list.Entry {
			if *entry.MessageId == *a.MessageId || *entry.MessageId == *b.MessageId || *entry.MessageId == *c.MessageId {
				found++
			}
		}
	}
	say("ListItems", found == 3, err)
	fetched, err := science.Fetch(&oa.Fetch{Id: a.MessageId})
	right := false
	if err == nil {
		got := fetched.Item.Document
		read, wrong := base64.StdEncoding.DecodeString(string(got.Files.File[0].Content))
		right = wrong == nil && bytes.Equal(read, content) && string(*got.DocumentTitle) == title()
	}
	say("Fetch", right, err)
	_, err = science.Sign(&oa.Sign{Id: a.MessageId, By: of[oa.Text100]("张三")})
	say("Sign", true, err)
	_, err = science.Reply(&oa.Reply{Id: a.MessageId, ReplyText: of[oa.Text20000]("已办结")})
	say("Reply", true, err)
	_, err = science.ReturnDocument(&oa.ReturnDocument{Id: b.MessageId, Reason: of[oa.Text2000]("附件不全")})
	say("ReturnDocument", true, err)
	status, err := office.Status(&oa.Status{Id: of[oa.Text300]("周政办〔2016〕" + tag + "1号")})
	if err == nil {
		fmt.Println("Status", string(*status.Recipient[0].State))
	} else {
		fmt.Println("Status", err)
	}
	_, err = office.Withdraw(&oa.Withdraw{Id: c.MessageId, Reason: of[oa.Text2000]("有误")})
	say("Withdraw", true, err)
	_, err = office.Submit(document("4", "市没有局", ""))
	fault(officeKept, err)
	_, err = office.Submit(document("1", "市科技局", "另"))
	fault(officeKept, err)
	_, err = science.Fetch(&oa.Fetch{Id: of[oa.Text300](tag + "-nothing")})
	fault(scienceKept, err)
	_, err = office.Withdraw(&oa.Withdraw{Id: a.MessageId, Reason: of[oa.Text2000]("太迟")})
	fault(officeKept, err)
	wrong, wrongKept := open("office", "wrong")
	_, err = wrong.ListItems(&oa.ListItems{})
	fault(wrongKept, err)
}
