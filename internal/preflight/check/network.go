// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// largestSkew is the difference between two clocks up to which nothing fails. Sign-ins with a certificate or a token are refused when
// it is some minutes larger.
const largestSkew = 2 * time.Minute

// network is what the headers of all answers say about the clock and about proxies. It is used from several goroutines.
type network struct {
	mu      sync.Mutex
	skews   map[string]time.Duration // by system: how far its clock is ahead, the smallest that was seen
	servers map[string]string        // by system: the Server header
	proxies map[string]string        // by system: the Via header
	headers map[string]map[string]bool
	parts   map[string]*partAnswers // by part, see partOf
}

// partAnswers is what a part of a system answers beside its contents.
type partAnswers struct {
	answered bool            // itself, other than with 429
	waits    map[string]bool // the forms of Retry-After of its 429s
	page     int             // the status of a page that came in its place
}

// usualHeaders are the headers whose presence says nothing about a system.
var usualHeaders = []string{"Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Date", "Expires", "Location", "Pragma",
	"Server", "Set-Cookie", "Strict-Transport-Security", "Transfer-Encoding", "Vary", "Via"}

func (n *network) look(system string, got answer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.skews == nil {
		n.skews, n.servers, n.proxies = map[string]time.Duration{}, map[string]string{}, map[string]string{}
		n.headers = map[string]map[string]bool{systemGradient: {}, systemCloudRadial: {}, systemMicrosoft: {}}
		n.parts = map[string]*partAnswers{}
	}
	n.lookAtPart(partOf(system, got.url.Path), got)
	if date, err := http.ParseTime(got.header.Get("Date")); err == nil {
		skew := date.Sub(got.received)
		if seen, ok := n.skews[system]; !ok || skew.Abs() < seen.Abs() {
			n.skews[system] = skew
		}
	}
	for name := range got.header {
		if !slices.Contains(usualHeaders, name) {
			n.headers[system][name] = true
		}
	}
	keepSmallest(n.servers, system, got.header.Get("Server"))
	keepSmallest(n.proxies, system, strings.Join(got.header.Values("Via"), ", "))
}

// The parts of Microsoft, which have hosts and limits of their own.
const (
	partSignIn = "sign-in"
	partGraph  = "graph"
)

// partOf returns the part of a system that a path belongs to: the system itself but for Microsoft.
func partOf(system, path string) string {
	switch {
	case system != systemMicrosoft:
		return system
	case strings.HasPrefix(path, "/v1.0/"):
		return partGraph
	}
	return partSignIn
}

// lookAtPart keeps 429s and pages. A page with another status than these two can be the system's own error.
func (n *network) lookAtPart(part string, got answer) {
	held := n.parts[part]
	if held == nil {
		held = &partAnswers{waits: map[string]bool{}}
		n.parts[part] = held
	}
	isPage := bodyKind(got.body) == "html" && (got.status == http.StatusOK || got.status == http.StatusProxyAuthRequired)
	switch {
	case isPage:
		held.page = got.status
	case got.status == http.StatusTooManyRequests:
		held.waits[formOfWait(got.header.Get("Retry-After"))] = true
	default:
		held.answered = true
	}
}

// formOfWait is the form of a Retry-After header: none, 1s or another number of seconds, fraction, or date.
func formOfWait(value string) string {
	seconds, err := strconv.ParseFloat(value, 64)
	switch {
	case value == "":
		return "none"
	case err != nil:
		return "date"
	case seconds != math.Trunc(seconds):
		return "fraction"
	}
	return value + "s"
}

// stateParts adds the facts about 429s and pages.
func (n *network) stateParts(found *findings) {
	page := "none"
	for _, part := range []string{systemGradient, systemCloudRadial, partSignIn, partGraph} {
		held := n.parts[part]
		throttle := notSeen("it did not answer")
		switch {
		case held == nil:
		case len(held.waits) > 0:
			throttle = only(held.waits)
		case held.answered:
			throttle = "never"
		}
		found.fact(part+"-throttle", throttle)
		if held != nil && held.page != 0 {
			page = fmt.Sprintf("%s-%d", part, held.page)
			found.add(Error, part, "a page came in place of the answer of "+title(part),
				fmt.Sprintf("It has the status %d. The system answers with JSON, so a proxy or a sign-in page of the network answered instead.", held.page),
				"Let this machine through the proxy, or set the address of the proxy with user and password in HTTPS_PROXY. Hosts to which no proxy is needed go "+
					"into NO_PROXY.")
		}
	}
	found.fact("proxy-page", page)
}

// keepSmallest keeps the smallest text that is not empty, so that the order of the answers does not matter.
func keepSmallest(texts map[string]string, system, text string) {
	if held, ok := texts[system]; text != "" && (!ok || text < held) {
		texts[system] = text
	}
}

// judge adds what the headers say. It is called after the last answer.
func (n *network) judge(found *findings) {
	for _, system := range []string{systemGradient, systemCloudRadial, systemMicrosoft} {
		server := n.servers[system]
		if server == "" {
			server = "no Server header"
		}
		found.fact(system+"-server", server)
		found.fact(system+"-headers", listOr("none but the usual ones", slices.Sorted(maps.Keys(n.headers[system]))))
	}
	n.judgeClock(found)
	n.stateParts(found)
	for _, system := range slices.Sorted(maps.Keys(n.proxies)) {
		found.add(Notice, system, "a proxy answers on the way to "+title(system),
			fmt.Sprintf("Its answers have the header Via: %s.", n.proxies[system]),
			"Nothing, as long as the other checks succeed. If the proxy inspects the traffic, it sees the keys.")
	}
}

// judgeClock compares the clock of this machine with those of the systems.
func (n *network) judgeClock(found *findings) {
	fact := "no Date header"
	for _, system := range slices.Sorted(maps.Keys(n.skews)) {
		skew := n.skews[system]
		if fact == "no Date header" {
			fact = "right"
		}
		if skew.Abs() <= largestSkew {
			continue
		}
		fact = "ahead"
		direction := "behind"
		if skew < 0 {
			fact = "behind"
			direction = "ahead of"
		}
		found.add(Warning, "clock", fmt.Sprintf("the clock of this machine is %s that of %s", direction, title(system)),
			fmt.Sprintf("The two differ by %s. Sign-ins with a certificate or with OpenID Connect are refused when the difference is some minutes, and "+
				"so are new tokens.", minutes(skew.Abs())),
			"Set the clock of this machine, for example with a time server (NTP). In a container it is the clock of the host.")
	}
	found.fact("clock", fact)
}

// listOr joins the names, or returns the text when there are none.
func listOr(none string, names []string) string {
	if len(names) == 0 {
		return none
	}
	return strings.Join(names, ", ")
}

func minutes(d time.Duration) string {
	n := int(d.Round(time.Minute) / time.Minute)
	return fmt.Sprintf("%d minutes", n)
}

// title is the name of a system in sentences.
func title(system string) string {
	switch system {
	case systemGradient:
		return "Gradient"
	case systemCloudRadial:
		return "CloudRadial"
	case systemMicrosoft:
		return "Microsoft"
	case partGraph:
		return "Microsoft Graph"
	case partSignIn:
		return "Microsoft's sign-in"
	}
	return "This machine"
}
