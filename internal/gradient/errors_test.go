package gradient

import (
	"net/http"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// The text about refused keys begins with what is likeliest, and ends with a new key and what that breaks.
func TestRefusedKeys(t *testing.T) {
	t.Parallel()
	step := NextStep(&rest.Error{Status: http.StatusUnauthorized})
	left := step
	for _, text := range []string{"White space around them was removed", "swapped?", "same integration?", "whole?", "older key", "it was regenerated", "generate a new partner key", "stops until it has the new key"} {
		_, after, found := strings.Cut(left, text)
		if !found {
			t.Errorf("no %q after the text before it in %s", text, step)
		}
		left = after
	}
}
