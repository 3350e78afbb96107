// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// The cap also holds for a compressed answer, whose few kilobytes may expand to gigabytes.
func TestBodyCapHoldsForWhatIsCompressed(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	for name, size := range map[string]int{"a bomb": 16 << 20, "as much as is read": most} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var packed bytes.Buffer
			writer := gzip.NewWriter(&packed)
			if _, err := io.CopyN(writer, zeroes{}, int64(size)); err != nil {
				t.Fatal(err)
			}
			if err := writer.Close(); err != nil {
				t.Fatal(err)
			}
			server := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
				if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
					t.Errorf("it accepts %q", r.Header.Get("Accept-Encoding"))
				}
				w.Header().Set("Content-Encoding", "gzip")
				w.Write(packed.Bytes()) //nolint:errcheck // the client hangs up
			})
			client := connect(t, Config{BaseURL: server.URL, Transport: NewTransport(nil), MaxBody: most})
			response, err := client.Do(t.Context(), Request{Method: "GET"})
			if size <= most {
				if err != nil || len(response.Body) != size {
					t.Errorf("%v", err)
				}
				return
			}
			if e := asError(t, err); e.Attempts != 1 || !strings.Contains(err.Error(), "larger than") {
				t.Errorf("%v", err)
			}
		})
	}
}

type zeroes struct{}

func (zeroes) Read(into []byte) (int, error) {
	clear(into)
	return len(into), nil
}

// No half of a secret is left where a long text is cut before masking.
func TestNoSecretAtTheEndOfALongText(t *testing.T) {
	t.Parallel()
	const secret = "s3cret/of+a-key"
	for _, shift := range []int{8, 60} {
		for _, form := range []string{secret, everyUnit(secret, 1), base64.StdEncoding.EncodeToString([]byte(secret))} {
			text := strings.Repeat(" ", maxMasked-shift) + form + "!" + strings.Repeat(" ", 100)
			if got := NewMasker([]string{secret}).Readable(text, 300); got != "" && got != "*** !" && got != "***!" {
				t.Fatalf("%d bytes before the end: %q", shift, got)
			}
		}
	}
}

// An error of megabytes is not parsed as JSON, because that takes many times its size in memory.
func TestAMessageTooLongToBeOne(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]string{10: "x", maxJSONError: `{`} {
		if got := messageOf([]byte(`{"message":"` + strings.Repeat("x", size) + `"}`)); !strings.HasPrefix(got, want) {
			t.Errorf("%d bytes are told as %.20q", size, got)
		}
	}
}

// The largest and the most deeply nested answers give an error of one line.
func TestLargestAnswers(t *testing.T) {
	t.Parallel()
	const size = maxMasked + 1<<15 // more than Readable looks at
	deep := func(open, middle, end string, depth int) string {
		return strings.Repeat(open, depth) + middle + strings.Repeat(end, depth)
	}
	for name, body := range map[string]string{
		"deeper than JSON may be":      deep("[", "", "]", 10_001),
		"deep lists":                   `{"errors":` + deep("[", `"x"`, "]", 9_000) + "}",
		"a long text in deep objects":  deep(`{"errors":`, `"`+strings.Repeat("x", size)+`"`, "}", 9_000),
		"words":                        strings.Repeat("x ", size/2),
		"a list of nothing":            "[" + strings.Repeat("{},", size/3) + "{}]",
		"a long message":               `{"message":"` + strings.Repeat("é", size/2) + `"}`,
		"escapes":                      strings.Repeat(`\u0041`, size/6),
		"a page":                       "<html>" + strings.Repeat("<title", size/6),
		"a number":                     `{"a":` + strings.Repeat("9", size) + "}",
		"a field of the wrong type":    `{"a":"` + strings.Repeat("x", size) + `"}`,
		"the same field over and over": "{" + strings.Repeat(`"a":1,`, size/6) + `"a":"x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answeredWith(t, "s3cret-of-a-key", "an0ther/s3cret")
			checkReadable(t, c.refused(&http.Response{StatusCode: 400, Header: http.Header{}}, []byte(body), nil).Error())
			response := c.answered(&http.Response{StatusCode: 200, Header: http.Header{}}, []byte(body))
			checkReadable(t, response.Unusable(fmt.Errorf("it has %q", body)).Error())
			var into struct {
				A json.Number `json:"a"`
				B int32       `json:"errors"`
			}
			if err := response.Decode(&into); err != nil {
				checkReadable(t, err.Error())
			}
		})
	}
}
