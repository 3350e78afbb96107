package gradient

import (
	"strings"
	"sync"
	"testing"
)

func TestEnumerations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		values []string
		want   int
	}{"categories": {Categories, 7}, "subcategories": {Subcategories, 46}} {
		seen := map[string]bool{}
		for _, value := range tc.values {
			seen[value] = true
		}
		if len(seen) != tc.want || len(tc.values) != tc.want {
			t.Errorf("%d %s, want %d", len(seen), name, tc.want)
		}
	}
}

func TestServiceCountsEqualNames(t *testing.T) {
	t.Parallel()
	_, client := play(t, map[string][]reply{getVendor: {ok(`{"data":{"skus":[{"id":"a","name":"E3"},{"id":"b","name":"E3"},{"id":"c","name":"e3"}]}}`)}})
	service, count, err := client.Service(t.Context(), "E3")
	if err != nil || service.ID != "a" || count != 2 {
		t.Error(service, count, err)
	}
}

func TestCreateService(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		posts []reply
		reads []reply // after the first, which lacks the service
		sent  int
		read  int
		want  string
	}{
		"created":               {[]reply{{status: 201, body: bareWith}}, nil, 1, 1, ""},
		"refused":               {[]reply{{status: 400, body: `{"message":"bad category"}`}}, nil, 1, 1, "bad category"},
		"conflict, there":       {[]reply{{status: 409, body: gone}}, []reply{ok(vendorWith)}, 1, 2, ""},
		"conflict, not there":   {[]reply{{status: 409, body: gone}}, []reply{ok(vendorWithout)}, 1, 2, "409"},
		"unclear, carried out":  {[]reply{{status: 504}}, []reply{ok(vendorWith)}, 1, 2, ""},
		"cut, carried out":      {[]reply{{cut: true}}, []reply{ok(vendorWith)}, 1, 2, ""},
		"wrapped, carried out":  {[]reply{ok(vendorWith)}, []reply{ok(vendorWith)}, 1, 2, ""},
		"lacking, carried out":  {[]reply{ok(`{"skus":[]}`)}, []reply{ok(vendorWith)}, 1, 2, ""},
		"unclear, then created": {[]reply{{status: 500}, {cut: true}, {status: 201, body: bareWith}}, []reply{ok(vendorWithout)}, 3, 3, ""},
		"unclear without end":   {[]reply{{status: 500}}, []reply{ok(vendorWithout)}, 3, 4, "500"},
		"unclear, not readable": {[]reply{{status: 500}}, []reply{ok(`{}`)}, 1, 2, "unknown whether service \"E3\" exists"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := play(t, map[string][]reply{postService: tc.posts, getVendor: append([]reply{ok(vendorWithout)}, tc.reads...)})
			got, err := client.CreateService(t.Context(), Service{Name: "E3", Description: "d", Category: "productivity", Subcategory: "other"})
			if sent, read := s.count("POST"), s.count("GET"); sent != tc.sent || read != tc.read {
				t.Errorf("sent %d and read %d times, want %d and %d", sent, read, tc.sent, tc.read)
			}
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %s", err, tc.want)
				}
				return
			}
			if err != nil || got.ID != "s2" {
				t.Fatalf("got %+v, %v", got, err)
			}
			// A service that a 409 refused to create is another caller's.
			if ours := name != "conflict, there"; client.CreatedService(got.ID) != ours {
				t.Errorf("created by this client: %v, want %v", !ours, ours)
			}
			if held, err := client.Services(t.Context()); err != nil || len(held) != 2 || held[1] != got {
				t.Errorf("the shared list has %+v, %v", held, err)
			}
			want := `POST /api/vendor-api/service {"name":"E3","description":"d","category":"productivity","subcategory":"other"}`
			if s.count(want) != tc.sent || s.count("GET") != tc.read {
				t.Errorf("asked %q", s.asked)
			}
		})
	}
}

func TestAServiceIsNotCreatedTwice(t *testing.T) {
	t.Parallel()
	s, client := play(t, map[string][]reply{postService: {{status: 201, body: bareWith}}, getVendor: {ok(vendorWithout)}})
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if got, err := client.CreateService(t.Context(), Service{Name: "E3"}); err != nil || got.ID != "s2" {
				t.Error(got, err)
			}
		})
	}
	wait.Wait()
	if s.count("POST") != 1 {
		t.Errorf("asked %q", s.asked)
	}
}
