// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slowUpstream takes a second for an answer, and counts the requests that wait for one.
type slowUpstream struct{ sent, now, most atomic.Int64 }

func (u *slowUpstream) RoundTrip(request *http.Request) (*http.Response, error) {
	u.sent.Add(1)
	now := u.now.Add(1)
	defer u.now.Add(-1)
	for most := u.most.Load(); now > most && !u.most.CompareAndSwap(most, now); most = u.most.Load() {
	}
	select {
	case <-time.After(time.Second):
		return status(http.StatusOK, ""), nil
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
}

func TestFewRequestsAreInFlight(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 4, 0} {
		synctest.Test(t, func(t *testing.T) {
			upstream := &slowUpstream{}
			client := connect(t, Config{BaseURL: "http://localhost", Transport: upstream, MaxInFlight: limit})
			start := time.Now()
			if err := doMany(t.Context(), client, 40); err != nil {
				t.Fatal(err)
			}
			want := int64(limit)
			if limit == 0 {
				want = 20 // as many as there are senders
			}
			if most := upstream.most.Load(); most != want || time.Since(start) != time.Duration(40/want)*time.Second {
				t.Errorf("limit %d: %d in flight, took %s", limit, most, time.Since(start))
			}
		})
	}
}

// A request that waits until another one is answered ends with its caller, and nothing was sent.
func TestLeavingWhileOthersAreInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		upstream := &slowUpstream{}
		client := connect(t, Config{BaseURL: "http://localhost", Transport: upstream, MaxInFlight: 1})
		done := make(chan error)
		go func() { done <- doMany(t.Context(), client, 1) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := client.Do(ctx, Request{Method: "POST"})
		if e := asError(t, err); e.Sent || e.Ambiguous() || !errors.Is(err, context.DeadlineExceeded) || upstream.sent.Load() != 1 {
			t.Errorf("%v, %d requests", err, upstream.sent.Load())
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, err := client.Do(t.Context(), Request{Method: "POST"}); err != nil { // the slot is free again
			t.Error(err)
		}
	})
}
