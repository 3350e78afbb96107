// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Switch is an unknown of an upstream. Its first value is the most likely answer and the default; the other values are possible too.
type Switch struct {
	Name    string
	Section string // of the contract that leaves it open, such as "gradient.md §3.10"
	Values  []string
	Seen    Sight
	Doc     string
}

// Sight is what shows a client the value of a switch, in an estate that has what the switch is about.
type Sight string

// What shows the value of a switch.
const (
	SeenByReading  Sight = "reading"   // GETs and sign-ins with the right keys
	SeenByWrongKey Sight = "wrong key" // GETs and sign-ins, one of them with a key that is wrong on purpose
	SeenByWriting  Sight = "writing"   // only requests that change something, or what a person does in a portal
)

// Default is the value of a switch that is not set.
func (s Switch) Default() string { return s.Values[0] }

// Switches are the switches of all upstreams, and of what stands between them and a client.
var Switches = slices.Concat(gradientSwitches, cloudradialSwitches, microsoftSwitches, psaSwitches, networkSwitches, userSwitches)

// DrawSwitches draws a value for each switch, for a test that tries combinations.
func DrawSwitches(random *rand.Rand) map[string]string {
	drawn := map[string]string{}
	for _, known := range Switches {
		drawn[known.Name] = known.Values[random.IntN(len(known.Values))]
	}
	return drawn
}

// chooseSwitches fills in the defaults and refuses a name or a value that is not in Switches.
func chooseSwitches(chosen map[string]string) (map[string]string, error) {
	values := map[string]string{}
	for _, known := range Switches {
		values[known.Name] = known.Default()
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

// switchValue returns the value of a switch. It needs no lock because switches do not change while the server runs.
func (s *Server) switchValue(name string) string {
	value, known := s.switches[name]
	if !known {
		panic("sandbox: no switch is named " + name)
	}
	return value
}
