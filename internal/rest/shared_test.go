// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// gated is a load that waits for its gate.
type gated struct {
	mu      sync.Mutex
	loads   int
	entered chan struct{}
	gate    chan struct{} // nil lets every load through
}

func (g *gated) load(ctx context.Context) (int, error) {
	g.mu.Lock()
	g.loads++
	n, gate := g.loads, g.gate
	g.mu.Unlock()
	if gate != nil {
		g.entered <- struct{}{}
		<-gate
	}
	return n, ctx.Err()
}

func (g *gated) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.gate)
	g.gate = nil
}

func newGated() *gated { return &gated{entered: make(chan struct{}, 10), gate: make(chan struct{})} }

func TestSharedLoadsOnce(t *testing.T) {
	t.Parallel()
	g := newGated()
	s := NewShared(g.load)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if got, err := s.Get(t.Context()); got != 1 || err != nil {
				t.Error(got, err)
			}
		})
	}
	<-g.entered
	g.open()
	wait.Wait()
	if got, _ := s.Get(t.Context()); got != 1 || g.loads != 1 {
		t.Errorf("value %d after %d loads", got, g.loads)
	}
}

func TestSharedOutlivesTheCallerThatStartedIt(t *testing.T) {
	t.Parallel()
	g := newGated()
	s := NewShared(g.load)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := s.Get(ctx)
		left <- err
	}()
	<-g.entered
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the cancelled caller got %v", err)
	}
	g.open()
	if got, err := s.Get(t.Context()); got != 1 || err != nil || g.loads != 1 {
		t.Error(got, err, g.loads)
	}
}

func TestSharedKeepsAnErrorForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		s := NewShared(func(context.Context) (int, error) {
			loads++
			if loads == 1 {
				return 0, errors.New("down")
			}
			return 7, nil
		})
		for range 3 {
			if _, err := s.Get(t.Context()); err == nil || loads != 1 {
				t.Errorf("%d loads, error %v", loads, err)
			}
		}
		time.Sleep(errorTTL)
		if got, err := s.Get(t.Context()); got != 7 || err != nil {
			t.Error(got, err)
		}
	})
}

func TestSharedDoesNotKeepALoadThatBeganBeforeAWrite(t *testing.T) {
	t.Parallel()
	writes := map[string]func(*Shared[int]){
		"Forget": func(s *Shared[int]) { s.Forget() },
		"Update": func(s *Shared[int]) { s.Update(func(v int) int { return v + 100 }) },
	}
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGated()
			s := NewShared(g.load)
			early := make(chan int)
			go func() {
				got, _ := s.Get(t.Context())
				early <- got
			}()
			<-g.entered
			write(s)
			late := make(chan int)
			go func() {
				got, _ := s.Get(t.Context())
				late <- got
			}()
			<-g.entered // a second load began while the first was still running
			g.open()
			if got := <-early; got != 1 {
				t.Errorf("the early caller got %d", got)
			}
			if got := <-late; got != 2 {
				t.Errorf("the late caller got %d", got)
			}
			if got, _ := s.Get(t.Context()); got != 2 {
				t.Errorf("%d is held", got)
			}
		})
	}
}

func TestSharedWritesThrough(t *testing.T) {
	t.Parallel()
	g := &gated{}
	s := NewShared(g.load)
	s.Update(func(int) int { t.Error("nothing is held"); return 0 })
	if got, _ := s.Get(t.Context()); got != 1 {
		t.Error(got)
	}
	s.Update(func(v int) int { return v + 10 })
	if got, _ := s.Get(t.Context()); got != 11 {
		t.Error(got)
	}
	s.Forget()
	if got, _ := s.Get(t.Context()); got != 2 {
		t.Error(got)
	}
}

func TestSharedKeepsARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for status, loads := range map[int]int{401: 1, 403: 1, 500: 3, 404: 3} {
			count := 0
			shared := NewShared(func(context.Context) (int, error) {
				count++
				return 0, &Error{Status: status}
			})
			for range 3 {
				if _, err := shared.Get(t.Context()); Status(err) != status {
					t.Errorf("got %v, want %d", err, status)
				}
				time.Sleep(errorTTL)
			}
			if count != loads {
				t.Errorf("a %d was asked for %d times, want %d", status, count, loads)
			}
			shared.Forget()
			if _, _ = shared.Get(t.Context()); count != loads+1 {
				t.Errorf("after Forget a %d was not asked for again", status)
			}
		}
	})
}
