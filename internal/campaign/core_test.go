// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
)

// This file replaces Terraform's core: the order of its calls to a provider, its state, and its checks, such as "Provider produced inconsistent
// result". It has only what these estates need.

// schemas are read once, because they are the same for every process.
var schemas = sync.OnceValue(func() *tfprotov6.GetProviderSchemaResponse {
	answer, err := newServer(nil).GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	must(err)
	return answer
})

func newServer(p *process) tfprotov6.ProviderServer {
	if p == nil {
		return provider.NewServer("test")()
	}
	return provider.NewServer("test", provider.WithTransport(p))()
}

// object is a resource in the state.
type object struct {
	kind    string
	value   tftypes.Value
	private []byte
	tainted bool
}

type state map[string]object // by address

// node is a resource of the configuration.
type node struct {
	address, kind string
	// config evaluates the configuration; known are the others as they are planned, or as they are by now.
	config func(c *command, known map[string]tftypes.Value) (any, error)
	// last says that it depends on all others.
	last bool
	// replace is the option -replace of the command line; createFirst is create_before_destroy.
	replace, createFirst bool
}

// configuration is the content of the files.
type configuration struct {
	provider map[string]any
	data     map[string]any // of the license counts
	nodes    []node         // what comes later may depend on what comes before
	// removeFirst removes a sync before another one is created or changed: Terraform gives no order to two objects that do not depend on each
	// other.
	removeFirst bool
}

// diagnostic is a message to the user.
type diagnostic struct {
	address, summary, detail string
	isError                  bool
}

func (d diagnostic) String() string {
	severity := "warning"
	if d.isError {
		severity = "error"
	}
	return fmt.Sprintf("%s: %s: %s: %s", severity, d.address, d.summary, strings.ReplaceAll(d.detail, "\n", " "))
}

// change is the planned change of one resource.
type change struct {
	node
	action  string // create, update, replace, delete, no-op
	before  tftypes.Value
	after   tftypes.Value
	private []byte
	diags   []diagnostic
}

const (
	actionCreate  = "create"
	actionUpdate  = "update"
	actionReplace = "replace"
	actionDelete  = "delete"
	actionNothing = "no-op"
)

// plan is a plan of the whole configuration.
type plan struct {
	config  configuration
	state   state // as refreshed
	data    tftypes.Value
	changes map[string]change
	failed  bool
}

// sync returns the change of the sync of the configuration, or of one that is removed.
func (p plan) sync() change {
	for _, n := range p.config.nodes {
		if n.kind == syncKind {
			return p.changes[n.address]
		}
	}
	for _, address := range slices.Sorted(maps.Keys(p.changes)) {
		if p.changes[address].kind == syncKind {
			return p.changes[address]
		}
	}
	return change{}
}

// isEmpty reports whether nothing is to be done.
func (p plan) isEmpty() bool {
	for _, c := range p.changes {
		if c.action != actionNothing {
			return false
		}
	}
	return !p.failed
}

// command is one run of the CLI with its own provider.
type command struct {
	process  *process
	server   tfprotov6.ProviderServer
	ctx      context.Context
	parallel bool
	applies  bool // a plan is being applied
	secrets  func() []string
	data     tftypes.Value

	mu    sync.Mutex
	diags []diagnostic
	wrong []string // the errors that Terraform reports as a bug in the provider
}

// bug records an error that a provider must never make. A killed process makes none.
func (c *command) bug(format string, args ...any) {
	if c.process.killed() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// said records diagnostics and reports whether one of them is an error.
func (c *command) said(address string, diags []*tfprotov6.Diagnostic, err error) (all []diagnostic, failed bool) {
	if err != nil && !c.process.killed() && c.ctx.Err() == nil {
		c.bug("%s: the call failed: %s", address, err)
	}
	failed = err != nil
	for _, d := range diags {
		all = append(all, diagnostic{address, d.Summary, d.Detail, d.Severity == tfprotov6.DiagnosticSeverityError})
		failed = failed || d.Severity == tfprotov6.DiagnosticSeverityError
	}
	for _, d := range all {
		for _, secret := range c.secrets() {
			if strings.Contains(d.summary+d.detail, secret) {
				c.bug("%s: a diagnostic shows a secret", address)
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.diags = append(c.diags, all...)
	return all, failed
}

// guarded runs a call of the provider, and records a panic as a bug.
func guarded[T any](c *command, address string, call func() (T, error)) (answer T, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			c.bug("%s: panic: %v\n%s", address, reason, debug.Stack())
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	return call()
}

// configure starts and configures the provider.
func (c *command) configure(block map[string]any) bool {
	schema := schemas().Provider
	config := dynamic(valueOf(schema.ValueType(), block))
	validated, err := guarded(c, "provider", func() (*tfprotov6.ValidateProviderConfigResponse, error) {
		return c.server.ValidateProviderConfig(c.ctx, &tfprotov6.ValidateProviderConfigRequest{Config: config})
	})
	if err != nil {
		c.said("provider", nil, err)
		return false
	}
	if _, failed := c.said("provider", validated.Diagnostics, nil); failed {
		return false
	}
	configured, err := guarded(c, "provider", func() (*tfprotov6.ConfigureProviderResponse, error) {
		return c.server.ConfigureProvider(c.ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.12.0", Config: config})
	})
	if err != nil {
		c.said("provider", nil, err)
		return false
	}
	_, failed := c.said("provider", configured.Diagnostics, nil)
	return !failed
}

func dynamic(value tftypes.Value) *tfprotov6.DynamicValue {
	result, err := tfprotov6.NewDynamicValue(value.Type(), value)
	must(err)
	return &result
}

// received decodes a value from the provider.
func (c *command) received(address string, kind tftypes.Type, given *tfprotov6.DynamicValue) tftypes.Value {
	if given == nil {
		return null(kind)
	}
	for _, secret := range c.secrets() {
		if bytes.Contains(given.MsgPack, []byte(secret)) || bytes.Contains(given.JSON, []byte(secret)) {
			c.bug("%s: a value holds a secret", address)
		}
	}
	value, err := given.Unmarshal(kind)
	if err != nil {
		c.bug("%s: the value is not of its schema: %s", address, err)
		return null(kind)
	}
	return value
}

func resourceSchema(kind string) *tfprotov6.Schema { return schemas().ResourceSchemas[kind] }

func typeOf(kind string) tftypes.Type { return resourceSchema(kind).ValueType() }

// each runs do for every key, concurrently when the command is parallel.
func (c *command) each(keys []string, do func(key string)) {
	if !c.parallel {
		for _, key := range keys {
			do(key)
		}
		return
	}
	var group sync.WaitGroup
	for _, key := range keys {
		group.Go(func() { do(key) })
	}
	group.Wait()
}

// upgrade reads an object from its JSON, which is how a state is stored.
func (c *command) upgrade(address string, stored object) (object, bool) {
	text, err := json.Marshal(plain(stored.value))
	must(err)
	answer, err := guarded(c, address, func() (*tfprotov6.UpgradeResourceStateResponse, error) {
		return c.server.UpgradeResourceState(c.ctx, &tfprotov6.UpgradeResourceStateRequest{
			TypeName: stored.kind, Version: resourceSchema(stored.kind).Version, RawState: &tfprotov6.RawState{JSON: text}})
	})
	if err != nil {
		c.said(address, nil, err)
		return stored, false
	}
	if _, failed := c.said(address, answer.Diagnostics, nil); failed {
		return stored, false
	}
	upgraded := c.received(address, typeOf(stored.kind), answer.UpgradedState)
	if !upgraded.Equal(stored.value) {
		c.bug("%s: reading the state changes it: %v, stored was %v", address, plain(upgraded), plain(stored.value))
	}
	stored.value = upgraded
	return stored, true
}

// refresh reads every object of the state again.
func (c *command) refresh(before state) (refreshed state, ok bool) {
	refreshed, ok = state{}, true
	var mu sync.Mutex
	c.each(slices.Sorted(maps.Keys(before)), func(address string) {
		after, exists, good := c.refreshOne(address, before[address])
		mu.Lock()
		defer mu.Unlock()
		ok = ok && good
		if exists {
			refreshed[address] = after
		}
	})
	return refreshed, ok
}

func (c *command) refreshOne(address string, stored object) (after object, exists, ok bool) {
	stored, ok = c.upgrade(address, stored)
	if !ok {
		return stored, true, false
	}
	answer, err := guarded(c, address, func() (*tfprotov6.ReadResourceResponse, error) {
		return c.server.ReadResource(c.ctx, &tfprotov6.ReadResourceRequest{
			TypeName: stored.kind, CurrentState: dynamic(stored.value), Private: stored.private, ProviderMeta: noMeta()})
	})
	if err != nil {
		c.said(address, nil, err)
		return stored, true, false
	}
	if _, failed := c.said(address, answer.Diagnostics, nil); failed {
		return stored, true, false
	}
	after = stored
	after.value = c.received(address, typeOf(stored.kind), answer.NewState)
	after.private = answer.Private
	if !after.value.IsFullyKnown() {
		c.bug("%s: refresh gives an unknown value: %v", address, plain(after.value))
	}
	return after, !after.value.IsNull(), true
}

// importObject is `terraform import`.
func (c *command) importObject(block map[string]any, address, kind, id string) (object, bool) {
	if !c.configure(block) {
		return object{}, false
	}
	answer, err := guarded(c, address, func() (*tfprotov6.ImportResourceStateResponse, error) {
		return c.server.ImportResourceState(c.ctx, &tfprotov6.ImportResourceStateRequest{TypeName: kind, ID: id})
	})
	if err != nil {
		c.said(address, nil, err)
		return object{}, false
	}
	if _, failed := c.said(address, answer.Diagnostics, nil); failed {
		return object{}, false
	}
	imported := object{kind: kind, value: c.received(address, typeOf(kind), answer.ImportedResources[0].State), private: answer.ImportedResources[0].Private}
	after, exists, ok := c.refreshOne(address, imported)
	return after, exists && ok
}

func noMeta() *tfprotov6.DynamicValue {
	return dynamic(tftypes.NewValue(tftypes.Object{}, map[string]tftypes.Value{}))
}

const countsKind = "cloudradial_license_counts"

// readCounts reads the license counts.
func (c *command) readCounts(config map[string]any) bool {
	data, ok := c.readData(countsKind, config)
	if ok {
		c.data = data
	}
	return ok
}

// readData reads a data source, as a plan does when its configuration is known.
func (c *command) readData(name string, config map[string]any) (data tftypes.Value, ok bool) {
	kind := schemas().DataSourceSchemas[name].ValueType()
	given := dynamic(valueOf(kind, config))
	validated, err := guarded(c, name, func() (*tfprotov6.ValidateDataResourceConfigResponse, error) {
		return c.server.ValidateDataResourceConfig(c.ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: given})
	})
	if err != nil {
		c.said(name, nil, err)
		return data, false
	}
	if _, failed := c.said(name, validated.Diagnostics, nil); failed {
		return data, false
	}
	answer, err := guarded(c, name, func() (*tfprotov6.ReadDataSourceResponse, error) {
		return c.server.ReadDataSource(c.ctx, &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: given, ProviderMeta: noMeta()})
	})
	if err != nil {
		c.said(name, nil, err)
		return data, false
	}
	if _, failed := c.said(name, answer.Diagnostics, nil); failed {
		return data, false
	}
	data = c.received(name, kind, answer.State)
	if !data.IsFullyKnown() {
		c.bug("%s gives an unknown value", name)
	}
	return data, true
}

// call calls a function in a process without configuration.
func (c *command) call(name string, given ...tftypes.Value) (tftypes.Value, error) {
	definition := schemas().Functions[name]
	arguments := make([]*tfprotov6.DynamicValue, len(given))
	for i, argument := range given {
		argument = convert(argument, definition.Parameters[i].Type)
		if !argument.IsFullyKnown() {
			return tftypes.NewValue(definition.Return.Type, tftypes.UnknownValue), nil
		}
		encoded, err := tfprotov6.NewDynamicValue(definition.Parameters[i].Type, argument)
		must(err)
		arguments[i] = &encoded
	}
	answer, err := guarded(c, name, func() (*tfprotov6.CallFunctionResponse, error) {
		return newServer(nil).CallFunction(c.ctx, &tfprotov6.CallFunctionRequest{Name: name, Arguments: arguments})
	})
	if err != nil {
		return tftypes.Value{}, err
	}
	if answer.Error != nil {
		return tftypes.Value{}, fmt.Errorf("%s: %s", name, answer.Error.Text)
	}
	return c.received(name, definition.Return.Type, answer.Result), nil
}

// plan refreshes the state, reads the data source and plans every resource. It writes nothing.
func (c *command) plan(config configuration, before state) plan {
	result := plan{config: config, state: before, changes: map[string]change{}, failed: true}
	if !c.configure(config.provider) {
		return result
	}
	var ok bool
	result.state, ok = c.refresh(before)
	if !ok || config.data != nil && !c.readCounts(config.data) {
		return result
	}
	result.data = c.data
	known := map[string]tftypes.Value{}
	result.failed = false
	for _, level := range levels(config.nodes) {
		var mu sync.Mutex
		failed := result.failed
		c.each(slices.Sorted(maps.Keys(level)), func(address string) {
			mu.Lock()
			inputs := maps.Clone(known)
			mu.Unlock()
			if failed && level[address].last {
				return // a dependency is not planned
			}
			planned, ok := c.planOne(level[address], inputs, result.state)
			mu.Lock()
			defer mu.Unlock()
			result.failed = result.failed || !ok
			known[address] = planned.after
			result.changes[address] = planned
		})
	}
	c.planRemovals(&result)
	return result
}

// levels groups nodes: those of a level depend only on earlier ones.
func levels(nodes []node) []map[string]node {
	first, second := map[string]node{}, map[string]node{}
	for _, n := range nodes {
		if !n.last {
			first[n.address] = n
		} else {
			second[n.address] = n
		}
	}
	return []map[string]node{first, second}
}

func (c *command) planRemovals(result *plan) {
	configured := map[string]bool{}
	for _, n := range result.config.nodes {
		configured[n.address] = true
	}
	for _, address := range slices.Sorted(maps.Keys(result.state)) {
		if configured[address] {
			continue
		}
		planned, ok := c.planRemoval(address, result.state[address])
		result.failed = result.failed || !ok
		result.changes[address] = planned
	}
}

func (c *command) planRemoval(address string, stored object) (change, bool) {
	nothing := null(typeOf(stored.kind))
	answer, ok := c.askPlan(address, stored.kind, stored.value, nothing, nothing, stored.private)
	planned := change{node: node{address: address, kind: stored.kind}, action: actionDelete, before: stored.value, after: nothing, diags: answer.diags,
		private: answer.private}
	if ok && !answer.value.IsNull() {
		c.bug("%s: the plan of a removal keeps something: %v", address, plain(answer.value))
	}
	return planned, ok
}

type planned struct {
	value   tftypes.Value
	private []byte
	replace []*tftypes.AttributePath
	diags   []diagnostic
}

func (c *command) askPlan(address, kind string, prior, proposal, config tftypes.Value, private []byte) (planned, bool) {
	answer, err := guarded(c, address, func() (*tfprotov6.PlanResourceChangeResponse, error) {
		return c.server.PlanResourceChange(c.ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: kind, PriorState: dynamic(prior),
			ProposedNewState: dynamic(proposal), Config: dynamic(config), PriorPrivate: private, ProviderMeta: noMeta()})
	})
	if err != nil {
		diags, _ := c.said(address, nil, err)
		return planned{value: prior, diags: diags}, false
	}
	diags, failed := c.said(address, answer.Diagnostics, nil)
	if failed {
		return planned{value: prior, diags: diags}, false
	}
	return planned{c.received(address, typeOf(kind), answer.PlannedState), answer.PlannedPrivate, answer.RequiresReplace, diags}, true
}

// planOne plans one resource. The change is invalid when ok is false.
func (c *command) planOne(n node, known map[string]tftypes.Value, current state) (result change, ok bool) {
	schema := resourceSchema(n.kind)
	result = change{node: n, action: actionNothing}
	given, err := n.config(c, known)
	if err != nil {
		c.mu.Lock()
		c.diags = append(c.diags, diagnostic{n.address, "the configuration cannot be evaluated", err.Error(), true})
		c.mu.Unlock()
		return result, false
	}
	config := valueOf(schema.ValueType(), given)
	validated, err := guarded(c, n.address, func() (*tfprotov6.ValidateResourceConfigResponse, error) {
		return c.server.ValidateResourceConfig(c.ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: n.kind, Config: dynamic(config)})
	})
	if err != nil {
		c.said(n.address, nil, err)
		return result, false
	}
	if _, failed := c.said(n.address, validated.Diagnostics, nil); failed {
		return result, false
	}
	stored, exists := current[n.address]
	prior, private := null(schema.ValueType()), []byte(nil)
	if exists && !stored.tainted {
		prior, private = stored.value, stored.private
	}
	answer, ok := c.askPlan(n.address, n.kind, prior, proposed(schema.Block.Attributes, prior, config), config, private)
	result.diags = append(result.diags, answer.diags...)
	if !ok {
		return result, false
	}
	c.checkPlanned(n, prior, config, answer.value)
	result.before, result.after, result.private = prior, answer.value, answer.private
	switch {
	case exists && stored.tainted:
		result.action, result.before = actionReplace, stored.value
	case !exists:
		result.action = actionCreate
	case n.replace || differsAt(prior, answer.value, answer.replace):
		return c.planReplacement(result, config)
	case !answer.value.Equal(prior):
		result.action = actionUpdate
	}
	return result, true
}

func (c *command) planReplacement(result change, config tftypes.Value) (change, bool) {
	schema, nothing := resourceSchema(result.kind), null(typeOf(result.kind))
	answer, ok := c.askPlan(result.address, result.kind, nothing, proposed(schema.Block.Attributes, nothing, config), config, result.private)
	if !ok {
		result.diags = append(result.diags, answer.diags...)
		return result, false
	}
	// Terraform does not show the warnings of this second plan, because the first one usually had them too.
	c.checkPlanned(result.node, nothing, config, answer.value)
	result.action, result.after, result.private = actionReplace, answer.value, answer.private
	return result, true
}

func (c *command) checkPlanned(n node, prior, config, planned tftypes.Value) {
	for _, wrong := range badPlan(resourceSchema(n.kind).Block.Attributes, prior, config, planned, n.address) {
		c.bug("Provider produced invalid plan: %s", wrong)
	}
}

// differsAt reports whether one of the attributes that force a replacement changes.
func differsAt(prior, planned tftypes.Value, paths []*tftypes.AttributePath) bool {
	for _, path := range paths {
		before, _, errBefore := tftypes.WalkAttributePath(prior, path)
		after, _, errAfter := tftypes.WalkAttributePath(planned, path)
		if errBefore != nil || errAfter != nil || !before.(tftypes.Value).Equal(after.(tftypes.Value)) {
			return true
		}
	}
	return false
}

// apply applies a plan. It calls save with the whole state after each answer, and at the end, because the plan's refresh is saved too.
func (c *command) apply(reviewed plan, save func(state)) {
	c.applies = true
	current := maps.Clone(reviewed.state)
	defer func() {
		if !c.process.killed() {
			save(maps.Clone(current))
		}
	}()
	if !c.configure(reviewed.config.provider) {
		return
	}
	c.data = reviewed.data
	known := map[string]tftypes.Value{}
	for address, stored := range current {
		known[address] = stored.value
	}
	var mu sync.Mutex
	failed := false
	keep := func(address string, after object, exists bool) {
		mu.Lock()
		defer mu.Unlock()
		if c.process.killed() {
			return
		}
		delete(current, address)
		delete(known, address)
		if exists {
			current[address] = after
			known[address] = after.value
		}
		save(maps.Clone(current))
	}
	do := func(level map[string]node) {
		blocked := failed
		c.each(slices.Sorted(maps.Keys(level)), func(address string) {
			planned := reviewed.changes[address]
			mu.Lock()
			inputs, before, skip := maps.Clone(known), maps.Clone(current), blocked && planned.last
			mu.Unlock()
			if planned.action == actionNothing || skip || c.ctx.Err() != nil {
				return
			}
			ok := c.applyOne(planned, inputs, before, keep)
			mu.Lock()
			failed = failed || !ok
			mu.Unlock()
		})
	}
	// Removals come last, with the sync before its dependencies.
	syncs, others := map[string]node{}, map[string]node{}
	for address, planned := range reviewed.changes {
		switch {
		case planned.action != actionDelete:
		case planned.kind == syncKind:
			syncs[address] = planned.node
		default:
			others[address] = planned.node
		}
	}
	order := append(levels(reviewed.config.nodes), syncs, others)
	if reviewed.config.removeFirst {
		order = append(append([]map[string]node{syncs}, levels(reviewed.config.nodes)...), others)
	}
	for _, level := range order {
		do(level)
	}
}

// keeper saves the object of an address, or that there is none any more.
type keeper func(address string, after object, exists bool)

// applyOne applies one change. It calls keep with the object after each step.
func (c *command) applyOne(reviewed change, known map[string]tftypes.Value, current state, keep keeper) bool {
	stored, exists := current[reviewed.address]
	switch {
	case reviewed.action == actionReplace && exists && reviewed.createFirst:
		return c.createFirst(reviewed, known, current, keep)
	case reviewed.action == actionDelete:
		return !exists || c.remove(reviewed.address, stored, reviewed.private, keep)
	case reviewed.action == actionReplace && exists:
		if !c.remove(reviewed.address, stored, reviewed.private, keep) {
			return false
		}
		tally(aReplacement)
		delete(current, reviewed.address)
	}
	return c.createOrUpdate(reviewed, known, current, keep)
}

// deposed marks the address of an object that has a successor and is not destroyed yet.
const deposed = " (deposed)"

// createFirst is a replacement with create_before_destroy. Terraform plans the destroy of the old object once more, after the new one
// exists.
func (c *command) createFirst(reviewed change, known map[string]tftypes.Value, current state, keep keeper) bool {
	tally(aCreateFirst)
	address, stored := reviewed.address, current[reviewed.address]
	keep(address+deposed, stored, true)
	keep(address, object{}, false)
	delete(current, address)
	created := false
	ok := c.createOrUpdate(reviewed, known, current, func(at string, after object, exists bool) {
		created = created || exists
		keep(at, after, exists)
	})
	if !created && !c.process.killed() {
		keep(address+deposed, object{}, false)
		keep(address, stored, true)
	}
	if !ok {
		return false
	}
	again, ok := c.planRemoval(address+deposed, stored)
	return ok && c.remove(address+deposed, stored, again.private, keep)
}

// createOrUpdate applies what is left of a change once an old object is gone.
func (c *command) createOrUpdate(reviewed change, known map[string]tftypes.Value, current state, keep keeper) bool {
	stored, exists := current[reviewed.address]
	// Terraform plans again after the dependencies are applied, and requires the same result.
	again, ok := c.planOne(node{address: reviewed.address, kind: reviewed.kind, config: reviewed.config, last: reviewed.last}, known, current)
	if !ok || c.process.killed() {
		return false
	}
	promises := broken(reviewed.after, again.after, reviewed.address)
	if len(promises) > 0 && c.saidElsewhere(reviewed.address) {
		tally("(an error said once leaves a plan unknown)")
		return false
	}
	if len(promises) > 0 && (reviewed.kind == integrationKind || reviewed.kind == syncKind) && hasOtherID(reviewed.after, again.after) {
		tally(otherIntegration)
		return false
	}
	for _, wrong := range promises {
		c.bug("Provider produced inconsistent final plan: %s", wrong)
	}
	if again.action != secondHalf(reviewed.action) && again.action != actionNothing {
		c.bug("%s: Provider produced inconsistent final plan: %s, reviewed was %s", reviewed.address, again.action, reviewed.action)
	}
	if again.action == actionNothing {
		return true
	}
	nothing := null(typeOf(reviewed.kind))
	before := nothing
	if exists {
		before = stored.value
	}
	config, err := reviewed.config(c, known)
	must(err)
	after, private, ok := c.askApply(reviewed.address, reviewed.kind, before, again.after, valueOf(typeOf(reviewed.kind), config), again.private)
	switch {
	case ok && after.IsNull():
		c.bug("%s: no object after an apply without error", reviewed.address)
	case ok:
		for _, wrong := range broken(again.after, after, reviewed.address) {
			c.bug("Provider produced inconsistent result after apply: %s", wrong)
		}
		keep(reviewed.address, object{reviewed.kind, after, private, false}, true)
	case !after.IsNull() && exists:
		keep(reviewed.address, object{reviewed.kind, after, private, false}, true)
	case !after.IsNull():
		tally(aTaint)
		keep(reviewed.address, object{reviewed.kind, after, private, true}, true)
	case exists:
		keep(reviewed.address, stored, true)
	default:
		keep(reviewed.address, object{}, false)
	}
	return ok
}

// hasOtherID reports whether a plan made again has another id.
func hasOtherID(before, after tftypes.Value) bool {
	known, again := fields(before)["id"], fields(after)["id"]
	return known.IsKnown() && again.IsKnown() && !known.Equal(again)
}

// otherIntegration is a plan of an integration that is applied with the keys of another one: Terraform compares the id and stops.
const otherIntegration = "(a plan of another integration)"

// secondHalf returns what is left of an action after its destroy.
func secondHalf(action string) string {
	if action == actionReplace {
		return actionCreate
	}
	return action
}

// saidElsewhere reports whether another mapping has reported that an upstream cannot be read. The provider reports that only once, and plans
// the other mappings without the upstream's data. Terraform then adds "inconsistent final plan" to an apply that has failed anyway. This is
// accepted, to get one error instead of a thousand.
func (c *command) saidElsewhere(address string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.diags, func(d diagnostic) bool {
		return d.isError && d.address != address && strings.Contains(d.detail, "Asked ")
	})
}

// remove destroys an object. private is that of the plan. An object that cannot be destroyed stays in the state as the provider returned it.
func (c *command) remove(address string, stored object, private []byte, keep keeper) bool {
	nothing := null(typeOf(stored.kind))
	after, private, ok := c.askApply(address, stored.kind, stored.value, nothing, nothing, private)
	switch {
	case !ok && !after.IsNull():
		keep(address, object{stored.kind, after, private, stored.tainted}, true)
	case !ok:
		keep(address, stored, true)
	case !after.IsNull():
		c.bug("%s: an object is left after it was destroyed: %v", address, plain(after))
	default:
		keep(address, object{}, false)
	}
	return ok
}

func (c *command) askApply(address, kind string, prior, planned, config tftypes.Value, private []byte) (tftypes.Value, []byte, bool) {
	answer, err := guarded(c, address, func() (*tfprotov6.ApplyResourceChangeResponse, error) {
		return c.server.ApplyResourceChange(c.ctx, &tfprotov6.ApplyResourceChangeRequest{TypeName: kind, PriorState: dynamic(prior),
			PlannedState: dynamic(planned), Config: dynamic(config), PlannedPrivate: private, ProviderMeta: noMeta()})
	})
	if err != nil {
		c.said(address, nil, err)
		return prior, private, false
	}
	_, failed := c.said(address, answer.Diagnostics, nil)
	after := c.received(address, typeOf(kind), answer.NewState)
	if !after.IsFullyKnown() {
		c.bug("%s: unknown values after apply: %v", address, plain(after))
	}
	return after, answer.Private, !failed
}
