package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// Switch is an unknown of an upstream. Its default is what is most likely; the other values are what else may be true.
type Switch struct {
	Name    string
	Section string // of the contract
	Default string
	Values  []string
	Doc     string
}

// Switches lists every switch of the three upstreams.
var Switches = slices.Concat(gradientSwitches, cloudradialSwitches, microsoftSwitches)

// chooseSwitches fills in the defaults and refuses what is not in Switches.
func chooseSwitches(chosen map[string]string) (map[string]string, error) {
	values := map[string]string{}
	for _, known := range Switches {
		values[known.Name] = known.Default
	}
	for name, value := range chosen {
		i := slices.IndexFunc(Switches, func(known Switch) bool { return known.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("sandbox: no switch is named %q", name)
		}
		if !slices.Contains(Switches[i].Values, value) {
			return nil, fmt.Errorf("sandbox: switch %s cannot be %q, only %s", name, value, strings.Join(Switches[i].Values, ", "))
		}
		values[name] = value
	}
	return values, nil
}

// switchValue is what a switch is set to. Switches never change while the server runs, so no lock is needed.
func (s *Server) switchValue(name string) string {
	value, known := s.switches[name]
	if !known {
		panic("sandbox: no switch is named " + name)
	}
	return value
}
