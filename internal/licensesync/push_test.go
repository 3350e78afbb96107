// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// fakeGradient answers pushes by the name of the account or service: "unmapped…" 404, "forbidden…" 403, "refused…" with its status or
// 400, "cut…" a reset after sending.
type fakeGradient struct {
	status int

	mu    sync.Mutex
	calls []string
}

func (f *fakeGradient) set(_ context.Context, push billing.Push) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, push.Account)
	switch {
	case strings.HasPrefix(push.Account, "unmapped"), strings.HasPrefix(push.Service, "unmapped"):
		return fmt.Errorf("%w: %w", gradient.ErrNotMapped, &rest.Error{Status: 404})
	case strings.HasPrefix(push.Account, "refused"):
		return &rest.Error{Status: cmp.Or(f.status, 400), Sent: true}
	case strings.HasPrefix(push.Account, "forbidden"):
		return &rest.Error{Status: 403, Sent: true}
	case strings.HasPrefix(push.Account, "cut"):
		return &rest.Error{Err: errors.New("connection reset"), Sent: true}
	}
	return nil
}

func pushesOf(accounts ...string) []billing.Push {
	pushes := make([]billing.Push, len(accounts))
	for i, account := range accounts {
		pushes[i] = billing.Push{Pair: billing.Pair{Account: account, Service: "S"}, Units: 1}
	}
	return pushes
}

func accountNames(pushes []billing.Push) string {
	names := make([]string, len(pushes))
	for i, push := range pushes {
		names[i] = push.Account
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestPushAllSortsTheAnswers(t *testing.T) {
	t.Parallel()
	fake := &fakeGradient{}
	done := pushAll(t.Context(), fake.set, 1, billing.Task{}, pushesOf("a", "unmapped", "b"))
	if done.err != nil || accountNames(done.accepted) != "a b" || accountNames(done.refused) != "unmapped" {
		t.Errorf("got %+v", done)
	}
	if done := pushAll(t.Context(), fake.set, 1, billing.Task{}, nil); done.err != nil || len(fake.calls) != 3 {
		t.Errorf("no pushes give %+v and the calls %q", done, fake.calls)
	}
}

func TestRule8WhatConcernsEverythingStopsThePush(t *testing.T) {
	t.Parallel()
	fake := &fakeGradient{}
	done := pushAll(t.Context(), fake.set, 1, billing.Task{}, pushesOf("a", "forbidden", "b", "c"))
	if got := strings.Join(fake.calls, " "); got != "a forbidden" {
		t.Errorf("pushed %q after a failure", got)
	}
	if done.err == nil || !strings.Contains(done.err.Error(), `unit_counts["forbidden"]["S"]`) {
		t.Errorf("the error is %v", done.err)
	}
	if accountNames(done.accepted) != "a" || len(done.unclear) != 0 || len(done.notAccepted()) != 0 {
		t.Errorf("got %+v, want a accepted and nothing unclear", done)
	}
}

func TestRule8TheRefusalOfOnePairIsThatPairs(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 409, 422} {
		fake := &fakeGradient{status: status}
		done := pushAll(t.Context(), fake.set, 1, billing.Task{}, pushesOf("a", "refused", "b"))
		if done.err != nil || accountNames(done.accepted) != "a b" || len(done.failed) != 1 || done.failed[0].Account != "refused" || done.isComplete() {
			t.Errorf("%d: got %+v", status, done)
		}
	}
	// A 404 that is not about a mapping comes from a wrong address, and stops the push.
	fake := &fakeGradient{status: 404}
	if done := pushAll(t.Context(), fake.set, 1, billing.Task{}, pushesOf("refused", "b")); done.err == nil || len(fake.calls) != 1 {
		t.Errorf("got %+v after %q", done, fake.calls)
	}
}

// The zeros come last, and the refusal of one is a warning, however Gradient refuses it.
func TestRule3FarewellsComeLast(t *testing.T) {
	t.Parallel()
	fake := &fakeGradient{}
	pushes := []billing.Push{push("a", "S", 0, billing.Farewell), push("refused", "S", 0, billing.Farewell), push("unmapped", "S", 0, billing.Sweep), push("b", "S", 1, billing.Changed)}
	done := pushAll(t.Context(), fake.set, 1, billing.Task{}, pushes)
	if got := strings.Join(fake.calls, " "); got != "b a refused unmapped" {
		t.Errorf("pushed %q", got)
	}
	if !done.isComplete() || accountNames(done.refused) != "refused unmapped" || done.zeroErr == nil || accountNames(done.accepted) != "a b" {
		t.Errorf("got %+v", done)
	}
}

// Ctrl-C after the last count and before the first zero must not forget the zeros.
func TestRule3AZeroLeftOutByCtrlCIsNotForgotten(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	done := pushAll(ctx, func(context.Context, billing.Push) error {
		cancel()
		return nil
	}, 1, billing.Task{}, []billing.Push{push("a", "S", 1, billing.Changed), push("b", "S", 0, billing.Farewell)})
	if done.isComplete() || accountNames(done.accepted) != "a" {
		t.Errorf("got %+v", done)
	}
}

func TestRule3AFarewellWaitsForTheCountThatReplacesIt(t *testing.T) {
	t.Parallel()
	ledger := billing.Ledger{at("c3", "E5"): 100, at("c4", "E5"): 5, at("c5", "Old"): 7}
	pushes := []billing.Push{
		push("c3", "E5", 0, billing.Farewell), push("c4", "E5", 0, billing.Farewell), push("c5", "Old", 0, billing.Farewell),
		push("unmapped-c3", "E5", 100, billing.Changed), push("c5", "unmapped", 7, billing.Changed),
	}
	fake := &fakeGradient{}
	done := pushAll(t.Context(), fake.set, 1, billing.Task{Ledger: ledger}, pushes)
	if accountNames(done.waiting) != "c3 c5" || accountNames(done.accepted) != "c4" {
		t.Errorf("got %+v, want c3 and c5 to wait", done)
	}
}

func TestRule7TwentyFiveRefusalsEndTheSending(t *testing.T) {
	t.Parallel()
	var many, zeros []billing.Push
	for i := range 100 {
		many = append(many, push(fmt.Sprintf("unmapped%02d", i), "S", 1, billing.Changed))
		zeros = append(zeros, push(fmt.Sprintf("unmapped%02d", i), "T", 0, billing.Farewell))
	}
	for _, inFlight := range []int{1, 7, 32} {
		fake := &fakeGradient{}
		done := pushAll(t.Context(), fake.set, inFlight, billing.Task{}, slices.Concat(many, zeros))
		if len(fake.calls) != 50 || len(done.refused) != 50 || len(done.unsent) != 150 || done.err != nil {
			t.Errorf("%d at once: %d sent, %d refused, %d not sent, %v", inFlight, len(fake.calls), len(done.refused), len(done.unsent), done.err)
		}
		fake = &fakeGradient{}
		done = pushAll(t.Context(), fake.set, inFlight, billing.Task{}, append(pushesOf("a"), many...))
		if len(fake.calls) != 101 || len(done.unsent) != 0 {
			t.Errorf("%d at once, one accepted: %d sent, %d not", inFlight, len(fake.calls), len(done.unsent))
		}
	}
}

func TestRule8AnUnclearAnswerIsNeitherAcceptedNorRefused(t *testing.T) {
	t.Parallel()
	done := pushAll(t.Context(), (&fakeGradient{}).set, 1, billing.Task{}, pushesOf("cut", "a"))
	if done.err == nil || len(done.accepted) != 0 || accountNames(done.unclear) != "cut" {
		t.Errorf("got %+v, want cut to be unclear", done)
	}
}

func TestCtrlCEndsThePushSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		slow := func(ctx context.Context, push billing.Push) error {
			answer := time.Millisecond
			if push.Account == "slow" {
				answer = time.Minute
			}
			select {
			case <-time.After(answer):
				return nil
			case <-ctx.Done():
				return &rest.Error{Err: ctx.Err(), Sent: true}
			}
		}
		time.AfterFunc(100*time.Millisecond, cancel)
		start := time.Now()
		done := pushAll(ctx, slow, 2, billing.Task{}, append(pushesOf("a", "slow", "b"), pushesOf(slices.Repeat([]string{"c"}, 1000)...)...))
		if took := time.Since(start); took > time.Second {
			t.Errorf("Ctrl-C took %s", took)
		}
		if !errors.Is(done.err, context.Canceled) {
			t.Errorf("the error is %v", done.err)
		}
		if accountNames(done.unclear) != "slow" {
			t.Errorf("unclear are %q, want slow: it was sent and not answered", accountNames(done.unclear))
		}
		if n := len(done.accepted); n < 3 || n > 300 {
			t.Errorf("%d pushes were accepted: those before Ctrl-C count, those after must not begin", n)
		}
	})
}

// fakeTransport is Gradient behind a client with its real pace: it accepts some counts, and then gives the answer of the case.
type fakeTransport struct {
	good   int // how many counts it accepts before
	answer func(ctx context.Context) (*http.Response, error)

	mu       sync.Mutex
	asked    int
	accepted int
}

func (f *fakeTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	time.Sleep(20 * time.Millisecond)
	f.mu.Lock()
	f.asked++
	good := f.asked <= f.good
	if good {
		f.accepted++
	}
	f.mu.Unlock()
	if good {
		return answered(http.StatusCreated, nil), nil
	}
	return f.answer(request.Context())
}

func answered(status int, header http.Header) *http.Response {
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(""))}
}

func TestCtrlCEndsEveryWaitOfAPush(t *testing.T) {
	t.Parallel()
	limited := func(header http.Header) func(context.Context) (*http.Response, error) {
		return func(context.Context) (*http.Response, error) {
			return answered(http.StatusTooManyRequests, header), nil
		}
	}
	for name, test := range map[string]struct {
		requestsPerSecond int
		good              int
		answer            func(ctx context.Context) (*http.Response, error)
		unclear           int // pushes under way that may have been accepted
	}{
		"for the Retry-After of a 429": {100, 50, limited(http.Header{"Retry-After": {"30"}}), 0}, //nolint:bodyclose // it makes answers, and gets none
		"at the slowest pace":          {100, 50, limited(nil), 0},                                //nolint:bodyclose // likewise
		"for its turn":                 {2, 1000, nil, 0},
		"for slow answers": {100, 50, func(ctx context.Context) (*http.Response, error) {
			select {
			case <-time.After(10 * time.Second):
				return answered(http.StatusCreated, nil), nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}, gradient.MaxInFlight(100)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				upstream := &fakeTransport{good: test.good, answer: test.answer}
				client, err := gradient.New(gradient.Options{
					BaseURL: "http://localhost", VendorKey: "v", PartnerKey: "p", RequestsPerSecond: test.requestsPerSecond, Transport: upstream,
				})
				if err != nil {
					t.Fatal(err)
				}
				set := func(ctx context.Context, push billing.Push) error {
					return client.SetUnitCount(ctx, "S", push.Account, push.Units)
				}
				ctx, cancel := context.WithCancel(t.Context())
				var left time.Time
				time.AfterFunc(8*time.Second, func() {
					left = time.Now()
					cancel()
				})
				done := pushAll(ctx, set, gradient.MaxInFlight(test.requestsPerSecond), billing.Task{}, pushesOf(slices.Repeat([]string{"a"}, 2000)...))
				if took := time.Since(left); left.IsZero() || took > time.Second {
					t.Errorf("it returned %s after Ctrl-C", took)
				}
				if !errors.Is(done.err, context.Canceled) {
					t.Errorf("the error is %v", done.err)
				}
				if len(done.accepted) != upstream.accepted || len(done.unclear) != test.unclear || len(done.refused) > 0 {
					t.Errorf("%d accepted, %d unclear, %d refused; Gradient accepted %d, and %d are unclear",
						len(done.accepted), len(done.unclear), len(done.refused), upstream.accepted, test.unclear)
				}
				if upstream.accepted < 10 {
					t.Errorf("only %d were accepted before Ctrl-C", upstream.accepted)
				}
			})
		})
	}
}

func TestAPushLogsItsProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		set := func(context.Context, billing.Push) error {
			time.Sleep(20 * time.Millisecond)
			return nil
		}
		pushAll(tflogtest.RootLogger(t.Context(), &log), set, 2, billing.Task{}, pushesOf(slices.Repeat([]string{"a"}, 600)...))
		for _, want := range []string{`"@message":"pushing unit counts"`, `"@level":"info"`, `"total":600`, `"per_second":`, `"time_left":"1s"`} {
			if strings.Count(log.String(), want) != 1 {
				t.Errorf("the log lacks %s:\n%s", want, log.String())
			}
		}
	})
}
