// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// maxBody is how much of a body is recorded. The rest still reaches the client.
const maxBody = 32 << 20

// transport records the requests to one system.
type transport struct {
	recorder *Recorder
	system   string
	next     http.RoundTripper
}

// RoundTrip sends the request and records it when its answer has been read to the end, closed or cut off.
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	sent, body, err := copyBody(request)
	if err != nil {
		return nil, err
	}
	record := &recording{transport: t, request: request, requestBody: body, started: time.Now()}
	response, err := t.next.RoundTrip(sent)
	if err != nil {
		record.finish(err)
		return nil, err
	}
	record.response, record.answered = response, time.Now()
	response.Body = &recordedBody{body: response.Body, record: record}
	return response, nil
}

// copyBody returns the request with its body in memory.
func copyBody(request *http.Request) (*http.Request, []byte, error) {
	if request.Body == nil || request.Body == http.NoBody {
		return request, nil, nil
	}
	body, err := io.ReadAll(request.Body)
	if err := errors.Join(err, request.Body.Close()); err != nil {
		return nil, nil, err
	}
	sent := request.Clone(request.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	return sent, body, nil
}

// recording is an exchange under way.
type recording struct {
	transport   *transport
	request     *http.Request
	requestBody []byte
	response    *http.Response // nil without an answer
	body        bytes.Buffer
	started     time.Time
	answered    time.Time
	once        sync.Once
}

// recordedBody hands on the body of an answer and keeps what was read.
type recordedBody struct {
	body   io.ReadCloser
	record *recording
}

func (b *recordedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if room := maxBody - b.record.body.Len(); room > 0 {
		b.record.body.Write(p[:min(n, room)])
	}
	if errors.Is(err, io.EOF) {
		b.record.finish(nil)
	} else if err != nil {
		b.record.finish(err)
	}
	return n, err
}

func (b *recordedBody) Close() error {
	err := b.body.Close()
	b.record.finish(nil)
	return err
}

// finish writes the exchange, once.
func (r *recording) finish(failure error) {
	r.once.Do(func() { r.transport.recorder.write(r.request.Context(), r, failure) })
}

// write makes the entry of an exchange, checks it and adds it to the file. An entry that does not pass the check is left out.
func (rec *Recorder) write(ctx context.Context, r *recording, failure error) {
	x := newExchange(rec.pseudonyms)
	entry := r.entry(x, failure)
	if err := x.check(entry.parts(), rec.isSecret(r)); err != nil {
		tflog.Warn(ctx, "an exchange is left out of the transcript: "+err.Error(), map[string]any{"file": rec.file.path})
		entry = r.leftOut(entry)
	}
	if rec.isBroken() {
		return
	}
	if err := rec.file.add(entry.encode()); err != nil {
		rec.setBroken()
		tflog.Error(ctx, "the transcript ends here, because its file cannot be written", map[string]any{"file": rec.file.path, "error": err.Error()})
	}
}

func (rec *Recorder) isBroken() bool {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.broken
}

func (rec *Recorder) setBroken() {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.broken = true
}

// isSecret returns a function that reports whether a text has one of the secrets, or a credential of the request.
func (rec *Recorder) isSecret(r *recording) func(string) bool {
	var credentials []string
	for _, name := range []string{"Authorization", "Gradient-Token", "Secret", "Apiintegrationcode", "Clientid"} {
		for _, value := range r.request.Header.Values(name) {
			credentials = append(credentials, strings.Fields(value)...)
		}
	}
	credentials = longSecrets(append(credentials, tokensOf(r.body.Bytes())...))
	return func(text string) bool {
		return rec.masker.Mask(text) != text || slices.ContainsFunc(credentials, func(c string) bool { return c != "Bearer" && strings.Contains(text, c) })
	}
}

func (r *recording) entry(x *exchange, failure error) harEntry {
	entry := r.frame()
	switch address := r.request.URL; {
	case r.transport.system == Microsoft && !isGraph(address):
		r.addSignIn(x, &entry)
	case r.transport.system == HaloPSA && strings.HasSuffix(address.Path, "/token"):
		r.addToken(x, &entry)
	default:
		r.addExchange(x, &entry)
	}
	if r.response != nil {
		r.addAnswer(x, &entry)
	}
	if failure != nil {
		entry.Response.Error = x.message(failure.Error())
	}
	return entry
}

// frame returns the entry with what identifies nobody.
func (r *recording) frame() harEntry {
	milliseconds := func(d time.Duration) float64 { return float64(max(d, 0).Microseconds()) / 1000 }
	now := time.Now()
	entry := harEntry{
		Started: r.started.UTC().Format(time.RFC3339Nano),
		Time:    milliseconds(now.Sub(r.started)),
		System:  r.transport.system,
		Request: harRequest{
			Method: r.request.Method, HTTPVersion: "HTTP/1.1", Cookies: []harPair{}, Headers: []harPair{}, Query: []harPair{}, HeadersSize: -1,
		},
		Response: harResponse{HTTPVersion: "HTTP/1.1", Cookies: []harPair{}, Headers: []harPair{}, HeadersSize: -1, BodySize: -1},
		Timings:  harTimings{Wait: milliseconds(now.Sub(r.started))},
	}
	if r.response != nil {
		entry.Timings.Wait, entry.Timings.Receive = milliseconds(r.answered.Sub(r.started)), milliseconds(now.Sub(r.answered))
	}
	return entry
}

// addExchange adds the request and the body of its answer.
func (r *recording) addExchange(x *exchange, entry *harEntry) {
	entry.setURL(x.address(r.transport.system, r.request.URL))
	entry.Tenant = r.transport.recorder.tenantOf(r.request)
	entry.Request.Headers = x.headers(r.request.Header, requestHeaders())
	if len(r.requestBody) > 0 {
		contentType := r.request.Header.Get("Content-Type")
		text := x.body(contentType, "", r.requestBody)
		entry.Request.PostData = &harPost{MimeType: x.kept(contentType), Params: []harPair{}, Text: text}
		entry.Request.BodySize = len(text)
	}
	if r.response != nil {
		field := ""
		if strings.HasSuffix(r.request.URL.Path, "/$count") {
			field = "@odata.count" // a bare number of rows (cloudradial.md §5.1)
		}
		entry.Response.Content.Text = x.body(r.response.Header.Get("Content-Type"), field, r.body.Bytes())
	}
}

// addAnswer adds the status and the headers of the answer.
func (r *recording) addAnswer(x *exchange, entry *harEntry) {
	answer := &entry.Response
	answer.Status, answer.StatusText = r.response.StatusCode, http.StatusText(r.response.StatusCode)
	answer.Headers = x.headers(r.response.Header, responseHeaders())
	answer.Content.MimeType = x.kept(r.response.Header.Get("Content-Type"))
	answer.Content.Size, answer.BodySize = len(answer.Content.Text), len(answer.Content.Text)
	if location := r.response.Header.Get("Location"); location != "" {
		answer.RedirectURL = x.replace(location)
	}
}

// leftOut returns the entry without everything that comes from outside.
func (r *recording) leftOut(entry harEntry) harEntry {
	bare := r.frame()
	bare.Request.URL = "https://left-out.example/"
	bare.Response.Status = entry.Response.Status
	bare.Comment = "Left out, because something that must not be sent was found in it. Please report this."
	return bare
}

// setURL sets the URL and its query.
func (e *harEntry) setURL(address string) {
	e.Request.URL = address
	_, raw, _ := strings.Cut(address, "?")
	query, err := url.ParseQuery(raw)
	if err != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[name] {
			e.Request.Query = append(e.Request.Query, harPair{name, value})
		}
	}
}

// encode returns the entry as one line of JSON, without escapes for HTML, so that the file can be searched.
func (e *harEntry) encode() []byte {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(e) // writing to a buffer cannot fail
	return bytes.TrimSuffix(line.Bytes(), []byte("\n"))
}

// parts are the texts of an entry that come from outside.
func (e *harEntry) parts() []string {
	parts := []string{e.Request.Method, e.Request.URL, e.Tenant, e.Response.Content.Text, e.Response.Content.MimeType, e.Response.RedirectURL, e.Response.Error}
	pairs := slices.Concat(e.Request.Headers, e.Request.Query, e.Response.Headers)
	if post := e.Request.PostData; post != nil {
		parts, pairs = append(parts, post.Text, post.MimeType), append(pairs, post.Params...)
	}
	for _, pair := range pairs {
		parts = append(parts, pair.Name, pair.Value)
	}
	return parts
}

func sortedNames(header http.Header) []string { return slices.Sorted(maps.Keys(header)) }

func hashOf(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }
