package rest

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// slidingSecond is a second, and what uneven delays on the way may squeeze together at the upstream's end.
	slidingSecond = time.Second + 30*time.Millisecond
	// elsewhere is how many turns of the first second are left to others: Terraform ends the process of the plan, which has read
	// the lists, and starts another one for apply.
	elsewhere = 4
	// slowest is the learned rate at the least, in requests a second.
	slowest = 1
	// recovery is the time in which the learned rate grows from nothing to the limit.
	recovery = 30 * time.Second
)

// pace decides when the next request of a client may go.
//
// No turn comes sooner than slidingSecond after the one that was limit turns before it. So no sliding second holds more
// than the limit, whatever else happens, and a request that wakes late delays only those that are due a whole limit later. A token
// bucket alone wastes more: rate r and burst b let floor(r·T)+b through in a time T, so with b = 1 every late wake-up is
// lost for good, and with more of it r has to stay far below the limit. Here the bucket only spreads the turns evenly and
// holds the learned rate: each 429 halves it, unless it answers a request from before the last halving, and time brings it back.
type pace struct {
	limit    int           // requests a second; 0 means unpaced
	shortest time.Duration // the pause after a 429 that asks for none
	// gate is held by the one request that waits for its turn. The others come after it in the order of their arrival.
	gate chan struct{}

	mu       sync.Mutex
	bucket   *rate.Limiter
	turns    []time.Time // the last limit turns; the oldest one is at next
	next     int
	learned  float64   // the rate at halved, in requests a second
	halved   time.Time // the last time that it was
	until    time.Time // nothing goes before
	answered time.Time // the last time that anything but a 429 came back
}

func newPace(limit int, shortest time.Duration) *pace {
	p := &pace{limit: limit, shortest: shortest, gate: make(chan struct{}, 1), turns: make([]time.Time, limit), learned: float64(limit)}
	p.bucket = rate.NewLimiter(rate.Limit(p.learned), burst(p.learned))
	now := time.Now()
	for i := range min(elsewhere, limit/2) {
		p.turns[limit-1-i] = now
	}
	return p
}

// burst is how many turns a bucket of that rate may hold: those of a tenth of a second make up for late wake-ups.
func burst(perSecond float64) int { return 1 + int(perSecond/10) }

// turn waits for the next turn. It ends early, with ctx's error, when ctx ends. Turns are not handed out ahead of time: one
// that is used late would go out together with the next one.
func (p *pace) turn(ctx context.Context) error {
	if p.limit > 0 {
		select {
		case p.gate <- struct{}{}:
			defer func() { <-p.gate }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for {
		wait := p.take(time.Now())
		if wait <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// take takes a turn, or says how long to wait before it is worth trying again.
func (p *pace) take(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := p.until.Sub(now); wait > 0 || p.limit == 0 {
		return wait
	}
	if wait := p.turns[p.next].Add(slidingSecond).Sub(now); wait > 0 {
		return wait
	}
	perSecond := p.rate(now)
	p.bucket.SetLimitAt(now, rate.Limit(perSecond))
	p.bucket.SetBurstAt(now, burst(perSecond))
	if !p.bucket.AllowN(now, 1) {
		missing := (1 - p.bucket.TokensAt(now)) / perSecond
		return max(time.Duration(math.Ceil(missing*float64(time.Second))), time.Nanosecond)
	}
	p.turns[p.next] = now
	p.next = (p.next + 1) % p.limit
	return 0
}

// rate is the learned rate, in requests a second. The caller holds mu.
func (p *pace) rate(now time.Time) float64 {
	limit := float64(p.limit)
	if p.halved.IsZero() {
		return limit
	}
	return min(limit, p.learned+limit*float64(now.Sub(p.halved))/float64(recovery))
}

// limited learns from a 429 to a request of that time, which asks for a pause, or for none (0). It returns the new rate in
// requests a second, or 0 when the 429 changes nothing.
func (p *pace) limited(sent time.Time, asked time.Duration) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	counts := p.limit > 0 && sent.After(p.halved)
	if counts && asked == 0 {
		asked = p.shortest
	}
	if until := now.Add(asked); until.After(p.until) {
		p.until = until
	}
	if !counts {
		return 0
	}
	p.learned = max(p.rate(now)/2, slowest)
	p.halved = now
	return p.learned
}

// answer notes that something other than a 429 came back.
func (p *pace) answer() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answered = time.Now()
}

// refusedSince is how long nothing but 429s came back, seen by a request that got its first one then.
func (p *pace) refusedSince(first time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answered.After(first) {
		first = p.answered
	}
	return time.Since(first)
}
