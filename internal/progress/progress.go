// Package progress says in the log, at INFO, how far long work has come.
package progress

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// interval is the time between two words. Work that ends sooner says nothing.
const interval = 5 * time.Second

// Work is done piece by piece. Its methods may be called from several goroutines.
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

// Begin begins work of that many pieces. Until End, or until ctx ends, the log has a line every five seconds: what is being
// done ("pushing unit counts"), the number of pieces done under the name of counted ("pushed"), total, per_second, and
// time_left at that rate.
func Begin(ctx context.Context, doing, counted string, total int) *Work {
	w := &Work{doing: doing, counted: counted, total: total, began: time.Now(), ended: make(chan struct{})}
	w.ctx, w.cancel = context.WithCancel(ctx)
	go w.run()
	return w
}

// Did notes that one more piece is done.
func (w *Work) Did() { w.done.Add(1) }

// End ends the work.
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
			w.say()
		case <-w.ctx.Done():
			return
		}
	}
}

func (w *Work) say() {
	done := w.done.Load()
	perSecond := float64(done) / time.Since(w.began).Seconds()
	fields := map[string]any{w.counted: done, "total": w.total, "per_second": math.Round(perSecond*10) / 10}
	if done > 0 {
		left := time.Duration(float64(int64(w.total)-done) / perSecond * float64(time.Second))
		fields["time_left"] = left.Round(time.Second).String()
	}
	tflog.Info(w.ctx, w.doing, fields)
}
