package microsoft

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// hostile are answers that are made to take memory: a beginning, a part that is repeated up to size bytes, and an end. Each is the answer to every
// tenant at once.
var hostile = map[string]struct {
	status             int
	begin, repeat, end string
	size               int
	token              bool // it is the answer to the sign-in
}{
	"nothing over and over": {200, `{"value":[`, `{},`, `{}]}`, 64 << 20, false},
	"small rows":            {200, `{"value":[`, `{"skuId":"x"},`, `{"skuId":"x"}]}`, 64 << 20, false},
	"a row that is long":    {200, `{"value":[{"skuId":"`, "x", `"}]}`, 64 << 20, false},
	"a row that is deep":    {200, `{"value":[`, `[`, ``, 64 << 20, false},
	"many ids":              {200, `{"value":[{"skuId":"x","subscriptionIds":[`, `"",`, `""]}]}`, 64 << 20, false},
	"many fields":           {200, `{`, `"@a":1,`, `"value":[]}`, 64 << 20, false},
	"a long field":          {200, `{"@a":[`, `{},`, `{}],"value":[]}`, 64 << 20, false},
	"a bare list":           {200, ``, `[`, ``, 64 << 20, false},
	"words":                 {200, ``, `word `, ``, 64 << 20, false},
	"a long error":          {403, `{"error":{"message":"`, "x", `"}}`, 64 << 20, false},
	"an error of nothing":   {400, `{"errors":[`, `{},`, `{}]}`, 64 << 20, false},
	"a sign-in":             {200, `{`, `"a":{},`, `"b":1}`, 64 << 20, true},
	"a refused sign-in":     {400, `{"error":"x","error_codes":[`, `1,`, `2]}`, 64 << 20, true},
	"pages without end":     {200, `{"@odata.nextLink":"https://graph.invented.example/v1.0/subscribedSkus","value":[`, `{"skuId":"` + strings.Repeat("0", 200) + `"},`, `{"skuId":"x"}]}`, 100 << 10, false},
}

// A wrong answer takes little memory, also when sixteen tenants get it at once. The memory is what the kernel saw at most, of a process that does
// nothing else.
func TestMemoryIsBounded(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells the most memory of a process")
	}
	const variable, most = "TEST_HOSTILE_ANSWER", 200 << 10 // KiB
	if name := os.Getenv(variable); name != "" {
		debug.SetGCPercent(50) // as the provider does
		readHostile(t, name)
		return
	}
	t.Parallel()
	for name := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemoryIsBounded$", "-test.v")
			command.Env = append(os.Environ(), variable+"="+name)
			out, err := command.CombinedOutput()
			found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(out)
			if err != nil || found == nil {
				t.Fatalf("%v\n%s", err, out)
			}
			peak, err := strconv.Atoi(string(found[1]))
			t.Logf("%d MiB", peak>>10)
			if err != nil || !raceDetector && peak > most {
				t.Errorf("it takes %d KiB, want at most %d", peak, most)
			}
		})
	}
}

// readHostile reads sixteen tenants, and prints how much memory that took at most.
func readHostile(t *testing.T, name string) {
	t.Helper()
	answer := hostile[name]
	upstream := &invented{misbehave: func(r *http.Request, what, _ string) (*http.Response, error) {
		if answer.token != (what == "token") {
			return nil, nil
		}
		repeat := bytes.Repeat([]byte(answer.repeat), 1+(32<<10)/len(answer.repeat))
		body := io.MultiReader(strings.NewReader(answer.begin), io.LimitReader(&endless{part: repeat}, int64(answer.size-answer.size%len(repeat))), strings.NewReader(answer.end))
		return &http.Response{StatusCode: answer.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(body), Request: r}, nil
	}}
	for tenant, result := range upstream.client(t).ReadLicenses(t.Context(), tenantNames(DefaultConcurrentTenants), 0) {
		if result.Err == nil || len(result.Err.Message) > 5000 {
			t.Errorf("%s: %+v", tenant, result)
		}
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(status))
}

// endless repeats a part for ever.
type endless struct {
	part []byte
	at   int
}

func (e *endless) Read(into []byte) (int, error) {
	n := copy(into, e.part[e.at:])
	e.at = (e.at + n) % len(e.part)
	return n, nil
}
