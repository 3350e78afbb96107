// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"golang.org/x/sync/semaphore"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

func TestReadingManyTenantsSaysHowFarItHasCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &Client{options: Options{MaxConcurrentTenants: 8}, slots: semaphore.NewWeighted(8), licenses: map[string]*rest.Shared[*Licenses]{}}
		names := tenantNames(40)
		for _, name := range names {
			client.licenses[name] = rest.NewShared(func(context.Context) (*Licenses, error) {
				time.Sleep(1100 * time.Millisecond)
				return &Licenses{}, nil
			})
		}
		var log bytes.Buffer
		client.ReadLicenses(tflogtest.RootLogger(t.Context(), &log), names, 0)
		for _, want := range []string{`"@message":"reading tenants"`, `"@level":"info"`, `"read":28`, `"total":40`, `"per_second":5.6`, `"time_left":"2s"`} {
			if strings.Count(log.String(), want) != 1 {
				t.Errorf("the log lacks %s:\n%s", want, log.String())
			}
		}
	})
}
