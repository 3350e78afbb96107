package licensesync

import (
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// decision is what a plan or an apply has to push, found in the same way by both.
type decision struct {
	before book
	task   billing.Task
	// pushes is empty when there is nothing to do.
	pushes []billing.Push
	// ignored are pushes that on_unmapped = "ignore" does not plan on their own account.
	ignored []billing.Push
}

// decide compares what the state remembers with what is planned. forced says that everything is to be pushed, and all
// lists the pairs that a sweep covers.
func decide(before book, desired billing.Counts, planned model, forced bool, late postponed, all func() []billing.Pair) decision {
	d := decision{before: before, task: billing.Task{
		Ledger: before.ledger(), Desired: desired, Refused: before.unmapped, Full: forced || late.Full,
	}}
	if d.task.Full && planned.ZeroMissing.ValueBool() {
		d.task.Sweep = all()
	}
	d.pushes = d.task.Pushes()
	if slices.ContainsFunc(d.pushes, d.news) {
		return d
	}
	carrier := d.task.Known()
	switch {
	case late.Build && len(carrier) > 0:
		d.pushes = append(d.pushes, carrier[0])
	case planned.OnUnmapped.ValueString() == onUnmappedIgnore && !late.Any && !d.task.Full:
		d.pushes, d.ignored = nil, d.pushes
	}
	return d
}

// news reports whether a push is anything but a number that Gradient has refused before. What is in unmapped need not be
// one: an inactive integration keeps the accepted number beside it, and a failed run does not show it in unit_counts.
func (d decision) news(push billing.Push) bool {
	units, refused := d.before.unmapped[push.Pair]
	shown, planned := d.before.counts[push.Account][push.Service]
	_, accepted := d.task.Ledger[push.Pair]
	return push.Reason != billing.Changed || !refused || units != push.Units || accepted || !planned || shown != push.Units
}

// mayPush reports whether an apply may push anything. A sweep covers the accounts that are there when it runs, and while
// zero_missing is unknown there may be one.
func (d decision) mayPush(planned model) bool {
	return len(d.pushes) > 0 || d.task.Full && (planned.ZeroMissing.IsUnknown() || planned.ZeroMissing.ValueBool())
}

// quietly is the book when nothing is pushed.
func (d decision) quietly() book { return settled(d.before, d.task, outcome{refused: d.ignored}) }
