// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// minSlack, maxOverFastest and maxOverMedian bound the slack of a turn, see pace.slack.
	minSlack       = 10 * time.Millisecond
	maxOverFastest = 50 * time.Millisecond
	maxOverMedian  = time.Second
	// reservedForOtherProcess is the number of turns that a new pace leaves unused in its first second. Terraform ends the process
	// that planned, and starts another one for apply: the last requests of the former may be in the same second.
	reservedForOtherProcess = 4
	// minRate is the lowest rate that 429s lead to, in requests a second.
	minRate = 1
	// recoveryTime is how long the rate takes to grow from zero back to the limit.
	recoveryTime = 30 * time.Second
)

// turn is the permission to send one request now.
type turn struct {
	at      time.Time     // when it was given, and later when its request was sent
	latency time.Duration // from then until the whole answer was read; 0 before
}

// pace gives requests their turns, so that no more than limit of them reach the upstream within any second, and fewer after a
// 429. The limit is a hard one: beyond 100 requests a second Gradient answers 429, and it may block a key for unusual traffic
// (gradient.md §6). Two mechanisms work together:
//
// A sliding window keeps the limit. pace remembers the last limit turns, and the next one is given a second after the oldest of
// them, plus the slack of that one. Slack is needed because the upstream counts arrivals, and we know only when we sent: if the
// oldest request took 30 ms longer on its way than the next one does, the two arrive 30 ms closer together than we sent them.
// For example, with a limit of 3 and requests sent at 0.0 s, 0.3 s and 0.6 s, the fourth may go at 1.0 s plus the slack of the first.
// Requests that have their turn but no connection yet may all be sent at once when it is made. They count from then on, so the limit
// also holds when a connection takes up to a second; beyond that, a 429 slows down what follows.
//
// A token bucket spreads the turns evenly over the second, and follows the rate. A 429 halves the rate; it then grows back
// linearly. A 429 to a request that was sent before the last halving says nothing about the new rate, and changes nothing.
//
// A bucket alone would waste part of the limit. With rate r and burst b it lets r·T+b requests through in a time T. With b = 1,
// each timer that fires late costs a request for good; with a larger b, r has to stay well below the limit.
type pace struct {
	limit    int           // requests a second; 0 means unpaced
	minPause time.Duration // the pause after a 429 without Retry-After
	// gate is held by the one request that waits for the next turn. The others queue behind it.
	gate chan struct{}

	mu          sync.Mutex
	bucket      *rate.Limiter
	turns       []*turn // the last limit turns, as a ring; the oldest one is at next
	next        int
	fastest     time.Duration // the lowest latency, 429s aside; 0 before the first answer
	median      time.Duration // the approximate median of the latencies, 429s aside
	halvedRate  float64       // the rate after the last halving, in requests a second
	halvedAt    time.Time     // zero when there was none
	pausedUntil time.Time     // no turn is given before
	lastSuccess time.Time     // when anything but a 429 last came back
}

func newPace(limit int, minPause time.Duration) *pace {
	p := &pace{limit: limit, minPause: minPause, gate: make(chan struct{}, 1), turns: make([]*turn, limit), halvedRate: float64(limit)}
	p.bucket = rate.NewLimiter(rate.Limit(p.halvedRate), burst(p.halvedRate))
	for i := range p.turns {
		p.turns[i] = &turn{}
	}
	now := time.Now()
	for i := range min(reservedForOtherProcess, limit/2) {
		p.turns[limit-1-i].at = now
	}
	return p
}

// burst returns the size of a bucket of that rate. A tenth of a second's tokens make up for timers that fire late.
func burst(perSecond float64) int { return 1 + int(perSecond/10) }

// wait blocks until the next turn. It returns early, with the error of ctx, when ctx ends. Turns are not given ahead of time:
// a request that used its turn late would go out together with the next one.
func (p *pace) wait(ctx context.Context) (*turn, error) {
	if p.limit > 0 {
		select {
		case p.gate <- struct{}{}:
			defer func() { <-p.gate }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	for {
		turn, missing := p.tryTake(time.Now())
		if turn != nil {
			return turn, ctx.Err()
		}
		timer := time.NewTimer(missing)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

// tryTake takes a turn, or returns nil and how long to wait before the next try.
func (p *pace) tryTake(now time.Time) (*turn, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := &turn{at: now}
	if missing := p.pausedUntil.Sub(now); missing > 0 {
		return nil, missing
	}
	if p.limit == 0 {
		return taken, 0
	}
	oldest := p.turns[p.next]
	if missing := oldest.at.Add(time.Second + p.slack(oldest)).Sub(now); missing > 0 {
		return nil, missing
	}
	perSecond := p.rate(now)
	p.bucket.SetLimitAt(now, rate.Limit(perSecond))
	p.bucket.SetBurstAt(now, burst(perSecond))
	if !p.bucket.AllowN(now, 1) {
		missing := (1 - p.bucket.TokensAt(now)) / perSecond
		return nil, max(time.Duration(math.Ceil(missing*float64(time.Second))), time.Nanosecond)
	}
	p.turns[p.next] = taken
	p.next = (p.next + 1) % p.limit
	return taken, 0
}

// slack returns the longest time that we assume the request of a turn was delayed on its way to the upstream. Only its latency is
// known, so it is estimated from two comparisons, of which the larger one counts:
//   - its latency above the fastest one, at most maxOverFastest. A small excess is common on the network, so all of it counts.
//   - its latency above the median, at most maxOverMedian. A large excess is more often a slow upstream than a slow network, so what is
//     usual for this upstream does not count.
//
// The slack is never below minSlack. A request without an answer gets maxOverFastest. The caller holds mu.
func (p *pace) slack(t *turn) time.Duration {
	if t.latency == 0 {
		return maxOverFastest
	}
	return max(minSlack, min(t.latency-p.fastest, maxOverFastest), min(t.latency-p.median+minSlack, maxOverMedian))
}

// recordSending notes that the request of a turn is sent now.
func (p *pace) recordSending(t *turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t.at = time.Now()
}

// recordAnswer notes that the request of a turn was answered just now.
func (p *pace) recordAnswer(t *turn, limited bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	t.latency = max(now.Sub(t.at), time.Nanosecond)
	if limited {
		return // a 429 is faster than other answers, so it is no measure
	}
	p.lastSuccess = now
	if p.fastest == 0 {
		p.fastest, p.median = t.latency, t.latency
	}
	p.fastest = min(p.fastest, t.latency)
	if t.latency > p.median {
		p.median += p.median / 64
	} else {
		p.median -= p.median / 64
	}
}

// rate returns the rate at now, in requests a second. The caller holds mu.
func (p *pace) rate(now time.Time) float64 {
	limit := float64(p.limit)
	if p.halvedAt.IsZero() {
		return limit
	}
	return min(limit, p.halvedRate+limit*float64(now.Sub(p.halvedAt))/float64(recoveryTime))
}

// slowDown reacts to a 429 to the request of a turn: all requests pause for retryAfter (0 when the 429 has none), and the rate is
// halved. It returns the new rate in requests a second, or 0 when the rate stays.
func (p *pace) slowDown(t *turn, retryAfter time.Duration) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	halve := p.limit > 0 && t.at.After(p.halvedAt)
	if halve && retryAfter == 0 {
		retryAfter = p.minPause
	}
	if until := now.Add(retryAfter); until.After(p.pausedUntil) {
		p.pausedUntil = until
	}
	if !halve {
		return 0
	}
	p.halvedRate = max(p.rate(now)/2, minRate)
	p.halvedAt = now
	return p.halvedRate
}

// limitedFor returns for how long every answer has been a 429, as a request sees it that got its first one at since.
func (p *pace) limitedFor(since time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lastSuccess.After(since) {
		since = p.lastSuccess
	}
	return time.Since(since)
}
