// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// loadTimeout limits a load, because it does not end with the caller that started it.
const loadTimeout = 5 * time.Minute

// errorTTL is how long an error is held. The load has already retried, and other resources that ask at the same time would get the
// same error.
const errorTTL = 10 * time.Second

// Shared is a value that the whole process reads once. Concurrent callers of [Shared.Get] wait for one load. After a write the caller
// changes the held value with [Shared.Update], and after an ambiguous write drops it with [Shared.Forget].
//
// A 401 or 403 is held like a value, and any other error for 10 seconds, so that a thousand resources do not each repeat a request
// that fails. A load goes on when the caller that started it is cancelled, because others may wait for it. The result of a load that
// began before an Update or Forget goes to its waiters, but is not held.
type Shared[T any] struct {
	load func(context.Context) (T, error)

	mu     sync.Mutex
	held   bool
	value  T
	err    error
	until  time.Time  // when err is dropped; zero means never
	flight *flight[T] // the load whose result will be held
}

// flight is a running load. value and err are set before done is closed.
type flight[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// NewShared returns a Shared that calls load to read the value.
func NewShared[T any](load func(context.Context) (T, error)) *Shared[T] {
	return &Shared[T]{load: load}
}

// Get returns the held value, or loads it. Callers must not modify it. Get returns early, with the error of ctx, when ctx ends.
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
			s.until = time.Now().Add(errorTTL)
		}
	}
	s.mu.Unlock()
	close(current.done)
}

func refused(err error) bool {
	status := Status(err)
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// Update replaces the held value with change(value), if there is one. change must return a new value and not modify the old one. The
// result of a running load is not held, because the load may or may not have seen the write.
func (s *Shared[T]) Update(change func(T) T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	if s.held && s.err == nil {
		s.value = change(s.value)
	}
}

// Forget drops the held value, so that the next [Shared.Get] loads it again.
func (s *Shared[T]) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var none T
	s.held, s.value, s.err, s.until, s.flight = false, none, nil, time.Time{}, nil
}
