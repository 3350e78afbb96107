// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package progress logs the progress of long work, at level INFO, and tells a listener of it.
package progress

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// interval is the time between two log lines. Work that ends sooner logs nothing.
const interval = 5 * time.Second

// Work is work that consists of pieces. It is safe for concurrent use.
type Work struct {
	ctx     context.Context
	doing   string
	counted string
	total   int
	began   time.Time
	done    atomic.Int64
	cancel  context.CancelFunc
	ended   chan struct{}
}

type listenerKey struct{}

// WithListener returns a context in which work also tells listen what it logs, as a line for people. listen is not called after
// [Work.End] has returned.
func WithListener(ctx context.Context, listen func(line string)) context.Context {
	return context.WithValue(ctx, listenerKey{}, listen)
}

// Begin begins work of total pieces. Until [Work.End] is called or ctx ends, it logs a line every five seconds: the message doing
// ("pushing unit counts"), with the number of finished pieces in the field counted ("pushed"), and the fields total, per_second and
// time_left.
func Begin(ctx context.Context, doing, counted string, total int) *Work {
	w := &Work{doing: doing, counted: counted, total: total, began: time.Now(), ended: make(chan struct{})}
	w.ctx, w.cancel = context.WithCancel(ctx)
	go w.run()
	return w
}

// Did records one more finished piece.
func (w *Work) Did() { w.done.Add(1) }

// End ends the work and its log lines.
func (w *Work) End() {
	w.cancel()
	<-w.ended
}

func (w *Work) run() {
	defer close(w.ended)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			w.log()
		case <-w.ctx.Done():
			return
		}
	}
}

func (w *Work) log() {
	done := w.done.Load()
	perSecond := float64(done) / time.Since(w.began).Seconds()
	fields := map[string]any{w.counted: done, "total": w.total, "per_second": math.Round(perSecond*10) / 10}
	if done > 0 {
		left := time.Duration(float64(int64(w.total)-done) / perSecond * float64(time.Second))
		fields["time_left"] = left.Round(time.Second).String()
	}
	tflog.Info(w.ctx, w.doing, fields)
	if listen, ok := w.ctx.Value(listenerKey{}).(func(string)); ok {
		listen(fmt.Sprintf("%s: %d of %d %s", w.doing, done, w.total, w.counted))
	}
}
