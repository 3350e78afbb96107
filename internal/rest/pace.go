package rest

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// leastSlack and mostSlack bound the allowance for what takes longer on its way than at other times. Within fairSlack it is all
	// that an answer came later than the quickest one, beyond that only what it came later than usual.
	leastSlack = 10 * time.Millisecond
	fairSlack  = 50 * time.Millisecond
	mostSlack  = time.Second
	// elsewhere is how many turns of the first second are left to others: Terraform ends the process of the plan, which has read
	// the lists, and starts another one for apply.
	elsewhere = 4
	// slowest is the learned rate at the least, in requests a second.
	slowest = 1
	// recovery is the time in which the learned rate grows from nothing to the limit.
	recovery = 30 * time.Second
)

// turn is a request's permission to go.
type turn struct {
	at   time.Time
	took time.Duration // until the answer was there; 0 before
}

// pace decides when the next request of a client may go.
//
// The request whose turn was limit turns ago must have arrived a second before the next one goes. So no sliding second of
// the upstream holds more than the limit, and a request that goes late delays only the one that comes a whole limit later. When it
// arrived nobody knows; but it was hardly held up for longer than its answer came later than others did, and that is what the
// pace allows for. Not without bounds, for an upstream may also take its time to answer.
//
// A token bucket alone wastes more: rate r and burst b let floor(r·T)+b through in a time T, so with b = 1 every late
// wake-up is lost for good, and with more of it r has to stay far below the limit. Here the bucket spreads the turns evenly and
// holds the learned rate: a 429 halves it, unless it answers a request from before the last halving, and time brings it back.
type pace struct {
	limit    int           // requests a second; 0 means unpaced
	shortest time.Duration // the pause after a 429 that asks for none
	// gate is held by the one request that waits for its turn. The others come after it in the order of their arrival.
	gate chan struct{}

	mu       sync.Mutex
	bucket   *rate.Limiter
	turns    []*turn // the last limit turns; the oldest one is at next
	next     int
	quickest time.Duration // answer; 0 before the first one
	usual    time.Duration // the median, about
	learned  float64       // the rate at halved, in requests a second
	halved   time.Time     // the last time that it was
	until    time.Time     // nothing goes before
	answered time.Time     // the last time that anything but a 429 came back
}

func newPace(limit int, shortest time.Duration) *pace {
	p := &pace{limit: limit, shortest: shortest, gate: make(chan struct{}, 1), turns: make([]*turn, limit), learned: float64(limit)}
	p.bucket = rate.NewLimiter(rate.Limit(p.learned), burst(p.learned))
	for i := range p.turns {
		p.turns[i] = &turn{}
	}
	now := time.Now()
	for i := range min(elsewhere, limit/2) {
		p.turns[limit-1-i].at = now
	}
	return p
}

// burst is how many turns a bucket of that rate may hold: those of a tenth of a second make up for late wake-ups.
func burst(perSecond float64) int { return 1 + int(perSecond/10) }

// wait waits for the next turn. It ends early, with ctx's error, when ctx ends. Turns are not handed out ahead of time: one
// that is used late would go out together with the next one.
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
		turn, missing := p.take(time.Now())
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

// take takes a turn, or returns nil and how long to wait before it is worth trying again.
func (p *pace) take(now time.Time) (*turn, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := &turn{at: now}
	if missing := p.until.Sub(now); missing > 0 {
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

// slack is how much later than others a request may have arrived. The caller holds mu.
func (p *pace) slack(t *turn) time.Duration {
	if t.took == 0 {
		return fairSlack
	}
	return max(leastSlack, min(t.took-p.quickest, fairSlack), min(t.took-p.usual+leastSlack, mostSlack))
}

// answer notes when the answer to the request with that turn was there.
func (p *pace) answer(t *turn, limited bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	t.took = max(now.Sub(t.at), time.Nanosecond)
	if limited {
		return // a refusal is quicker than other answers
	}
	p.answered = now
	if p.quickest == 0 {
		p.quickest, p.usual = t.took, t.took
	}
	p.quickest = min(p.quickest, t.took)
	if t.took > p.usual {
		p.usual += p.usual / 64
	} else {
		p.usual -= p.usual / 64
	}
}

// rate is the learned rate, in requests a second. The caller holds mu.
func (p *pace) rate(now time.Time) float64 {
	limit := float64(p.limit)
	if p.halved.IsZero() {
		return limit
	}
	return min(limit, p.learned+limit*float64(now.Sub(p.halved))/float64(recovery))
}

// slowDown learns from a 429 to the request with that turn. The 429 asks for a pause, or for none (0). It returns the new
// rate in requests a second, or 0 when the 429 changes nothing.
func (p *pace) slowDown(t *turn, asked time.Duration) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	counts := p.limit > 0 && t.at.After(p.halved)
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

// refusedSince is how long nothing but 429s came back, seen by a request that got its first one then.
func (p *pace) refusedSince(first time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answered.After(first) {
		first = p.answered
	}
	return time.Since(first)
}
