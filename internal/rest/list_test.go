// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest/resttest"
)

// rowsOf reads a list of at most five rows from a body.
func rowsOf(t testing.TB, c *call, body io.Reader) (rows []string, response *Response, err error) {
	t.Helper()
	c.client.config.Transport = answers(func() io.Reader { return body })
	response, err = c.client.DoList(t.Context(), c.request, List{
		Field: "value", MaxRows: 5, Begin: func() { rows = nil },
		Row: func(row []byte) error { rows = append(rows, string(row)); return nil },
	})
	return rows, response, err
}

func TestList(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)
	for body, want := range map[string]string{
		`{"value":[]}`: "", `{"value":[{"a":1}, 2,"x"],"next":"y"}`: `{"a":1} 2 "x"`, "\ufeff{\"value\":[1]} \n": "1", `{"next":"y","a":{"value":[7]},"value":[1,2,3,4,5]}`: "1 2 3 4 5",
		`{"value":["the s3cret-of-a-key"]}`: `"the ***"`,

		"":                            "error: it is empty",
		`{"value":[1,2`:               "error: it is not JSON",
		`{"value":[1,2]`:              "error: it is not JSON",
		`{"value":[1,2]}x`:            "error: it is not JSON",
		`{"value":[1 2]}`:             "error: it is not JSON",
		`{"value":[1],"a":tru}`:       "error: it is not JSON",
		`{"value":[1,{"a":`:           "error: it is not JSON",
		`{"value":`:                   "error: it is not JSON",
		"<html><title>x</title>":      "error: it is an HTML page",
		`{"a":1}`:                     `error: it has no list in "value"`,
		`{"VALUE":[1]}`:               `error: it has no list in "value"`,
		`{"value":null}`:              `error: it has no list in "value"`,
		`{"value":{"a":1}}`:           `error: it has no list in "value"`,
		`[1]`:                         `error: it has no list in "value"`,
		`null`:                        `error: it has no list in "value"`,
		`{"value":[1],"value":[]}`:    "twice",
		`{"value":[1],"Value":[]}`:    "twice",
		`{"value":[{"a":1,"A":2}]}`:   "twice",
		`{"value":[1,2,3,4,5,6]}`:     "error: its list has more than 5 rows",
		`{"value":[` + deep + `]}`:    "deep",
		`{"a":` + deep + `}`:          "deep",
		`{"value":[` + longRow + `]}`: "error: a row of its list has more than",
		`{"a":` + longRow + `}`:       "error: a row of its list has more than",
		`{"next":` + longLink + `}`:   "error: its fields beside the list have more than",
		manyFields:                    "error: it has more than 100 fields",
	} {
		rows, response, err := rowsOf(t, answeredWith(t, "s3cret-of-a-key"), strings.NewReader(body))
		got := strings.Join(rows, " ")
		if err != nil {
			got = "error: " + asError(t, err).Err.Error()
		}
		if err == nil && got != want || err != nil && (want == "" || !strings.Contains(got, want)) {
			t.Errorf("%.60s: %.200s, want %s", body, got, want)
		}
		if err == nil && strings.Contains(body, "next") {
			if next, err := response.TextField("next"); next != "y" || err != nil {
				t.Errorf("%s: the field is %q, %v", body, next, err)
			}
		}
	}
}

var (
	longLink   = `"` + strings.Repeat("x", maxBeside) + `"`
	longRow    = `"` + strings.Repeat("x", 2*maxRow) + `"`
	manyFields = func() string {
		var fields strings.Builder
		for i := range maxFields + 1 {
			fmt.Fprintf(&fields, `"f%d":1,`, i)
		}
		return "{" + fields.String() + `"value":[]}`
	}()
)

// A long link to the next page is not lost, or the list would end too early.
func TestALongFieldBesideAList(t *testing.T) {
	t.Parallel()
	link := strings.Repeat("x", maxBeside/2)
	for _, body := range []string{`{"next":"` + link + `","value":[1]}`, `{"value":[1],"NEXT":"` + link + `"}`} {
		rows, response, err := rowsOf(t, answeredWith(t), strings.NewReader(body))
		if err != nil || len(rows) != 1 {
			t.Fatalf("%v, %v", rows, err)
		}
		if next, err := response.TextField("next"); next != link || err != nil {
			t.Errorf("the field has %d bytes, %v", len(next), err)
		}
	}
	for body, want := range map[string]string{`{"value":[]}`: "", `{"value":[],"next":null}`: "", `{"value":[],"next":7}`: "is no text", `{"next":{},"value":[]}`: "is no text"} {
		_, response, err := rowsOf(t, answeredWith(t), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if next, err := response.TextField("next"); next != "" || (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v", body, next, err)
		}
	}
}

// What was read of an answer that was cut off does not stay, and the cut is repeated as it is for every answer.
func TestAListThatIsCutOff(t *testing.T) {
	t.Parallel()
	c := answeredWith(t)
	c.client.config.MinWait = 1
	attempts := 0
	c.client.config.Transport = answers(func() io.Reader {
		if attempts++; attempts < 3 {
			return io.MultiReader(strings.NewReader(`{"value":[1,2,`), brokenPipe{})
		}
		return strings.NewReader(`{"value":[3]}`)
	})
	c.request.Method = http.MethodGet
	var rows []string
	_, err := c.client.DoList(t.Context(), c.request, List{Field: "value", MaxRows: 5, Begin: func() { rows = nil },
		Row: func(row []byte) error { rows = append(rows, string(row)); return nil }})
	if err != nil || attempts != 3 || !slices.Equal(rows, []string{"3"}) {
		t.Errorf("after %d attempts: %v, %v", attempts, rows, err)
	}
}

type brokenPipe struct{}

func (brokenPipe) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// The rows are those that encoding/json finds, or there is an error.
func FuzzList(f *testing.F) {
	for _, body := range []string{`{"value":[{"a":1},[2],"\u0041",null,1e400]}`, "\ufeff{}", `{"value":[1]}{"value":[2]}`, `{"value":[1,]}`, `{"":{},"value":[]}`, `{"value":["` + "\xff" + `"]}`, `{"v\u0061lue":[1]}`, "\f0"} {
		f.Add([]byte(body), 3)
	}
	f.Fuzz(func(t *testing.T, body []byte, piece int) {
		c := answeredWith(t)
		var rows []string
		var err error
		resttest.CheckMemory(t, func() (answers, bytes int) {
			rows, _, err = rowsOf(t, c, &inPieces{body, 1 + max(0, piece)%7})
			return 1, len(body)
		})
		if err != nil {
			checkReadable(t, err.Error())
			return
		}
		var object map[string]json.RawMessage
		var want []json.RawMessage
		plain := bytes.TrimPrefix(body, byteOrderMark)
		if json.Unmarshal(plain, &object) != nil || json.Unmarshal(object["value"], &want) != nil || want == nil || len(rows) != len(want) {
			t.Fatalf("%q has the rows %q", body, rows)
		}
		for i := range want {
			if rows[i] != string(want[i]) {
				t.Errorf("row %d of %q is %q", i, body, rows[i])
			}
		}
	})
}
