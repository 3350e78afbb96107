// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package browsertest opens pages in a headless Chromium, for the tests of the review page.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// RequiredVariable makes a test fail where there is no Chromium, instead of skipping it. CI sets it.
const RequiredVariable = "CHROMIUM_REQUIRED"

// names are those of the browser in Debian and elsewhere.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

// find returns the path of a Chromium. Where there is none it skips the test and says so.
func find(t testing.TB) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const reason = "no Chromium is on the PATH; on Debian: apt-get install chromium"
	if os.Getenv(RequiredVariable) != "" {
		t.Fatal(reason)
	}
	t.Skip(reason)
	return ""
}

// Page is an open page.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	requests []string
	problems []string
}

// Open opens a page from disk, as a person does who has downloaded it. The browser ends with the test.
func Open(t testing.TB, html string) *Page {
	t.Helper()
	file := filepath.Join(t.TempDir(), "review.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(find(t)), chromedp.WindowSize(1280, 900),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("font-render-hinting", "none"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to be root otherwise
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stopAllocator)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	ctx, stopWaiting := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stopWaiting)
	p := &Page{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.note); err != nil {
		t.Fatal(err)
	}
	call(p, network.Enable, network.EnableParams{})
	p.do(chromedp.Navigate("file://" + file))
	return p
}

// note remembers requests, and what the page complains about.
func (p *Page) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, event.Request.URL)
	case *runtime.EventExceptionThrown:
		p.problems = append(p.problems, event.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		p.problems = append(p.problems, "console "+string(event.Type))
	case *page.EventJavascriptDialogOpening:
		p.problems = append(p.problems, "a dialog: "+event.Message)
	}
}

func (p *Page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatalf("%v; the page said %q", err, p.Problems())
	}
}

func call[P, R any](p *Page, command cdp.Command[P, R], params P) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, command, params); err != nil {
		p.t.Fatal(err)
	}
}

// Requests returns the addresses that the page asked for, the file itself left out.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var others []string
	for _, address := range p.requests {
		if !strings.HasPrefix(address, "file://") || !strings.HasSuffix(address, "/review.html") {
			others = append(others, address)
		}
	}
	return others
}

// Problems returns exceptions, words on the console and dialogs.
func (p *Page) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.problems...)
}

// Eval returns the value of an expression of JavaScript.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v; the page said %q", expression, err, p.Problems())
	}
	return value
}

// Run runs a statement of JavaScript.
func (p *Page) Run(statement string) {
	p.t.Helper()
	Eval[chromedp.Void](p, statement)
}

// Click clicks the element of a CSS selector.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// PressEnter presses Enter on the element of a CSS selector, as somebody without a mouse does.
func (p *Page) PressEnter(selector string) {
	p.t.Helper()
	p.do(chromedp.Focus(chromedp.CSS(selector)), chromedp.KeyEvent(kb.Enter))
}

// Scheme makes the page dark or light.
func (p *Page) Scheme(name string) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
}

// Paper shows the page as it is printed.
func (p *Page) Paper() {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
}

// PDF prints the page.
func (p *Page) PDF() []byte {
	p.t.Helper()
	pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF())
	if err != nil {
		p.t.Fatal(err)
	}
	return pdf
}

// Screenshot returns a PNG of the top of the page, of these pixels.
func (p *Page) Screenshot(width, height int64) []byte {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, height))
	p.Run("scrollTo(0, 0)")
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil || len(png) == 0 {
		p.t.Fatalf("a screenshot of %d bytes: %v", len(png), err)
	}
	return png
}
