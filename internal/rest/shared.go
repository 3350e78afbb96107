package rest

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// loadTimeout bounds a load, which does not end with the caller that started it.
const loadTimeout = 5 * time.Minute

// trouble is how long an error is kept. The load has tried several times by then, and what waits for it together with
// the loader, as Terraform's parallel resources do, would only repeat that.
const trouble = 10 * time.Second

// Shared is a read that the whole process makes once: callers that arrive together wait for one load, a write
// changes the held value (Update), and an ambiguous write forgets it (Forget). A refusal (401, 403) is held like a value and
// any other error for a little while: a thousand resources must not ask an upstream in trouble a thousand times. A load outlives
// the caller that started it, so that one cancelled resource does not fail the others; a load that began before an
// Update or Forget is returned to its waiters but not kept.
type Shared[T any] struct {
	load func(context.Context) (T, error)

	mu     sync.Mutex
	held   bool
	value  T
	err    error      // a refusal, or another error until
	until  time.Time  // then; zero for ever
	flight *flight[T] // the load whose result will be held
}

// flight is a load on its way. value and err are set before done is closed.
type flight[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// NewShared returns a Shared that reads with load.
func NewShared[T any](load func(context.Context) (T, error)) *Shared[T] {
	return &Shared[T]{load: load}
}

// Get returns the held value, or reads it. Callers must not change what it returns. It returns early, with ctx's
// error, when ctx ends.
func (s *Shared[T]) Get(ctx context.Context) (T, error) {
	s.mu.Lock()
	if s.held && (s.until.IsZero() || time.Now().Before(s.until)) {
		defer s.mu.Unlock()
		return s.value, s.err
	}
	current := s.flight
	if current == nil {
		current = &flight[T]{done: make(chan struct{})}
		s.flight = current
		go s.run(context.WithoutCancel(ctx), current)
	}
	s.mu.Unlock()

	select {
	case <-current.done:
		return current.value, current.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (s *Shared[T]) run(ctx context.Context, current *flight[T]) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	current.value, current.err = s.load(ctx)

	s.mu.Lock()
	if s.flight == current { // no Update or Forget since
		s.flight = nil
		s.held, s.value, s.err, s.until = true, current.value, current.err, time.Time{}
		if current.err != nil && !refused(current.err) {
			s.until = time.Now().Add(trouble)
		}
	}
	s.mu.Unlock()
	close(current.done)
}

func refused(err error) bool {
	status := Status(err)
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// Update replaces the held value by change(value), if one is held. change must return a new value. A load on its way
// may or may not have seen the write, so its result is not held.
func (s *Shared[T]) Update(change func(T) T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	if s.held && s.err == nil {
		s.value = change(s.value)
	}
}

// Forget drops the held value, so that the next Get reads again.
func (s *Shared[T]) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var none T
	s.held, s.value, s.err, s.until, s.flight = false, none, nil, time.Time{}, nil
}
