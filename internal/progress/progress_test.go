// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package progress

import (
	"bytes"
	"context"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
)

// said returns the log's lines without what every line has.
func said(t *testing.T, log *bytes.Buffer) []map[string]any {
	t.Helper()
	lines, err := tflogtest.MultilineJSONDecode(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if line["@level"] != "info" {
			t.Errorf("%v is not at INFO", line)
		}
		maps.DeleteFunc(line, func(name string, _ any) bool { return name[0] == '@' && name != "@message" })
	}
	return lines
}

func TestALineEveryFewSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		work := Begin(tflogtest.RootLogger(t.Context(), &log), "pushing unit counts", "pushed", 1000)
		time.Sleep(interval + time.Millisecond)
		for range 300 {
			work.Did()
		}
		time.Sleep(interval)
		work.End()
		time.Sleep(time.Minute)
		want := []map[string]any{
			{"@message": "pushing unit counts", "pushed": 0.0, "total": 1000.0, "per_second": 0.0},
			{"@message": "pushing unit counts", "pushed": 300.0, "total": 1000.0, "per_second": 30.0, "time_left": "23s"},
		}
		got := said(t, &log)
		if len(got) != len(want) {
			t.Fatalf("said %v", got)
		}
		for i := range want {
			if !maps.Equal(got[i], want[i]) {
				t.Errorf("said %v, want %v", got[i], want[i])
			}
		}
	})
}

func TestAListenerIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var heard []string
		ctx := WithListener(t.Context(), func(line string) { heard = append(heard, line) })
		work := Begin(ctx, "pushing unit counts", "pushed", 1000)
		for range 300 {
			work.Did()
		}
		time.Sleep(interval + time.Millisecond)
		work.End()
		if want := "pushing unit counts: 300 of 1000 pushed"; len(heard) != 1 || heard[0] != want {
			t.Errorf("heard %q, want %q", heard, want)
		}
	})
}

func TestShortWorkSaysNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		work := Begin(tflogtest.RootLogger(t.Context(), &log), "reading tenants", "read", 2)
		time.Sleep(interval - time.Millisecond)
		work.End()
		ctx, cancel := context.WithCancel(tflogtest.RootLogger(t.Context(), &log))
		left := Begin(ctx, "reading tenants", "read", 2)
		cancel()
		time.Sleep(time.Minute)
		left.End()
		if got := said(t, &log); len(got) > 0 {
			t.Errorf("said %v", got)
		}
	})
}
