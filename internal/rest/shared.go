package rest

import (
	"context"
	"errors"
)

// Shared is a read that the whole process makes once: callers that arrive together wait for one load, a write
// changes the held value (Update), and an ambiguous write forgets it (Forget). Errors are not kept. A load outlives
// the caller that started it, so that one cancelled resource does not fail the others; a load that began before an
// Update or Forget is returned to its waiters but not kept.
type Shared[T any] struct {
	load func(context.Context) (T, error)
}

// NewShared returns a Shared that reads with load.
func NewShared[T any](load func(context.Context) (T, error)) *Shared[T] {
	return &Shared[T]{load: load}
}

// Get returns the held value, or reads it. Callers must not change what it returns.
func (s *Shared[T]) Get(ctx context.Context) (T, error) {
	var zero T
	return zero, errors.New("not built yet")
}

// Update replaces the held value by change(value), if one is held. change must return a new value.
func (s *Shared[T]) Update(change func(T) T) {}

// Forget drops the held value, so that the next Get reads again.
func (s *Shared[T]) Forget() {}
