// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// mostInASecond returns the largest number of moments within any half-open second.
func mostInASecond(moments []time.Time) int {
	slices.SortFunc(moments, time.Time.Compare)
	most, first := 0, 0
	for i, at := range moments {
		for at.Sub(moments[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// TestEveryLimitIsKeptAndReached takes turns as fast as possible, for every limit, on a busy machine: turns are taken late, and some
// requests are delayed on their way.
func TestEveryLimitIsKeptAndReached(t *testing.T) {
	t.Parallel()
	const span = 20 * time.Second
	for limit := 1; limit <= 100; limit++ {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(limit), 1))
			upTo := func(most time.Duration) time.Duration { return time.Duration(random.Int64N(int64(most))) }
			p := newPace(limit, time.Second)
			p.fastest, p.median = 50*time.Millisecond, 55*time.Millisecond // as after a few reads
			time.Sleep(2 * time.Second)                                    // the turns reserved in the first second are another test's
			start := time.Now()
			var arrived []time.Time
			for time.Since(start) < span {
				turn, missing := p.tryTake(time.Now())
				if turn == nil {
					time.Sleep(missing + upTo(5*time.Millisecond))
					continue
				}
				there, back := upTo(5*time.Millisecond), 50*time.Millisecond+upTo(5*time.Millisecond)
				if random.IntN(5*limit) == 0 { // every five seconds
					there = upTo(300 * time.Millisecond)
				}
				arrived = append(arrived, turn.at.Add(there))
				time.AfterFunc(there+back, func() { p.recordAnswer(turn, false) })
			}
			if got := mostInASecond(arrived); got > limit {
				t.Errorf("limit %d: %d requests within a second", limit, got)
			}
			if got, want := len(arrived), 0.95*float64(limit)*span.Seconds(); float64(got) < want {
				t.Errorf("limit %d: %d requests in %s, want %.0f", limit, got, span, want)
			}
			time.Sleep(time.Second) // the last answers
		})
	}
}

func TestSlack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPace(100, time.Second)
		answer := func(after time.Duration, limited bool) {
			turn := &turn{at: time.Now()}
			time.Sleep(after)
			p.recordAnswer(turn, limited)
		}
		answer(time.Millisecond, true) // a 429 is no measure of the latency
		for range 100 {
			answer(80*time.Millisecond, false)
			answer(120*time.Millisecond, false)
			answer(400*time.Millisecond, false)
		}
		for took, want := range map[time.Duration]time.Duration{
			0: maxOverFastest, time.Millisecond: minSlack, 80 * time.Millisecond: minSlack, 100 * time.Millisecond: 20 * time.Millisecond,
			130 * time.Millisecond: maxOverFastest, 400 * time.Millisecond: 290 * time.Millisecond, time.Hour: maxOverMedian,
		} {
			if got := p.slack(&turn{latency: took}); got < want-5*time.Millisecond || got > want+5*time.Millisecond {
				t.Errorf("an answer after %s has the slack %s, want about %s", took, got, want)
			}
		}
	})
}

// fakeUpstream answers requests after random times and records when they arrived. Use it within synctest.Test.
type fakeUpstream struct {
	answer func(call int) *http.Response // nil means 200

	mu      sync.Mutex
	random  *rand.Rand
	arrived []time.Time
}

func (u *fakeUpstream) RoundTrip(request *http.Request) (*http.Response, error) {
	u.mu.Lock()
	there, back := time.Duration(u.random.Int64N(int64(maxOverFastest))), time.Duration(u.random.Int64N(int64(200*time.Millisecond)))
	u.mu.Unlock()
	time.Sleep(there)
	u.mu.Lock()
	u.arrived = append(u.arrived, time.Now())
	call := len(u.arrived)
	u.mu.Unlock()
	select {
	case <-time.After(back):
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
	if u.answer != nil {
		if response := u.answer(call); response != nil {
			return response, nil
		}
	}
	return status(http.StatusOK, ""), nil
}

func status(code int, retryAfter string) *http.Response {
	response := &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}
	if retryAfter != "" {
		response.Header.Set("Retry-After", retryAfter)
	}
	return response
}

func newFakeUpstream(seed int, answer func(call int) *http.Response) *fakeUpstream {
	return &fakeUpstream{answer: answer, random: rand.New(rand.NewPCG(uint64(seed), 2))}
}

// paced returns a client of the fake upstream.
func paced(t *testing.T, u *fakeUpstream, limit int) *Client {
	t.Helper()
	client, err := New(Config{System: "Test", BaseURL: "http://localhost", Transport: u, RequestsPerSecond: limit})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// doMany sends requests, 20 at a time, and returns the joined errors.
func doMany(ctx context.Context, client *Client, requests int) error {
	work := make(chan struct{}, requests)
	for range requests {
		work <- struct{}{}
	}
	close(work)
	var mu sync.Mutex
	var failed error
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			for range work {
				if _, err := client.Do(ctx, Request{Method: "POST"}); err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	return failed
}

func TestNoSlidingSecondHoldsMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	for seed := range 30 {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 3))
			limit := 1 + random.IntN(100)
			sometimes := 5 + random.IntN(100)
			upstream := newFakeUpstream(seed, func(call int) *http.Response {
				switch call % sometimes {
				case 0:
					return status(429, "")
				case 1:
					return status(429, fmt.Sprintf("0.%d", random.IntN(10)))
				}
				return nil
			})
			if err := doMany(t.Context(), paced(t, upstream, limit), 8*limit); err != nil {
				t.Error(err)
			}
			if got := mostInASecond(upstream.arrived); got > limit {
				t.Errorf("seed %d: %d requests within a second, the limit is %d", seed, got, limit)
			}
		})
	}
}

// All requests wait for one connection, and are sent together when it is made.
func TestASlowConnectionKeepsTheLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 20, 100} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var mu sync.Mutex
			var sent []time.Time
			client, err := New(Config{System: "Test", BaseURL: "http://localhost", RequestsPerSecond: limit,
				Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
					time.Sleep(time.Until(start.Add(900 * time.Millisecond)))
					httptrace.ContextClientTrace(request.Context()).GotConn(httptrace.GotConnInfo{})
					mu.Lock()
					defer mu.Unlock()
					sent = append(sent, time.Now())
					return status(http.StatusOK, ""), nil
				})})
			if err != nil {
				t.Fatal(err)
			}
			var wait sync.WaitGroup
			for range 3 * limit {
				wait.Go(func() {
					if _, err := client.Do(t.Context(), Request{Method: "POST"}); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			if got := mostInASecond(sent); got > limit {
				t.Errorf("%d requests within a second, the limit is %d", got, limit)
			}
		})
	}
}

// The process that plans reads the lists and ends, and the one that applies starts at once.
func TestTheFirstSecondLeavesTurnsToTheProcessBefore(t *testing.T) {
	t.Parallel()
	for limit := 2 * reservedForOtherProcess; limit <= 100; limit++ {
		synctest.Test(t, func(t *testing.T) {
			taken := slices.Repeat([]time.Time{time.Now()}, reservedForOtherProcess)
			apply := newPace(limit, time.Second)
			for len(taken) < reservedForOtherProcess+2*limit {
				if turn, missing := apply.tryTake(time.Now()); turn == nil {
					time.Sleep(missing)
					continue
				}
				taken = append(taken, time.Now())
			}
			if got := mostInASecond(taken); got > limit {
				t.Errorf("%d requests within a second, the limit is %d", got, limit)
			}
			if took := time.Since(taken[0]); took > 4*time.Second {
				t.Errorf("limit %d: %d requests took %s", limit, 2*limit, took)
			}
		})
	}
}

func TestPaceLearns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPace(100, 500*time.Millisecond)
		time.Sleep(time.Second)
		before := &turn{at: time.Now()}
		time.Sleep(50 * time.Millisecond)
		if got := p.slowDown(before, 0); got != 50 {
			t.Fatalf("the first 429 sets the rate to %v, want 50", got)
		}
		if _, missing := p.tryTake(time.Now()); missing != 500*time.Millisecond {
			t.Errorf("after a 429 the next turn is in %s, want a pause of 500ms", missing)
		}
		time.Sleep(time.Millisecond)
		if got := p.slowDown(before, 0); got != 0 {
			t.Errorf("a 429 to a request from before the halving sets the rate to %v", got)
		}
		if _, missing := p.tryTake(time.Now()); missing != 499*time.Millisecond {
			t.Errorf("such a 429 makes the pause %s, want 499ms", missing)
		}
		for _, want := range []float64{25, 12.5, 6.25, 3.125, 1.5625, minRate, minRate} {
			if got := p.slowDown(&turn{at: time.Now()}, 0); got < want || got > want*1.1 {
				t.Errorf("another 429 sets the rate to %v, want %v", got, want)
			}
			time.Sleep(time.Millisecond)
		}
		halved := time.Now()
		for _, after := range []time.Duration{recoveryTime / 10, recoveryTime / 2, recoveryTime - time.Second} {
			time.Sleep(after - time.Since(halved))
			if got, want := p.rate(time.Now()), 100*after.Seconds()/recoveryTime.Seconds(); got < want || got > want+1.1 {
				t.Errorf("%s after the last 429 the rate is %v, want %v", after, got, want)
			}
		}
		time.Sleep(2 * time.Second)
		if got := p.rate(time.Now()); got != 100 {
			t.Errorf("%s after the last 429 the rate is %v, want 100", recoveryTime, got)
		}
	})
}

// limitedTo answers 429 to requests beyond limit in any sliding second, as Gradient does, and counts them.
func limitedTo(limit int, retryAfter string, refused *int) func(int) *http.Response {
	var mu sync.Mutex
	var hits []time.Time
	return func(int) *http.Response {
		mu.Lock()
		defer mu.Unlock()
		hits = slices.DeleteFunc(hits, func(hit time.Time) bool { return time.Since(hit) >= time.Second })
		if len(hits) >= limit {
			*refused++
			return status(429, retryAfter)
		}
		hits = append(hits, time.Now())
		return nil
	}
}

func TestAnUpstreamThatAllowsLessIsServedWithFewRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		allows     int
		retryAfter string
		share      float64 // of what the upstream allows
	}{{40, "", 0.6}, {40, "1", 0.6}, {10, "", 0.4}, {2, "", 0.3}, {1, "", 0.3}, {1, "1", 0.3}} {
		t.Run(fmt.Sprintf("%d a second, Retry-After %q", test.allows, test.retryAfter), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var refused int
				requests := 30 * test.allows
				upstream := newFakeUpstream(1, limitedTo(test.allows, test.retryAfter, &refused)) //nolint:bodyclose // it makes answers, and gets none
				start := time.Now()
				if err := doMany(t.Context(), paced(t, upstream, 100), requests); err != nil {
					t.Fatal(err)
				}
				perSecond := float64(requests) / time.Since(start).Seconds()
				t.Logf("%d requests, %d of them refused, %.1f a second", len(upstream.arrived), refused, perSecond)
				if perSecond < test.share*float64(test.allows) {
					t.Errorf("%.1f requests a second where %d are allowed", perSecond, test.allows)
				}
				if most := max(requests/5, 100); refused > most {
					t.Errorf("%d of %d requests were refused, want %d at most", refused, len(upstream.arrived), most)
				}
			})
		})
	}
}

func TestRetryAfterPausesEverything(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 50} {
		synctest.Test(t, func(t *testing.T) {
			upstream := newFakeUpstream(1, func(call int) *http.Response {
				if call == 1 {
					return status(429, "30")
				}
				return nil
			})
			client := paced(t, upstream, limit)
			start := time.Now()
			done := make(chan error)
			go func() { done <- doMany(t.Context(), client, 1) }()
			time.Sleep(time.Second) // until it was answered
			if err := doMany(t.Context(), client, 100); err != nil {
				t.Error(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if got := upstream.arrived[1].Sub(start); got < 30*time.Second || got > 31*time.Second {
				t.Errorf("limit %d: the next request came after %s, want 30s", limit, got)
			}
		})
	}
}

func TestLeavingEndsEveryWaitAtOnce(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(int) *http.Response{
		"pause that was asked for": func(int) *http.Response { return status(429, "30") },
		"pause after a 429":        func(int) *http.Response { return status(429, "") },
		"wait for a turn":          nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := paced(t, newFakeUpstream(1, answer), 2)
				ctx, cancel := context.WithCancel(t.Context())
				var wait sync.WaitGroup
				var left time.Time
				for range 50 {
					wait.Go(func() {
						_, err := client.Do(ctx, Request{Method: "POST"})
						if err == nil {
							return
						}
						if took := time.Since(left); took != 0 || !errors.Is(err, context.Canceled) {
							t.Errorf("%s after the caller left: %v", took, err)
						}
						if e := asError(t, err); e.Attempts > 0 && answer != nil && (e.Ambiguous() || e.Status != 429) {
							t.Errorf("the upstream did nothing, but the error is ambiguous: %v", err)
						}
					})
				}
				time.Sleep(1900 * time.Millisecond) // no request is being answered
				left = time.Now()
				cancel()
				wait.Wait()
			})
		})
	}
}

func TestRefusalsWithoutEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		upstream := newFakeUpstream(1, func(int) *http.Response { return status(429, "") })
		start := time.Now()
		_, err := paced(t, upstream, 100).Do(t.Context(), Request{Method: "POST"})
		if took := time.Since(start); took < defaultMaxWait || took > defaultMaxWait+5*time.Second {
			t.Errorf("it gave up after %s, want %s", took, defaultMaxWait)
		}
		if e := asError(t, err); e.Status != 429 || e.Ambiguous() || e.Attempts < 60 || !strings.Contains(err.Error(), "it answered 429 for 2m") {
			t.Errorf("got %v", err)
		}
	})
}

func TestRefusalsOfOneRequestWhileOthersPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, err := New(Config{System: "Test", BaseURL: "http://localhost", RequestsPerSecond: 100,
			Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
				if request.URL.Path == "/unlucky" && time.Since(start) < 2*defaultMaxWait {
					return status(429, ""), nil
				}
				return status(200, ""), nil
			})})
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		wait.Go(func() {
			if _, err := client.Do(t.Context(), Request{Method: "POST", Path: "/unlucky"}); err != nil {
				t.Error(err)
			}
		})
		for time.Since(start) < 2*defaultMaxWait {
			if _, err := client.Do(t.Context(), Request{Method: "POST"}); err != nil {
				t.Error(err)
			}
			time.Sleep(10 * time.Second)
		}
		wait.Wait()
	})
}

// 429s do not count as failures, and do not lengthen the wait after a failure.
func TestFailuresAreCountedApartFromRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		upstream := newFakeUpstream(1, func(call int) *http.Response {
			if call <= 20 {
				return status(429, "0.1")
			}
			return status(503, "")
		})
		start := time.Now()
		_, err := paced(t, upstream, 100).Do(t.Context(), Request{Method: "GET"})
		if e := asError(t, err); e.Attempts != 20+maxAttempts || e.Status != 503 {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}
