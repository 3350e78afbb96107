// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// trouble is a kind of failure of an upstream.
type trouble struct {
	name  string
	fault func(random *rand.Rand, request sandbox.Request) sandbox.Fault
}

func answers(status int, header map[string]string, body string) func(*rand.Rand, sandbox.Request) sandbox.Fault {
	return func(*rand.Rand, sandbox.Request) sandbox.Fault {
		return sandbox.Fault{Kind: "answer", Status: status, Header: header, Body: body}
	}
}

func kind(kind string) func(*rand.Rand, sandbox.Request) sandbox.Fault {
	return func(*rand.Rand, sandbox.Request) sandbox.Fault { return sandbox.Fault{Kind: kind} }
}

const page = "<!DOCTYPE html><html><head><title>Sign in to the proxy</title></head><body>Please sign in.</body></html>"

var html = map[string]string{"Content-Type": "text/html; charset=utf-8"}

// either is a failure that comes before or after the upstream carries out the request.
func either(statuses []int, header map[string]string, bodies ...string) func(*rand.Rand, sandbox.Request) sandbox.Fault {
	return func(random *rand.Rand, _ sandbox.Request) sandbox.Fault {
		return sandbox.Fault{Kind: pick(random, []string{"answer", "after"}), Status: pick(random, statuses), Header: header, Body: pick(random, bodies)}
	}
}

// wrongJSON is JSON of a type that the upstream never gives: nothing of it may become a number, a list or a yes. An object in place of
// an object is left out for writes, for which the contract allows many shapes, and so are empty lists, which are a true answer.
func wrongJSON(random *rand.Rand, request sandbox.Request) sandbox.Fault {
	bodies := []string{`"busy"`, `12`, `true`, `null`, `[1, 2]`, `"`}
	if request.Method == http.MethodGet {
		bodies = append(bodies, `{"unexpected": true}`, `{"value": "many"}`, `{"value": [7]}`, `{"value": [{"skuId": 7}]}`, `[{"id": [5]}]`)
	}
	return sandbox.Fault{Kind: pick(random, []string{"answer", "after"}), Status: pick(random, []int{200, 201}), Body: pick(random, bodies)}
}

func slow(random *rand.Rand, _ sandbox.Request) sandbox.Fault {
	return sandbox.Fault{Kind: "slow", Delay: pick(random, []time.Duration{2 * time.Second, 50 * time.Second, 65 * time.Second, 10 * time.Minute})}
}

func throttled(random *rand.Rand, _ sandbox.Request) sandbox.Fault {
	return sandbox.Fault{Kind: "answer", Status: 429, Header: map[string]string{"Retry-After": pick(random, []string{"0.5", "3", "30", "600"})}}
}

const badRequest = "400"

var troubles = []trouble{
	{"429 with Retry-After", throttled},
	{"429 without Retry-After", answers(429, nil, `{"statusCode": 429, "message": "slow down"}`)},
	{"500", either([]int{500}, nil, `{"statusCode": 500, "message": "Internal server error"}`)},
	{"502 page", either([]int{502, 504}, html, page)},
	{"503", either([]int{503}, nil, "", `{"statusCode": 503}`)},
	{badRequest, answers(400, nil, `{"statusCode": 400, "message": "You have provided an invalid Id type"}`)},
	{"403 anomaly", answers(403, html, page)},
	{"reset before", kind("reset")},
	{"reset after", kind("reset-after")},
	{"cut-off body", kind("cut-off")},
	{"slow answer", slow},
	{"HTML page", either([]int{200}, html, page)},
	{"wrong JSON type", wrongJSON},
}

// pattern selects the requests that fail: the percentage, and the most failures of each one.
type pattern struct {
	trouble trouble
	system  string
	path    *regexp.Regexp // nil is any
	percent uint64
	times   int  // 0 means no limit
	sticky  bool // a request that fails also fails when it is repeated
}

// faults holds the failures during one command. Whether a request fails depends on its content and on how often it was sent before, and not
// on concurrent requests: these come in any order, and a seed must always mean the same.
type faults struct {
	patterns []pattern
	salt     uint64

	mu   sync.Mutex
	seen map[string]int
}

var counts = regexp.MustCompile(`/count$`)

var paths = []*regexp.Regexp{nil, nil, nil, counts, counts, regexp.MustCompile(`/service$`),
	regexp.MustCompile(`/organization/accounts`), regexp.MustCompile(`/organization$`), regexp.MustCompile(`/status/`),
	regexp.MustCompile(`/token$`), regexp.MustCompile(`/subscribedSkus$`), regexp.MustCompile(`/subscriptions$`)}

// newFaults draws the failures of one command: none, usually some, and sometimes an upstream that is down.
func (r *run) newFaults() *faults {
	f := &faults{salt: r.random.Uint64(), seen: map[string]int{}}
	for range []int{0, 0, 1, 1, 2, 3}[r.random.IntN(6)] {
		f.patterns = append(f.patterns, pattern{
			trouble: pick(r.random, troubles),
			system:  pick(r.random, []string{sandbox.Gradient, sandbox.Gradient, sandbox.Gradient, sandbox.Microsoft, sandbox.Microsoft, sandbox.CloudRadial}),
			path:    pick(r.random, paths),
			percent: pick(r.random, []uint64{10, 30, 30, 100}),
			times:   pick(r.random, []int{1, 2, 3, 0, 0}),
			sticky:  r.chance(2),
		})
	}
	for i, p := range f.patterns {
		if p.trouble.name == badRequest { // from Microsoft it would say that a tenant has no list of subscriptions
			f.patterns[i].system = sandbox.Gradient
		}
	}
	if r.chance(5) { // a push that stops half-way
		f.patterns = append(f.patterns, pattern{trouble: pick(r.random, troubles), system: sandbox.Gradient, path: counts, percent: 30, sticky: true})
	}
	f.patterns = append(f.patterns, newBadTenants(rand.New(rand.NewPCG(f.salt, 7)))...)
	return f
}

// The troubles of whole tenants, and of all of them.
const (
	hangingTenant = "hanging tenant"
	signInOutage  = "outage of the sign-in"
)

// newBadTenants draws tenants that hang, or an outage in which every sign-in fails or hangs.
func newBadTenants(random *rand.Rand) []pattern {
	hangs := func(*rand.Rand, sandbox.Request) sandbox.Fault { return sandbox.Fault{Kind: "slow", Delay: time.Hour} }
	signIns := regexp.MustCompile(`/token$`)
	switch random.IntN(16) {
	case 0:
		return []pattern{{trouble: trouble{hangingTenant, hangs}, system: sandbox.Microsoft, path: signIns, percent: 30, sticky: true}}
	case 1:
		fails := trouble{signInOutage, pick(random, []func(*rand.Rand, sandbox.Request) sandbox.Fault{hangs, answers(503, nil, "")})}
		return []pattern{{trouble: fails, system: sandbox.Microsoft, path: signIns, percent: 100, sticky: true}}
	}
	return nil
}

// strike decides whether and how a request fails.
func (r *run) strike(request sandbox.Request) sandbox.Fault {
	if r.night && request.Method == http.MethodGet && strings.HasSuffix(request.Path, "/organization/accounts") {
		return sandbox.Fault{Kind: "answer", Status: 200, Body: "[]"}
	}
	f := r.faults
	if f == nil || request.Header.Get("User-Agent") == otherTool {
		return sandbox.Fault{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := request.Method + " " + request.Path + " " + request.Query
	if request.System != sandbox.Microsoft { // the bodies of sign-ins have random values
		asked += " " + request.Body
	}
	f.seen[asked]++
	for i, p := range f.patterns {
		if p.system != request.System || p.path != nil && !p.path.MatchString(request.Path) || p.times > 0 && f.seen[asked] > p.times {
			continue
		}
		attempt := f.seen[asked]
		if p.sticky {
			attempt = 0
		}
		hash := fnv.New64a()
		fmt.Fprintf(hash, "%d %d %d %s", f.salt, i, attempt, asked)
		draw := rand.New(rand.NewPCG(hash.Sum64(), 5))
		if draw.Uint64N(100) >= p.percent {
			continue
		}
		tally(p.trouble.name)
		r.log("  %s strikes %s", p.trouble.name, clip(asked))
		return p.trouble.fault(draw, request)
	}
	return sandbox.Fault{}
}

// newEnd draws whether and how a process is killed or interrupted.
func (r *run) newEnd() end {
	switch {
	case r.mayKill && r.chance(4):
		return end{at: 1 + r.random.IntN(8), writes: r.chance(2), after: r.chance(2)}
	case r.chance(20):
		return end{at: 1 + r.random.IntN(8), writes: r.chance(2), after: r.chance(2), soft: true}
	}
	return end{}
}

// name is the name of an end in the tally.
func (e end) name() string {
	switch {
	case e.soft:
		return "Ctrl-C"
	case e.after:
		return "killed after a request"
	}
	return "killed before a request"
}
